// A bug here is a model of Kafka that is kinder than Kafka: the simulation would find nothing on it.

import { afterEach, describe, expect, it } from "vitest";
import { addOffsetsToTxn } from "../../../src/kafka/protocol/add-offsets-to-txn.ts";
import { addPartitionsToTxn } from "../../../src/kafka/protocol/add-partitions-to-txn.ts";
import { endTxn, endTxnWithoutEpochBump } from "../../../src/kafka/protocol/end-txn.ts";
import { errorCodes } from "../../../src/kafka/protocol/errors.ts";
import { fetch } from "../../../src/kafka/protocol/fetch.ts";
import { initProducerId, type ProducerIdentity } from "../../../src/kafka/protocol/init-producer-id.ts";
import { listOffsets } from "../../../src/kafka/protocol/list-offsets.ts";
import { offsetFetch } from "../../../src/kafka/protocol/offset-fetch.ts";
import { type ProduceVersion, produce } from "../../../src/kafka/protocol/produce.ts";
import { txnOffsetCommit } from "../../../src/kafka/protocol/txn-offset-commit.ts";
import { committedRecords } from "../../../src/kafka/read-committed.ts";
import { decodeRecordBatches, encodeRecordBatch } from "../../../src/kafka/record-batch.ts";
import type { Wire } from "../../../src/kafka/wire.ts";
import { BrokerCluster, type ClusterOptions } from "../../../src/memory-broker/cluster.ts";
import { memoryWire } from "../../harness/memory-wire.ts";

const at = { topic: "t", partition: 0 };
const limits = { maxWaitMs: 0, bytesMax: 1 << 20, partitionBytesMax: 1 << 20 };
const nobody = { groupId: "g", generationId: -1, memberId: "", groupInstanceId: null };
const id = "producer";

const clusters: BrokerCluster[] = [];
afterEach(() => {
  for (const cluster of clusters.splice(0)) cluster.close();
});

const start = async (options: ClusterOptions = {}): Promise<{ cluster: BrokerCluster; wire: Wire }> => {
  const cluster = new BrokerCluster(options);
  clusters.push(cluster);
  cluster.createTopic("t", 1);
  return { cluster, wire: await memoryWire(cluster, ["t"]) };
};

const owner = (identity: ProducerIdentity) => ({ transactionalId: id, ...identity });

const write = async (
  wire: Wire,
  producer: ProducerIdentity,
  text: string,
  { baseSequence = 0, version = 12 }: { baseSequence?: number; version?: ProduceVersion } = {},
) => {
  const record = { key: null, value: Buffer.from(text), headers: [], timestampMs: 0 };
  const bytes = encodeRecordBatch([record], { ...producer, baseSequence, transactional: true });
  const [outcome] = await wire.send(0, produce(id, 1_000, [{ ...at, bytes }], version));
  return outcome;
};

const visible = async (wire: Wire): Promise<string[]> => {
  const answer = await wire.send(0, fetch([{ ...at, offset: 0 }], limits));
  const [partition] = answer.partitions;
  const batches = decodeRecordBatches(partition?.records ?? Buffer.alloc(0));
  return committedRecords(batches, partition?.aborted ?? [], 0).map(({ value }) => String(value));
};

const init = (wire: Wire) => wire.send(0, initProducerId(id, 10_000));

describe("transaction protocol version 2", () => {
  it("shows nothing of a transaction before its end, and all of it after", async () => {
    const { wire } = await start();
    const producer = await init(wire);
    await write(wire, producer, "a");
    expect(await visible(wire)).toEqual([]);
    expect((await wire.send(0, endTxn(owner(producer), true))).errorCode).toBe(0);
    expect(await visible(wire)).toEqual(["a"]);
  });

  it("moves the epoch with the end, and refuses what is late of the transaction before", async () => {
    const { wire } = await start();
    const producer = await init(wire);
    await write(wire, producer, "a");
    const next = await wire.send(0, endTxn(owner(producer), true));
    expect(next.producerEpoch).toBe(producer.producerEpoch + 1);
    expect((await write(wire, producer, "late", { baseSequence: 1 }))?.errorCode).toBe(
      errorCodes.INVALID_PRODUCER_EPOCH,
    );
    expect((await write(wire, next, "b"))?.errorCode).toBe(0);
  });

  it("answers an EndTxn that comes again, and does not end the next transaction by it", async () => {
    const { wire } = await start();
    const producer = await init(wire);
    await write(wire, producer, "a");
    const next = await wire.send(0, endTxn(owner(producer), true));
    expect(await wire.send(0, endTxn(owner(producer), true))).toEqual(next);
    await write(wire, next, "half of the next");
    expect((await wire.send(0, endTxn(owner(producer), true))).errorCode).toBe(errorCodes.PRODUCER_FENCED);
    expect(await visible(wire)).toEqual(["a"]);
  });

  it("aborts and fences a transaction whose id is initialised again", async () => {
    const { wire } = await start();
    const zombie = await init(wire);
    await write(wire, zombie, "a");
    expect((await init(wire)).errorCode).toBe(errorCodes.CONCURRENT_TRANSACTIONS);
    const successor = await init(wire);
    expect((await write(wire, zombie, "b", { baseSequence: 1 }))?.errorCode).toBe(
      errorCodes.INVALID_PRODUCER_EPOCH,
    );
    expect((await wire.send(0, endTxn(owner(zombie), true))).errorCode).toBe(errorCodes.PRODUCER_FENCED);
    await write(wire, successor, "c");
    await wire.send(0, endTxn(owner(successor), true));
    expect(await visible(wire)).toEqual(["c"]);
  });

  it("begins nothing new while markers are under way", async () => {
    const markers: (() => void)[] = [];
    const { wire } = await start({ deliverMarker: (marker) => markers.push(marker) });
    const producer = await init(wire);
    await write(wire, producer, "a");
    const next = await wire.send(0, endTxn(owner(producer), true));
    expect((await write(wire, next, "b"))?.errorCode).toBe(errorCodes.CONCURRENT_TRANSACTIONS);
    expect(await visible(wire)).toEqual([]);
    for (const marker of markers) marker();
    expect((await write(wire, next, "b"))?.errorCode).toBe(0);
    expect(await visible(wire)).toEqual(["a"]);
  });

  it("aborts what is open for longer than its time-out, and refuses its end", async () => {
    let now = 0;
    const clock = { now: () => now, delay: async () => {}, after: () => () => {}, every: () => () => {} };
    const { cluster, wire } = await start({ clock });
    const producer = await init(wire);
    await write(wire, producer, "a");
    now = 10_001;
    cluster.transactions.scan();
    expect((await wire.send(0, endTxn(owner(producer), true))).errorCode).toBe(errorCodes.INVALID_TXN_STATE);
    expect(await visible(wire)).toEqual([]);
  });
});

