// A bug here makes the engine send what the broker refuses, again and again, or refuse what the broker would take.

import { describe, expect, it, onTestFinished } from "vitest";
import { describeTopicConfig } from "../../../src/kafka/protocol/describe-configs.ts";
import { TopicLimits } from "../../../src/kafka/topic-limits.ts";
import { TransactionalProducer } from "../../../src/kafka/transactional-producer.ts";
import type { Wire } from "../../../src/kafka/wire.ts";
import { BrokerCluster } from "../../../src/memory-broker/cluster.ts";
import type { OutgoingRecord } from "../../../src/worker/record.ts";
import { rejectionOf } from "../../harness/eventually.ts";
import { memoryWire } from "../../harness/memory-wire.ts";

const limit = "max.message.bytes";

/** A cluster whose topic `out` can be given other limits as the test goes on. */
const openCluster = async (configs: Record<string, string>) => {
  const cluster = new BrokerCluster();
  onTestFinished(() => cluster.close());
  cluster.createTopic("out", 1, configs);
  cluster.createTopic("plain", 1);
  return memoryWire(cluster, ["out", "plain"]);
};

const record = (bytes: number): OutgoingRecord => ({
  topic: "out",
  partition: 0,
  key: null,
  value: Buffer.alloc(bytes),
  timestampMs: 1,
  headers: [],
});

const openProducer = (wire: Wire, limits: TopicLimits) =>
  TransactionalProducer.open(wire, {
    transactionalId: "t",
    groupId: "g",
    transactionTimeoutMs: 1_000,
    limits,
  });

describe("a topic's limit", () => {
  it("is what the cluster says, and Kafka's default where nothing was said or asked", async () => {
    const limits = new TopicLimits(await openCluster({ [limit]: "5000" }), ["out", "plain"]);
    expect(limits.batchBytesMax("out")).toBe(1_048_588);
    await limits.refresh();
    expect(["out", "plain", "unknown"].map((topic) => limits.batchBytesMax(topic))).toEqual([
      5_000, 1_048_588, 1_048_588,
    ]);
  });

  it("is the default where the cluster does not let it be read", async () => {
    const wire = await openCluster({ [limit]: "5000" });
    const limits = new TopicLimits(wire, ["out", "gone"]);
    await limits.refresh();
    const { errorCode } = await wire.send(await wire.anyNode(), describeTopicConfig("gone", limit));
    expect([errorCode === 0, limits.batchBytesMax("gone")]).toEqual([false, 1_048_588]);
  });

  it("is read once, and again when it is in doubt", async () => {
    const configs = { [limit]: "5000" };
    const limits = new TopicLimits(await openCluster(configs), ["out"]);
    await limits.refresh();
    configs[limit] = "7000";
    await limits.refresh();
    expect(limits.batchBytesMax("out")).toBe(5_000);
    limits.doubt();
    await limits.refresh();
    expect(limits.batchBytesMax("out")).toBe(7_000);
  });
});

describe("a transaction", () => {
  it("splits its records by the topic's limit, and lets one that fits alone go alone", async () => {
    const wire = await openCluster({ [limit]: "2000000" });
    const limits = new TopicLimits(wire, ["out"]);
    await limits.refresh();
    const producer = await openProducer(wire, limits);
    const ends = await producer.write([record(500_000), record(1_900_000), record(500_000)]);
    expect(ends.get("out/0")).toBe(3);
  });

  it("that a broker finds too large has the limit read again: the next one knows it", async () => {
    const configs = { [limit]: "5000" };
    const wire = await openCluster(configs);
    const limits = new TopicLimits(wire, ["out"]);
    await limits.refresh();
    const producer = await openProducer(wire, limits);
    configs[limit] = "3000";
    expect(await rejectionOf(producer.write([record(4_000)]))).toMatchObject({
      errorName: "MESSAGE_TOO_LARGE",
    });
    await limits.refresh();
    expect(limits.batchBytesMax("out")).toBe(3_000);
  });
});
