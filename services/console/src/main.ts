// console: the topics → a read model → HTTP, the live feed and the dashboard. See README.md.

import { kafkaConnection, portFault, runService } from "@riffle/service-kit/process";
import { type ConsoleAccessConfig, consoleAccessFaults } from "./access/config.ts";
import { openConsoleAccess } from "./access/console-access.ts";
import { caseDeskRelations } from "./cases/config.ts";
import { configSchema } from "./config.ts";
import type { ConsoleContext } from "./console-part.ts";
import { parts } from "./parts.ts";
import { caseLookup } from "./read-model/case-lookup.ts";
import { ClusterWatch } from "./read-model/cluster-watch.ts";
import { ReadModelDatabase } from "./read-model/database.ts";
import { Figures } from "./read-model/figures.ts";
import { connectFollower, Following } from "./read-model/following.ts";
import { observeModel } from "./read-model/model-metrics.ts";
import { projections } from "./read-model/projections.ts";
import { ReadModel } from "./read-model/read-model.ts";
import { Retention } from "./read-model/retention.ts";
import { buildServer } from "./server.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

await runService({
  name: "console",
  configSchema,
  relations: caseDeskRelations,
  checks: [(values) => consoleAccessFaults(Object.fromEntries(values) as Partial<ConsoleAccessConfig>)],
  start: async ({ config, log, metrics, health, onShutdown, fatal }) => {
    const { path: folder, removed } =
      config.DATA_DIR === undefined ? makeTemporaryFolder() : { path: config.DATA_DIR, removed: [] };
    if (removed.length > 0) log.info({ removed }, "removed the folders of consoles that are gone");
    // Who may read is known before anything is asked of Kafka: what is wrong with it is told though no broker answers. It makes
    // the folder where there is none, for its own user alone: the account ids in it are in full.
    const access = openConsoleAccess({ config, log, folder, now: Date.now });
    onShutdown("access", () => access.close());
    if (access.isOpen) log.warn("no authentication: whoever reaches the port may read and do everything");

    const topics = [...new Set(projections.flatMap((projection) => projection.topics))];
    const wire = { ...kafkaConnection(config), clientId: `console-${config.RIFFLE_INSTANCE_ID}` };
    const connect = () => connectFollower(wire, topics);
    const follower = await connect();
    const source = await follower.identity();

    const database = new ReadModelDatabase({ folder, projections, source });
    onShutdown("database", () => database.close());
    log.info({ folder, database: database.made, epoch: database.epoch }, "opened the read model");

    const keptMs = config.RETENTION_HOURS * 3_600_000;
    const model = new ReadModel({ database, projections, keptSinceMs: Date.now() - keptMs });
    const figures = new Figures();
    model.onApplied((records) => figures.take(records, Date.now()));
    const retention = new Retention({ model, hours: config.RETENTION_HOURS, now: Date.now, log });
    const following = new Following({ model, connect, source, log, fatal });
    observeModel({ metrics, health, model, failure: () => following.failure });

    const cluster = new ClusterWatch({ wire, log });
    const app = buildServer({ log, guard: access.guard, trustProxy: access.trustProxy });
    access.addRoutes(app);
    const context: ConsoleContext = {
      config,
      log,
      metrics,
      health,
      model,
      figures,
      cluster,
      cases: caseLookup,
      access,
      onShutdown,
      fatal,
      now: Date.now,
    };
    for (const part of parts) await part.register(app, context);

    following.start(follower);
    onShutdown("following", () => following.stop());
    cluster.start();
    onShutdown("cluster watch", () => cluster.stop());
    retention.start();
    onShutdown("retention", () => retention.stop());
    onShutdown("http server", () => app.close());
    const { HTTP_HOST: host, HTTP_PORT: port } = config;
    await app.listen({ host, port }).catch((error: unknown) => {
      throw portFault(error, { variable: "HTTP_PORT", host, port }) ?? error;
    });
    log.info({ addresses: app.addresses() }, "listening");
  },
});
