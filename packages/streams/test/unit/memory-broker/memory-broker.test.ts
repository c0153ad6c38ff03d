// A bug here: on a machine without a Kafka the first look ends in an error, or shows what a real cluster would not.
// Everything below goes over a socket, through the client that runs on a real cluster.

import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { freePorts } from "../../../../../infra/kafka/ports.ts";
import { connectAdmin } from "../../../src/kafka/admin.ts";
import { connectStreams } from "../../../src/kafka/client.ts";
import { IdempotentProducer } from "../../../src/kafka/idempotent-producer.ts";
import { ClusterInspector } from "../../../src/kafka/inspection.ts";
import { adminOver } from "../../../src/kafka/kafkajs-internals.ts";
import { describeTopicConfig } from "../../../src/kafka/protocol/describe-configs.ts";
import { endTxn } from "../../../src/kafka/protocol/end-txn.ts";
import { initProducerId } from "../../../src/kafka/protocol/init-producer-id.ts";
import { listOffsets } from "../../../src/kafka/protocol/list-offsets.ts";
import { topicIdentity } from "../../../src/kafka/protocol/metadata.ts";
import { produce } from "../../../src/kafka/protocol/produce.ts";
import { encodeRecordBatch } from "../../../src/kafka/record-batch.ts";
import { readTopic, TopicReader } from "../../../src/kafka/topic-reader.ts";
import { TransactionalWriter } from "../../../src/kafka/transactional-writer.ts";
import { connectCluster, Wire } from "../../../src/kafka/wire.ts";
import { type MemoryBroker, startMemoryBroker } from "../../../src/memory-broker/memory-broker.ts";
import { StreamWorker } from "../../../src/worker/worker.ts";
import { countStage } from "../../harness/count-stage.ts";
import { eventually } from "../../harness/eventually.ts";
import { textOf } from "../../harness/records.ts";

const closing: (() => Promise<void>)[] = [];
const refused: unknown[] = [];
let broker: MemoryBroker;
let options: { brokers: string[]; clientId: string };

const startBroker = async (): Promise<MemoryBroker> => {
  const [port = 0] = await freePorts(1);
  const started = await startMemoryBroker({ port, onRefused: (_client, error) => refused.push(error) });
  closing.push(() => started.close());
  return started;
};

beforeEach(async () => {
  broker = await startBroker();
  options = { brokers: [broker.address], clientId: "test" };
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  refused.splice(0);
});

const createTopics = async (...names: string[]): Promise<void> => {
  const admin = await connectAdmin(options);
  const given = { partitions: 3, replicationFactor: -1, configs: { "retention.ms": "1000" } };
  await admin.createTopics(names.map((name) => ({ name, ...given })));
  await admin.close();
};

const startWorker = async (stage: Parameters<typeof connectStreams>[0], instanceId: string) => {
  const client = await connectStreams(stage, { ...options, instanceId });
  const worker = new StreamWorker(stage, client);
  const running = worker.run();
  const stop = async (): Promise<void> => {
    await worker.stop();
    await running;
    await client.close();
  };
  closing.push(stop);
  return { stop };
};

const send = async (topic: string, ...values: string[]): Promise<void> => {
  const producer = await IdempotentProducer.connect({ ...options, topics: [topic] });
  for (const value of values) {
    await producer.send({ topic, key: "a", value: Buffer.from(value), timestampMs: 1, headers: {} });
  }
  await producer.close();
};

/** Waits until the group of the stage has committed past everything. */
const untilRead = async (topic: string): Promise<void> => {
  const admin = await connectAdmin(options);
  closing.push(() => admin.close());
  await eventually("everything is committed", async () =>
    (await admin.lag("demo", topic)).every(({ lag, committed }) => lag === 0 && committed >= 0),
  );
};

