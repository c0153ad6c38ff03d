// A bug here looks like a console that stands still after the brokers were away for a moment, one that goes on with the
// rows of topics that are gone, or one whose disk was full once and that never says so, or never goes on.

import { createLogger } from "@riffle/service-kit";
import { connectAdmin } from "@riffle/streams/kafka";
import { startMemoryBroker } from "@riffle/streams/memory";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePorts } from "../../../../../infra/kafka/ports.ts";
import { ReadModelDatabase } from "../../../src/read-model/database.ts";
import { connectFollower, Following } from "../../../src/read-model/following.ts";
import { transactions } from "../../../src/read-model/projections/transactions.ts";
import { ReadModel } from "../../../src/read-model/read-model.ts";
import { writeRecords } from "../../harness/console-topics.ts";
import { eventually } from "../../harness/eventually.ts";
import { noonMs, Story, transactionOf } from "../../harness/story.ts";

const log = createLogger({ service: "test", instance: "test", level: "silent" });
const closing: (() => void | Promise<void>)[] = [];
let brokers: string[];

const startBroker = async (): Promise<string[]> => {
  const [port = 0] = await freePorts(1);
  const broker = await startMemoryBroker({ port });
  closing.push(() => broker.close());
  const admin = await connectAdmin({ brokers: [broker.address], clientId: "test" });
  const layout = { partitions: 3, replicationFactor: 1, configs: { "retention.ms": "-1" } };
  await admin.createTopics(transactions.topics.map((name) => ({ name, ...layout })));
  await admin.close();
  return [broker.address];
};

beforeEach(async () => {
  brokers = await startBroker();
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const write = (...ids: string[]): Promise<void> => {
  const story = new Story();
  for (const id of ids) story.received(transactionOf({ id }), { receivedAtMs: noonMs });
  return writeRecords(brokers, story.records, "following", transactions.topics);
};

const connectTo = (at: readonly string[]) =>
  connectFollower({ brokers: at, clientId: "following" }, transactions.topics);

const start = async (connect = () => connectTo(brokers)) => {
  const first = await connectTo(brokers);
  const source = await first.identity();
  await first.close();
  const database = new ReadModelDatabase({ folder: undefined, projections: [transactions], source });
  const model = new ReadModel({ database, projections: [transactions] });
  const fatal: unknown[] = [];
  const following = new Following({
    model,
    connect,
    source,
    log,
    diskRetryMs: 5,
    fatal: (error) => {
      fatal.push(error);
      throw error;
    },
  });
  closing.push(() => following.stop());
  following.start();
  const ids = () =>
    database.all<{ id: string }>("SELECT id FROM received ORDER BY offset").map(({ id }) => id);
  return { database, model, following, ids, fatal };
};

describe("following the topics", () => {
  it("applies what they hold, and then what comes", async () => {
    await write("a", "b");
    const { model, ids } = await start();
    await eventually("it is live", () => model.progress().phase === "live");
    expect(ids()).toEqual(["a", "b"]);
    await write("c");
    await eventually("the third is there", () => ids().length === 3);
    expect(ids()).toEqual(["a", "b", "c"]);
  });

  it("begins again where it stood after a failure, and says meanwhile that it does not follow", async () => {
    await write("a");
    let connections = 0;
    let isDown = false;
    const { model, following, ids } = await start(async () => {
      connections++;
      if (isDown) throw new Error("no broker answers");
      const follower = await connectTo(brokers);
      closing.push(() => follower.close());
      const next = follower.next.bind(follower);
      follower.next = async (waitMs) => {
        if (isDown) throw new Error("the connection is lost");
        return next(waitMs);
      };
      return follower;
    });
    await eventually("the first is there", () => ids().length === 1);
    isDown = true;
    await eventually("it has failed to connect", () => following.failure === "no broker answers");
    expect(model.progress().failure).toBe("CONSOLE_NOT_FOLLOWING");
    await write("b");
    isDown = false;
    await eventually("the second is there", () => ids().length === 2);
    expect(ids()).toEqual(["a", "b"]);
    expect([following.failure, model.progress().failure]).toEqual([undefined, null]);
    expect(connections).toBeGreaterThan(2);
  });

  it("stands still while the disk is full, says so by code, and goes on when there is room, with nothing lost", async () => {
    await write("a");
    let connections = 0;
    const { database, model, following, ids, fatal } = await start(() => {
      connections++;
      return connectTo(brokers);
    });
    await eventually("it is live", () => model.progress().phase === "live");
    const pages = (name: string): number =>
      database.get<Record<string, number>>(`PRAGMA ${name}`)?.[name.split(" ")[0] ?? ""] ?? 0;
    pages(`max_page_count = ${pages("page_count")}`);
    const more = Array.from({ length: 300 }, (_, i) => `more-${i}`);
    await write(...more);
    await eventually("it says that the disk is full", () => model.progress().failure === "CONSOLE_DISK_FULL");
    expect(following.failure).toMatch(/no room on the disk of DATA_DIR/);
    // A batch is applied as a whole or not at all, and what is there can be read.
    expect(ids()).toEqual(["a"]);
    pages("max_page_count = 1000000");
    await eventually("all of it is there", () => ids().length === 301);
    expect(ids().toSorted()).toEqual(["a", ...more].toSorted());
    expect([model.progress().failure, following.failure]).toEqual([null, undefined]);
    // With the batch in hand: the brokers are not asked again for what they gave.
    expect([connections, fatal]).toEqual([1, []]);
  });

  it("can be stopped while the disk is full", async () => {
    await write("a");
    const { database, model, following } = await start();
    await eventually("it is live", () => model.progress().phase === "live");
    database.get(
      `PRAGMA max_page_count = ${database.get<{ page_count: number }>("PRAGMA page_count")?.page_count}`,
    );
    await write(...Array.from({ length: 300 }, (_, i) => `more-${i}`));
    await eventually("the disk is full", () => model.progress().failure !== null);
    await following.stop();
    expect(model.progress().failure).toBe("CONSOLE_DISK_FULL");
  });

  it("goes on behind what a listener failed at: nothing is undone, nothing comes twice, and the process lives", async () => {
    await write("a");
    const { model, following, ids, fatal } = await start();
    await eventually("it is live", () => model.progress().phase === "live");
    const told: number[] = [];
    let fails = true;
    model.onApplied((records) => {
      if (fails) throw new Error("the listener failed");
      told.push(records.length);
    });
    await write("b");
    await eventually("it stands still", () => following.failure === "the listener failed");
    fails = false;
    await write("c");
    await eventually("the third is there", () => ids().length === 3);
    expect(ids()).toEqual(["a", "b", "c"]);
    expect([told, fatal, following.failure]).toEqual([[1], [], undefined]);
  });

  it("ends the process when the topics are others than those that the rows are of", async () => {
    await write("a");
    const others = await startBroker();
    const { fatal, ids } = await start(() => connectTo(others));
    await eventually("it has ended", () => fatal.length > 0);
    expect(String(fatal[0])).toContain("deleted and made again");
    expect(ids()).toEqual([]);
  });
});
