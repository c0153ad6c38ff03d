// A bug here lets a payment overtake another, writes one twice after a lost answer, or waits for one that was sent.

import { beforeEach, expect, it } from "vitest";
import { PartitionQueue } from "../../../src/kafka/partition-queue.ts";
import type { ProduceBatch } from "../../../src/kafka/protocol/produce.ts";
import { committedRecords } from "../../../src/kafka/read-committed.ts";
import { decodeRecordBatches } from "../../../src/kafka/record-batch.ts";
import { present } from "../../harness/eventually.ts";

const identity = { producerId: 1n, producerEpoch: 0 };
const another = { producerId: 2n, producerEpoch: 0 };

let queue: PartitionQueue;
let told: string[];

beforeEach(() => {
  queue = new PartitionQueue({ topic: "t", partition: 0 }, "none");
  told = [];
});

const push = (value: string, bytes = 100, deadline = 1_000): void =>
  queue.push({
    key: null,
    value: Buffer.from(value),
    timestampMs: 0,
    headers: [],
    bytes,
    deadline,
    resolve: () => told.push(`${value} written`),
    reject: (error) => told.push(`${value} ${error.message}`),
  });

const contentOf = ({ bytes }: ProduceBatch) => {
  const batches = decodeRecordBatches(Buffer.from(bytes));
  const values = committedRecords(batches, [], 0).map(({ value }) => String(value));
  return { producerId: present(batches[0]).producerId, values };
};

it("records leave in the order in which they came, and are told so in that order", () => {
  for (const value of ["a", "b", "c"]) push(value);
  expect(contentOf(queue.batch(identity)).values).toEqual(["a", "b", "c"]);
  push("d");
  expect(queue.settle()).toBe(3);
  expect(contentOf(queue.batch(identity)).values).toEqual(["d"]);
  queue.settle();
  expect(told).toEqual(["a written", "b written", "c written", "d written"]);
});

it("a batch that is sent again is the same bytes, whatever has come since", () => {
  push("a");
  const first = queue.batch(identity);
  push("b");
  expect(queue.batch(another)).toBe(first);
});

it("what does not fit one batch waits for the next", () => {
  push("a", 600_000);
  push("b", 600_000);
  expect(contentOf(queue.batch(identity)).values).toEqual(["a"]);
  queue.settle();
  expect(contentOf(queue.batch(identity)).values).toEqual(["b"]);
});

it("after a batch that failed for good the next one has another identity", () => {
  push("a");
  push("b");
  queue.batch(identity);
  push("c");
  expect(queue.fail(new Error("lost"))).toBe(2);
  expect(told).toEqual(["a lost", "b lost"]);
  expect(contentOf(queue.batch(another))).toEqual({ producerId: 2n, values: ["c"] });
});

it("only what was never sent expires", () => {
  push("a", 100, 10);
  queue.batch(identity);
  push("b", 100, 10);
  push("c", 100, 20);
  expect(queue.expire(9, () => new Error("late"))).toBe(0);
  expect(queue.expire(10, () => new Error("late"))).toBe(1);
  expect(told).toEqual(["b late"]);
  expect(queue.settle()).toBe(1);
});
