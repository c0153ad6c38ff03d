// Planted bugs of the client and of the worker's commit: what would make exactly once a matter of luck.

import type { PlantedBug } from "./planted-bug.ts";

const unit = (file: string): PlantedBug["caughtBy"] => ({
  project: "unit",
  file: `packages/streams/test/unit/${file}`,
});

/** The audit's own verdict, on the real engine over a Kafka in memory. */
const verdict: PlantedBug["caughtBy"] = {
  project: "unit",
  file: "audit/test/unit/faults/verdict.test.ts",
};

/** Bugs of packages/streams/src/kafka and worker. */
export const clientBugs: readonly PlantedBug[] = [
  {
    name: "read-uncommitted",
    story: "Records of aborted commits are processed.",
    file: "packages/streams/src/kafka/read-committed.ts",
    find: "!batch.transactional || !abortedProducers.has(batch.producerId)",
    replace: "!batch.transactional || abortedProducers.size >= 0",
    caughtBy: unit("kafka/read-committed.test.ts"),
  },
  {
    name: "aborted-list-taken-in-its-order",
    story: "Of interleaved transactions, records of an aborted one are processed now and then.",
    file: "packages/streams/src/kafka/read-committed.ts",
    find: "aborted.toSorted((a, b) => a.firstOffset - b.firstOffset)",
    replace: "[...aborted]",
    caughtBy: unit("kafka/read-committed.test.ts"),
  },
  {
    name: "abort-marker-ignored",
    story: "Everything a producer writes after one abort is lost.",
    file: "packages/streams/src/kafka/read-committed.ts",
    find: "if (batch.abort) abortedProducers.delete(batch.producerId);",
    replace: "if (!batch.abort) abortedProducers.delete(batch.producerId);",
    caughtBy: unit("kafka/read-committed.test.ts"),
  },
  {
    name: "negative-hash-mirrored",
    story: "Keys land in other partitions than with Kafka's own clients.",
    file: "packages/streams/src/kafka/partitioner.ts",
    find: "(murmur2(key) & 0x7fffffff) % partitions",
    replace: "Math.abs(murmur2(key)) % partitions",
    caughtBy: unit("kafka/partitioner.test.ts"),
  },
  {
    name: "partition-with-two-owners",
    story: "Two members process one partition.",
    file: "packages/streams/src/kafka/assignment.ts",
    find: "if (share.length < size && free.delete(partition)) share.push(partition);",
    replace:
      "if (share.length < size && (free.delete(partition) || share.length > 0)) share.push(partition);",
    caughtBy: unit("kafka/assignment.test.ts"),
  },
  {
    name: "dead-letter-changes-bytes",
    story: "A dead letter cannot be processed again: it is not what came in.",
    file: "packages/streams/src/worker/dead-letter.ts",
    find: "  value: record.value,",
    replace: "  value: record.value && Buffer.from(new TextDecoder().decode(record.value)),",
    caughtBy: unit("worker/dead-letter.test.ts"),
  },
  {
    name: "state-kept-over-a-lost-membership",
    story: "A member goes on with state that another has changed meanwhile.",
    file: "packages/streams/src/worker/worker.ts",
    find: "if (!membership.continuous) this.#dropTasks();",
    replace: "if (!membership.continuous && membership.partitions.length === 0) this.#dropTasks();",
    caughtBy: unit("worker/worker-rebalance.test.ts"),
  },
  {
    name: "idle-advance-before-caught-up",
    story: "A service that starts late takes its backlog for late records.",
    file: "packages/streams/src/worker/worker.ts",
    find: "Math.min(at - idleAfterMs, this.#source.readUpToMs(task.partition))",
    replace: "at - idleAfterMs",
    caughtBy: unit("worker/worker-idle.test.ts"),
  },
  {
    name: "last-record-of-a-chunk-skipped",
    story: "One record of each fetch is never processed.",
    file: "packages/streams/src/worker/task.ts",
    find: "else if (records.length > 0) await this.#processBatch(handler, records);",
    replace: "else if (records.length > 0) await this.#processBatch(handler, records.slice(0, -1));",
    caughtBy: unit("worker/task.test.ts"),
  },
  {
    name: "position-off-by-one",
    story: "The last record of a commit is processed again after every restart.",
    file: "packages/streams/src/worker/task.ts",
    find: "this.#positions.set(topic, nextOffset);",
    replace: "this.#positions.set(topic, nextOffset - 1);",
    caughtBy: unit("worker/task.test.ts"),
  },
  {
    name: "start-stays-with-one-broker",
    story: "A service does not start because the first broker of its list is ill.",
    file: "packages/streams/src/kafka/first-connection.ts",
    find: "for (const broker of brokers) {",
    replace: "for (const broker of brokers.slice(0, 1)) {",
    caughtBy: unit("kafka/first-connection.test.ts"),
  },
  {
    name: "open-transaction-not-seen",
    story: "Readers stand still before a transaction that nobody ends, and no check says so.",
    file: "packages/streams/src/kafka/protocol/list-offsets.ts",
    find: 'spec === "stable" ? isolation.readCommitted',
    replace: 'spec === "stable" ? isolation.readUncommitted',
    caughtBy: unit("kafka/admin.test.ts"),
  },
  {
    name: "dead-letter-loses-its-headers",
    story: "A dead letter no longer says what it was, and cannot be sent again.",
    file: "packages/streams/src/worker/dead-letter.ts",
    find: "[...record.headers, ...added]",
    replace: "added",
    caughtBy: verdict,
  },
  {
    name: "dead-letter-in-another-partition",
    story: "Dead letters of one account lose their order.",
    file: "packages/streams/src/worker/dead-letter.ts",
    find: "    topic: to,\n    partition,\n",
    replace: "    topic: to,\n    partition: 0,\n",
    caughtBy: verdict,
  },
  {
    name: "condemned-record-dropped",
    story: "What its handler fails at is gone without a trace.",
    file: "packages/streams/src/worker/task.ts",
    find: "this.#bury(handler.topic.name, record, this.#condemned.get(id));",
    replace: "void id;",
    caughtBy: verdict,
  },
  {
    name: "output-left-out-of-its-commit",
    story: "The input of a commit is done with, and one of its results is nowhere.",
    file: "packages/streams/src/kafka/transactional-producer.ts",
    find: "return this.#commit(records, () => this.#transaction.commitOffsets(offsets, fence));",
    replace: "return this.#commit(records.slice(1), () => this.#transaction.commitOffsets(offsets, fence));",
    caughtBy: verdict,
  },
  {
    name: "waiting-records-overtake",
    story: "Two payments of an account reach the topic in the wrong order.",
    file: "packages/streams/src/kafka/partition-queue.ts",
    find: "const records = this.#waiting.splice(0, count);",
    replace: "const records = this.#waiting.splice(0, count).reverse();",
    caughtBy: unit("kafka/partition-queue.test.ts"),
  },
];