it("a stage reads, counts and commits over the socket, and a successor has its state", async () => {
  const { stage, input, output } = countStage({ service: "demo" });
  await createTopics(input.name, output.name, stage.deadLetters);
  const reader = await TopicReader.open({ ...options, topic: output.name, from: "latest" });
  closing.push(() => reader.close());
  const first = await startWorker(stage, "demo-0");
  await send(input.name, "x", "y");
  await untilRead(input.name);
  await first.stop();
  await startWorker(stage, "demo-1");
  await send(input.name, "z");
  await untilRead(input.name);
  const seen: string[] = [];
  await eventually("the reader has seen all", async () => {
    for (const { value } of (await reader.next(100))?.records ?? []) seen.push(textOf(value) ?? "");
    return seen.length >= 3;
  });
  expect(seen).toEqual(["x:1", "y:2", "z:3"]);
  expect(await collected(output.name)).toEqual(["x:1", "y:2", "z:3"]);
});

const collected = async (topic: string): Promise<string[]> => {
  const partitions = await readTopic({ ...options, topic });
  return partitions.flat().map(({ value }) => textOf(value) ?? "");
};

it("a record that fails and is larger than other topics take is dead-lettered whole where its topic takes it", async () => {
  const { stage, input, output } = countStage({
    service: "demo",
    onRecord: ({ value }) => {
      if (String(value).length > 1_000) throw new Error("bad");
    },
  });
  await createTopics(output.name);
  const admin = await connectAdmin(options);
  closing.push(() => admin.close());
  const given = { partitions: 3, replicationFactor: -1, configs: { "max.message.bytes": "2097152" } };
  await admin.createTopics([input.name, stage.deadLetters].map((name) => ({ name, ...given })));
  const large = "v".repeat(1_900_000);
  const writer = await TransactionalWriter.open({ ...options, transactionalId: "w", topics: [input.name] });
  closing.push(() => writer.close());
  const record = { topic: input.name, partition: 0, key: Buffer.from("a"), timestampMs: 1, headers: [] };
  await writer.write(["x", large, "y"].map((value) => ({ ...record, value: Buffer.from(value) })));
  await startWorker(stage, "demo-0");
  await untilRead(input.name);
  expect(await collected(output.name)).toEqual(["x:1", "y:2"]);
  expect((await collected(stage.deadLetters)).map((text) => text === large)).toEqual([true]);
});

it("operators see groups, topics and what topics were given", async () => {
  const { stage, input, output } = countStage({ service: "demo" });
  await createTopics(input.name, output.name, stage.deadLetters);
  await startWorker(stage, "demo-0");
  await send(input.name, "x");
  await untilRead(input.name);
  const admin = adminOver(await connectCluster(options), () => {});
  closing.push(() => admin.disconnect());
  expect((await admin.describeCluster()).clusterId).toBe(broker.clusterId);
  expect((await admin.listTopics()).toSorted()).toEqual(
    [input.name, output.name, stage.deadLetters, "demo-counts-changelog"].toSorted(),
  );
  expect(await admin.listGroups()).toEqual({ groups: [{ groupId: "demo", protocolType: "consumer" }] });
  const { groups } = await admin.describeGroups(["demo", "nobody"]);
  expect(groups.map(({ groupId, state }) => [groupId, state])).toEqual([
    ["demo", "Stable"],
    ["nobody", "Dead"],
  ]);
  expect(groups[0]?.members.map(({ clientId }) => clientId)).toEqual(["demo-demo-0-group"]);
  const offsets = await admin.fetchOffsets({ groupId: "demo" });
  const read = offsets.map(({ topic, partitions }) => [topic, partitions.map(({ offset }) => offset)]);
  expect(read).toEqual([[input.name, ["0", "1", "0"]]]);
  const { resources } = await admin.describeConfigs({
    resources: [{ type: 2, name: input.name, configNames: ["retention.ms", "cleanup.policy"] }],
    includeSynonyms: false,
  });
  const configs = resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]);
  expect(Object.fromEntries(configs ?? [])).toEqual({ "retention.ms": "1000", "cleanup.policy": "delete" });
});

