// A bug here starts from a disk that is behind, ahead or broken, and counts a record twice or never.

import { spawn } from "node:child_process";
import { cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, inject, it } from "vitest";
import { ChangelogReader } from "../../../src/kafka/changelog-reader.ts";
import { adminOver } from "../../../src/kafka/kafkajs-internals.ts";
import { connectCluster } from "../../../src/kafka/wire.ts";
import { changelogTopic } from "../../../src/worker/task.ts";
import { createTopics, eventuallyCommitted, openWire, uniqueName } from "../../harness/cluster.ts";
import { counts } from "../../harness/count-stage.ts";
import { eventually } from "../../harness/eventually.ts";
import {
  closing,
  createService,
  eventuallyShared,
  type LiveWorker,
  openProducer,
  startWorker,
  toSend,
} from "../../harness/live-worker.ts";
import { emptyFolder } from "../../unit/state/store-rigs.ts";

const partitions = 3;

/** A service, and the means to send it one record for each key and to know what it must have answered by then. */
const counting = async () => {
  const service = await createService({}, partitions);
  const producer = await openProducer(service.input);
  const sent: string[] = [];
  const times = new Map<string, number>();
  return {
    ...service,
    /** Sends `<prefix>0` to `<prefix>n` once each, and waits for their counts. */
    countKeys: async (keys: number, prefix = "k"): Promise<void> => {
      const records = Array.from({ length: keys }, (_, i) => `${prefix}${i}`);
      for (const key of records) {
        times.set(key, (times.get(key) ?? 0) + 1);
        sent.push(`${key}=v:${times.get(key)}`);
      }
      await Promise.all(records.map((key) => producer.send(toSend(service.input, key, "v"))));
      const committed = await eventuallyCommitted(service.output, sent.length);
      expect(committed.toSorted()).toEqual(sent.toSorted());
    },
  };
};

const restoredSince = ({ restored }: LiveWorker, from = 0) => ({
  from: [...new Set(restored.slice(from).map((report) => report.from))],
  records: restored.slice(from).reduce((sum, { records }) => sum + records, 0),
});

const dataOf = (stateDir: string, service: string, partition: number): string =>
  join(stateDir, service, String(partition), "data.mdb");

describe("a restart on a real broker", () => {
  it("reads nothing of the changelog from its own disk, and exactly what is missing from an older one", async () => {
    const { stage, service, countKeys } = await counting();
    const [stateDir, older] = [await emptyFolder(), await emptyFolder()];
    const first = await startWorker(stage, "0", { stateDir });
    await eventuallyShared(partitions, first);
    await countKeys(300);
    await first.stop();
    await cp(stateDir, older, { recursive: true });

    const second = await startWorker(stage, "0", { stateDir });
    await eventuallyShared(partitions, second);
    expect([second.doubts, restoredSince(second)]).toEqual([[], { from: ["checkpoint"], records: 0 }]);
    await countKeys(50);
    await second.stop();

    const third = await startWorker(stage, "0", { stateDir: older });
    await eventuallyShared(partitions, third);
    expect([third.doubts, restoredSince(third)]).toEqual([[], { from: ["checkpoint"], records: 50 }]);
    await countKeys(300);
    await third.stop();
    expect(await readdir(join(older, service, "0"))).toEqual(expect.arrayContaining(["data.mdb", "seal"]));
  });

  it("after a kill -9 begins at what was written last, and counts on", async () => {
    const { stage, service, countKeys } = await counting();
    const stateDir = await emptyFolder();
    const script = fileURLToPath(new URL("../../harness/count-process.ts", import.meta.url));
    const brokers = inject("kafkaBrokers").join(",");
    const child = spawn(process.execPath, [script, brokers, service, "0", stateDir], { stdio: "inherit" });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      await countKeys(200);
      const seals = Array.from({ length: partitions }, (_, i) => join(stateDir, service, String(i), "seal"));
      const written = async () => {
        const bytes = await Promise.all(seals.map((seal) => readFile(seal, "utf8").catch(() => "")));
        return bytes.every((seal) => seal !== "") && bytes.join();
      };
      await eventually("copies that nothing is added to", async () => {
        const before = await written();
        const { mtimeMs } = await stat(seals[0] as string).catch(() => ({ mtimeMs: Date.now() }));
        return before !== false && Date.now() - mtimeMs > 1_000 && before === (await written());
      });
    } finally {
      child.kill("SIGKILL");
      await ended;
    }
    const rig = await startWorker(stage, "0", { stateDir });
    await eventuallyShared(partitions, rig);
    expect([rig.doubts, restoredSince(rig)]).toEqual([[], { from: ["checkpoint"], records: 0 }]);
    await countKeys(200);
  });

  it("rebuilds the one copy that was damaged, and uses the others", async () => {
    const { stage, service, countKeys } = await counting();
    const stateDir = await emptyFolder();
    const first = await startWorker(stage, "0", { stateDir });
    await eventuallyShared(partitions, first);
    await countKeys(60);
    await first.stop();
    const bytes = await readFile(dataOf(stateDir, service, 1));
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await writeFile(dataOf(stateDir, service, 1), bytes);
    const second = await startWorker(stage, "0", { stateDir });
    await eventuallyShared(partitions, second);
    expect(second.doubts).toEqual(["damaged"]);
    expect(second.restored.map(({ partition, from }) => `${partition} ${from}`).toSorted()).toEqual([
      "0 checkpoint",
      "1 start",
      "2 checkpoint",
    ]);
    await countKeys(60);
  });
});

