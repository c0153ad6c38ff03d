// A bug here tells an operator of a cluster that is not as it says.

import { randomUUID } from "node:crypto";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { armFailPoint, parseFailPoint } from "../../../src/fail-points.ts";
import { connectAdmin } from "../../../src/kafka/admin.ts";
import { CommittedReader } from "../../../src/kafka/committed-reader.ts";
import { IdempotentProducer } from "../../../src/kafka/idempotent-producer.ts";
import { ClusterInspector } from "../../../src/kafka/inspection.ts";
import { TransactionalWriter } from "../../../src/kafka/transactional-writer.ts";

const options = () => ({ brokers: inject("kafkaBrokers"), clientId: "inspection-test" });

const connect = async (): Promise<ClusterInspector> => {
  const inspector = await ClusterInspector.connect(options());
  onTestFinished(() => inspector.close());
  return inspector;
};

const createTopic = async (): Promise<string> => {
  const name = `inspection-${randomUUID()}`;
  const admin = await connectAdmin(options());
  const configs = { "retention.ms": "-1", "cleanup.policy": "compact" };
  await admin.createTopics([{ name, partitions: 3, replicationFactor: 1, configs }]);
  await admin.close();
  return name;
};

const send = async (topic: string, ...timestamps: readonly number[]): Promise<void> => {
  const producer = await IdempotentProducer.connect({ ...options(), topics: [topic] });
  for (const timestampMs of timestamps)
    await producer.send({ topic, partition: 1, key: "a", value: Buffer.from("x"), timestampMs, headers: {} });
  await producer.close();
};

describe("an inspector", () => {
  it("tells of brokers, partitions with their copies, and configurations in force", async () => {
    const inspector = await connect();
    const topic = await createTopic();
    const { brokers, clusterId, features } = await inspector.cluster();
    expect(brokers.map(({ address }) => address)).toEqual([...inject("kafkaBrokers")]);
    expect([clusterId.length > 0, (features["metadata.version"] ?? 0) > 0]).toEqual([true, true]);
    const [{ partitions } = { partitions: [] }] = await inspector.describeTopics([topic]);
    const node = brokers[0]?.nodeId;
    expect(partitions).toEqual(
      [0, 1, 2].map((partition) => ({ partition, leader: node, replicas: [node], inSync: [node] })),
    );
    const configs = (await inspector.topicConfigs([topic], ["retention.ms", "min.insync.replicas"])).get(
      topic,
    );
    expect(Object.fromEntries(configs ?? [])).toEqual({ "retention.ms": "-1", "min.insync.replicas": "1" });
  });

  it("says of a topic that does not exist what the broker said", async () => {
    const inspector = await connect();
    await expect(inspector.describeTopics([`nowhere-${randomUUID()}`])).rejects.toMatchObject({
      code: "STREAMS_BROKER_REFUSED",
    });
  });

  it("tells of a group that does not exist that it is dead, and has committed nothing", async () => {
    const inspector = await connect();
    const groupId = `nobody-${randomUUID()}`;
    expect(await inspector.describeGroups([groupId])).toEqual([{ groupId, state: "Dead", members: [] }]);
    expect(await inspector.committedOffsets(groupId)).toEqual([]);
  });

  it("tells where a log stands still, and whose open transaction that is", async () => {
    const inspector = await connect();
    const topic = await createTopic();
    await send(topic, 1_000);
    expect((await inspector.logs(topic))[1]).toEqual({ partition: 1, start: 0, stable: 1, end: 1 });
    expect(await inspector.openTransactions([{ topic, partition: 1 }])).toEqual([]);
    const transactionalId = `open-${randomUUID()}`;
    const writer = await TransactionalWriter.open({ ...options(), transactionalId, topics: [topic] });
    onTestFinished(async () => {
      await (await TransactionalWriter.open({ ...options(), transactionalId, topics: [topic] })).close();
    });
    armFailPoint(parseFailPoint("after-produce:throw"));
    const record = { topic, partition: 1, key: Buffer.from("a"), value: null, timestampMs: 1, headers: [] };
    await expect(writer.write([record])).rejects.toThrow();
    await writer.close();
    expect((await inspector.logs(topic))[1]).toEqual({ partition: 1, start: 0, stable: 1, end: 2 });
    const [open, ...others] = await inspector.openTransactions([{ topic, partition: 1 }]);
    expect(open).toMatchObject({ topic, partition: 1, startOffset: 1, transactionalId, timeoutMs: 10_000 });
    expect([Math.abs((open?.startedAtMs ?? 0) - Date.now()) < 60_000, others]).toEqual([true, []]);
  });
});

describe("a reader from a time on", () => {
  it("begins with the first record of that time or later, and at the end where there is none", async () => {
    const topic = await createTopic();
    await send(topic, 1_000, 3_000, 2_000, 5_000);
    const reader = await CommittedReader.connect({ ...options(), topics: [topic] });
    onTestFinished(() => reader.close());
    const startsFrom = async (fromMs: number): Promise<number | undefined> =>
      (await reader.ranges(topic, fromMs))[1]?.start;
    expect(await Promise.all([0, 1_000, 1_001, 3_000, 3_001, 5_000, 5_001].map(startsFrom))).toEqual([
      0, 0, 1, 1, 3, 3, 4,
    ]);
    expect((await reader.ranges(topic, 0))[0]).toMatchObject({ start: 0, end: 0 });
  });
});