it("operators see whose transaction is open, and since when", async () => {
  await createTopics("t");
  const wire = await Wire.connect(options);
  closing.push(() => wire.close());
  await wire.loadTopics(["t"]);
  const producer = await wire.send(0, initProducerId("writer", 10_000));
  const record = { key: null, value: Buffer.from("x"), headers: [], timestampMs: 5 };
  const bytes = encodeRecordBatch([record, record], { ...producer, baseSequence: 0, transactional: true });
  await wire.send(0, produce("writer", 1_000, [{ topic: "t", partition: 1, bytes }], 12));
  const inspector = await ClusterInspector.connect(options);
  closing.push(() => inspector.close());
  const at = { topic: "t", partition: 1 };
  const open = await inspector.openTransactions([at, { topic: "t", partition: 0 }]);
  expect(open).toMatchObject([{ ...at, transactionalId: "writer", timeoutMs: 10_000 }]);
  await wire.send(0, endTxn({ transactionalId: "writer", ...producer }, false));
  expect(await inspector.openTransactions([at])).toEqual([]);
});

it("a time names the first record that is not older", async () => {
  await createTopics("t");
  const producer = await IdempotentProducer.connect({ ...options, topics: ["t"] });
  closing.push(() => producer.close());
  for (const timestampMs of [10, 30, 20, 40])
    await producer.send({
      topic: "t",
      partition: 2,
      key: "",
      value: Buffer.from(""),
      timestampMs,
      headers: {},
    });
  const wire = await Wire.connect(options);
  closing.push(() => wire.close());
  const offsetFrom = async (fromMs: number) => {
    const [found] = await wire.send(0, listOffsets([{ topic: "t", partition: 2 }], { fromMs }));
    return found?.offset;
  };
  expect([await offsetFrom(0), await offsetFrom(15), await offsetFrom(31), await offsetFrom(41)]).toEqual([
    0, 1, 3, -1,
  ]);
});

it("a topic that exists is not made again", async () => {
  await createTopics("once");
  await send("once", "kept");
  await createTopics("once");
  expect(await collected("once")).toEqual(["kept"]);
});

it("another broker is another cluster", async () => {
  const identityAt = async ({ address }: MemoryBroker) => {
    const wire = await Wire.connect({ ...options, brokers: [address] });
    closing.push(() => wire.close());
    return wire.send(await wire.anyNode(), topicIdentity("t"));
  };
  expect((await identityAt(await startBroker())).clusterId).not.toBe((await identityAt(broker)).clusterId);
});

it("a value that a topic does not have is not told", async () => {
  await createTopics("t");
  const wire = await Wire.connect(options);
  closing.push(() => wire.close());
  const node = await wire.anyNode();
  expect(await wire.send(node, describeTopicConfig("t", "no.such.thing"))).toMatchObject({
    value: undefined,
  });
  expect(await wire.send(node, describeTopicConfig("t", "retention.ms"))).toMatchObject({ value: "1000" });
});

it("what cannot be read ends its connection and no other", async () => {
  const admin = await connectAdmin(options);
  closing.push(() => admin.close());
  const [host = "", port = ""] = broker.address.split(":");
  const socket = connect({ host, port: Number(port) });
  await once(socket, "connect");
  const ended = once(socket, "close");
  // Twelve bytes: version 99 of Produce.
  const frame = Buffer.alloc(16);
  frame.writeInt32BE(12, 0);
  frame.writeInt16BE(99, 6);
  // In two pieces, as networks do.
  socket.write(frame.subarray(0, 7));
  socket.write(frame.subarray(7));
  await ended;
  expect(refused.map(String)).toEqual([
    "TypeError: The broker in memory has no version 99 of API 0; it has 9, 10, 11, 12.",
  ]);
  expect(await admin.listTopics()).toEqual([]);
});

it("a port that is taken is an error of the system", async () => {
  const port = Number(broker.address.split(":")[1]);
  await expect(startMemoryBroker({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
});