it("partitions that move to and fro between two workers, each with its own old copies, are never counted wrong", async () => {
  const { stage, countKeys } = await counting();
  const [ours, theirs] = [await emptyFolder(), await emptyFolder()];
  const a = await startWorker(stage, "a", { stateDir: ours });
  await eventuallyShared(partitions, a);
  await countKeys(60);
  let returned = 0;
  for (let round = 0; round < 2; round++) {
    const b = await startWorker(stage, "b", { stateDir: theirs });
    await eventually(
      "both have some",
      () => a.worker.partitions.length > 0 && b.worker.partitions.length > 0,
      20_000,
    );
    await eventuallyShared(partitions, a, b);
    await countKeys(60);
    const before = a.restored.length;
    await b.stop();
    await eventuallyShared(partitions, a);
    const back = a.restored.slice(before);
    returned += back.length;
    expect(back.map(({ from }) => from)).toEqual(back.map(() => "checkpoint"));
    expect(back.every(({ records }) => records > 0)).toBe(true);
    await countKeys(60);
  }
  expect(returned).toBeGreaterThan(0);
  expect(a.doubts).toEqual(["absent", "absent", "absent"]);
});

describe("a changelog", () => {
  it("is told by its topic's id, its cluster, its ends and how long it keeps tombstones", async () => {
    const [one, other] = [uniqueName("log"), uniqueName("log")];
    const configs = { "cleanup.policy": "compact", "delete.retention.ms": "12345" };
    await createTopics([one, other], 1, configs);
    const wire = closing(await openWire(one, other));
    const reader = new ChangelogReader(wire);
    const [first, again, second] = await Promise.all(
      [one, one, other].map((topic) => reader.describe({ topic, partition: 0 })),
    );
    expect(first).toEqual({
      clusterId: expect.stringMatching(/./),
      topicId: expect.stringMatching(/^[0-9a-f]{32}$/),
      startOffset: 0,
      endOffset: 0,
      deleteRetentionMs: 12_345,
    });
    expect(again).toEqual(first);
    expect([second?.clusterId, second?.topicId === first?.topicId]).toEqual([first?.clusterId, false]);
  });

  it("that was deleted and made again is another one, and no copy of the old is used", async () => {
    const { stage, service, countKeys } = await counting();
    const stateDir = await emptyFolder();
    const first = await startWorker(stage, "0", { stateDir });
    await eventuallyShared(partitions, first);
    await countKeys(30);
    await first.stop();
    const log = changelogTopic(service, counts.name);
    const address = { brokers: inject("kafkaBrokers"), clientId: "test", requestTimeoutMs: 15_000 };
    const admin = adminOver(await connectCluster(address), () => {});
    try {
      await admin.deleteTopics({ topics: [log] });
      await eventually("the changelog is gone", async () => !(await admin.listTopics()).includes(log));
    } finally {
      await admin.disconnect();
    }
    await createTopics([log], partitions, { "cleanup.policy": "compact" });
    const second = await startWorker(stage, "0", { stateDir });
    await eventuallyShared(partitions, second);
    expect(second.doubts).toEqual(["other-topic", "other-topic", "other-topic"]);
    expect(second.worker.stores().map(({ entries }) => entries)).toEqual([0]);
    await rm(stateDir, { recursive: true, force: true });
  });
});
