// Planted bugs of the client and of the worker's commit: what would make exactly once a matter of luck.

import type { PlantedBug } from "./planted-bug.ts";

const unit = (file: string): PlantedBug["caughtBy"] => ({
  project: "unit",
  file: `packages/streams/test/unit/${file}`,
});

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
    find: "for (const partition of kept) free.delete(partition);",
    replace: "for (const partition of kept.slice(1)) free.delete(partition);",
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
    find: "|| task.streamTimeMs < 0 || !this.#caughtUp(task.partition)) continue;",
    replace: "|| task.streamTimeMs < 0) continue;",
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
];
