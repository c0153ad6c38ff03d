// A bug here calls a partition decided that readers wait at, or an offset committed that a transaction still takes back.

import { afterEach, beforeEach, expect, it } from "vitest";
import { committedWhenStable, undecidedEnds } from "../../../src/kafka/admin.ts";
import { endTxn } from "../../../src/kafka/protocol/end-txn.ts";
import { initProducerId, type ProducerIdentity } from "../../../src/kafka/protocol/init-producer-id.ts";
import { produce } from "../../../src/kafka/protocol/produce.ts";
import { txnOffsetCommit } from "../../../src/kafka/protocol/txn-offset-commit.ts";
import { encodeRecordBatch } from "../../../src/kafka/record-batch.ts";
import type { Wire } from "../../../src/kafka/wire.ts";
import { BrokerCluster } from "../../../src/memory-broker/cluster.ts";
import { eventually, rejectionOf } from "../../harness/eventually.ts";
import { memoryWire } from "../../harness/memory-wire.ts";

const partitions = [0, 1].map((partition) => ({ topic: "t", partition }));
const nobody = { groupId: "g", generationId: -1, memberId: "", groupInstanceId: null };

let cluster: BrokerCluster;
let wire: Wire;
let producer: ProducerIdentity;
let owner: ProducerIdentity & { transactionalId: string };

beforeEach(async () => {
  cluster = new BrokerCluster();
  cluster.createTopic("t", 2);
  wire = await memoryWire(cluster, ["t"]);
  producer = await wire.send(0, initProducerId("id", 10_000));
  owner = { transactionalId: "id", ...producer };
});

afterEach(() => cluster.close());

const write = async (): Promise<void> => {
  const record = { key: null, value: Buffer.from("x"), headers: [], timestampMs: 0 };
  const bytes = encodeRecordBatch([record], { ...producer, baseSequence: 0, transactional: true });
  await wire.send(0, produce("id", 1_000, [{ topic: "t", partition: 1, bytes }], 12));
};

it("an end is undecided from the first record of a transaction until it has ended", async () => {
  expect(await undecidedEnds(wire, partitions)).toEqual([]);
  await write();
  expect(await undecidedEnds(wire, partitions)).toEqual([{ topic: "t", partition: 1, stable: 0, end: 1 }]);
  await wire.send(0, endTxn(owner, true));
  await eventually("it has ended", async () => (await undecidedEnds(wire, partitions)).length === 0);
});

it("committed offsets are not told while a transaction may still replace them", async () => {
  expect(await committedWhenStable(wire, "g", partitions, 1_000)).toEqual([-1, -1]);
  const offsets = [{ topic: "t", partition: 1, offset: 7, metadata: "" }];
  await wire.send(0, txnOffsetCommit(owner, nobody, offsets, 5));
  expect(await rejectionOf(committedWhenStable(wire, "g", partitions, 0))).toMatchObject({
    code: "STREAMS_BROKER_REFUSED",
    message: expect.stringContaining("UNSTABLE_OFFSET_COMMIT"),
  });
  await wire.send(0, endTxn(owner, true));
  expect(await committedWhenStable(wire, "g", partitions, 5_000)).toEqual([-1, 7]);
});