describe("transaction protocol version 1", () => {
  const begin = async (wire: Wire, producer: ProducerIdentity) =>
    wire.send(0, addPartitionsToTxn(owner(producer), [at]));

  it("lets an EndTxn that comes again end the next transaction half way (KAFKA-17754)", async () => {
    const { wire } = await start({ transactionVersion: 1 });
    const producer = await init(wire);
    await begin(wire, producer);
    await write(wire, producer, "a", { version: 11 });
    await wire.send(0, endTxnWithoutEpochBump(owner(producer), true));
    await begin(wire, producer);
    await write(wire, producer, "half of the next", { baseSequence: 1, version: 11 });
    expect((await wire.send(0, endTxnWithoutEpochBump(owner(producer), true))).errorCode).toBe(0);
    expect(await visible(wire)).toEqual(["a", "half of the next"]);
  });

  it("refuses a write to a partition that is not in the transaction", async () => {
    const { wire } = await start({ transactionVersion: 1 });
    const producer = await init(wire);
    expect((await write(wire, producer, "a", { version: 11 }))?.errorCode).toBe(errorCodes.INVALID_TXN_STATE);
  });

  it("refuses offsets of a group that is not in the transaction", async () => {
    const { wire } = await start({ transactionVersion: 1 });
    const producer = await init(wire);
    const offsets = [{ ...at, offset: 5, metadata: "" }];
    const [refused] = await wire.send(0, txnOffsetCommit(owner(producer), nobody, offsets, 3));
    expect(refused?.errorCode).toBe(errorCodes.INVALID_TXN_STATE);
    await wire.send(0, addOffsetsToTxn(owner(producer), "g"));
    const [taken] = await wire.send(0, txnOffsetCommit(owner(producer), nobody, offsets, 3));
    expect(taken?.errorCode).toBe(0);
  });
});

describe("a partition", () => {
  it("appends a batch that is sent again once, and answers with the offset it has", async () => {
    const { wire } = await start();
    const producer = await init(wire);
    const first = await write(wire, producer, "a");
    expect(await write(wire, producer, "a")).toEqual(first);
    await wire.send(0, endTxn(owner(producer), true));
    expect(await visible(wire)).toEqual(["a"]);
  });

  it("refuses a batch out of sequence", async () => {
    const { wire } = await start();
    const producer = await init(wire);
    await write(wire, producer, "a");
    expect((await write(wire, producer, "c", { baseSequence: 2 }))?.errorCode).toBe(
      errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
    );
  });

  it("has a high watermark above its last stable offset while a transaction is open", async () => {
    const { cluster, wire } = await start();
    await write(wire, await init(wire), "a");
    const [listed] = await wire.send(0, listOffsets([at], "latest"));
    expect(listed?.offset).toBe(1);
    expect(cluster.partition(at)?.log.lastStableOffset).toBe(0);
  });
});

describe("offsets of an open transaction", () => {
  it("are withheld from a stable read, and are the group's after the end", async () => {
    const { wire } = await start();
    const producer = await init(wire);
    await wire.send(0, txnOffsetCommit(owner(producer), nobody, [{ ...at, offset: 7, metadata: "m" }], 5));
    const read = async (stable: boolean) => (await wire.send(0, offsetFetch("g", [at], stable))).offsets[0];
    expect((await read(true))?.errorCode).toBe(errorCodes.UNSTABLE_OFFSET_COMMIT);
    expect(await read(false)).toMatchObject({ offset: -1, errorCode: 0 });
    await wire.send(0, endTxn(owner(producer), true));
    expect(await read(true)).toMatchObject({ offset: 7, metadata: "m", errorCode: 0 });
  });
});
