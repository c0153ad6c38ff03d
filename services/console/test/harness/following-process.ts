// The read model and what fills it, without a server: a process that a test can kill at a chosen place.
//
//   node following-process.ts <folder> <brokers> [batch]
//
// Prints `live` once everything is applied. With a batch it ends itself by SIGKILL when that one is applied and not yet
// committed, or, for a negative number, committed and not yet told.

import { createLogger } from "@riffle/service-kit";
import { ReadModelDatabase } from "../../src/read-model/database.ts";
import { connectFollower, Following } from "../../src/read-model/following.ts";
import { projections as all } from "../../src/read-model/projections.ts";
import { ReadModel } from "../../src/read-model/read-model.ts";

const [folder = "", brokers = "", batch = "0"] = process.argv.slice(2);
const killAt = Number(batch);
const die = (): void => void process.kill(process.pid, "SIGKILL");

let batches = 0;
const last = all.length - 1;
const projections = all.map((projection, i) =>
  i !== last
    ? projection
    : {
        ...projection,
        topics: [...new Set(all.flatMap(({ topics }) => topics))],
        apply: (...[database, records]: Parameters<typeof projection.apply>) => {
          const own = records.filter(({ topic }) => projection.topics.includes(topic));
          if (own.length > 0) projection.apply(database, own);
          if (++batches === killAt) die();
        },
      },
);

const topics = [...new Set(all.flatMap((projection) => projection.topics))];
const connect = () => connectFollower({ brokers: brokers.split(","), clientId: "following" }, topics);
const follower = await connect();
const source = await follower.identity();
const database = new ReadModelDatabase({ folder, projections, source });
const model = new ReadModel({ database, projections });
model.onApplied(() => {
  if (batches === -killAt) die();
});
const log = createLogger({ service: "following", instance: "test", level: "warn" });
const fatal = (error: unknown): never => {
  throw error;
};
new Following({ model, connect, source, log, fatal }).start(follower);
setInterval(() => {
  if (model.progress().phase === "live") process.stdout.write("live\n");
}, 25);
process.on("SIGTERM", () => {
  database.close();
  process.exit(0);
});
