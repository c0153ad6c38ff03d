// A bug here sends an account's records to another partition than Kafka's own clients do: its order is lost, and its
// state is in a task that never sees them.

import fc from "fast-check";
import { expect, it } from "vitest";
import { murmur2, partitionOf } from "../../../src/kafka/partitioner.ts";

// org.apache.kafka.common.utils.UtilsTest#testMurmur2.
it.each([
  ["21", -973_932_308],
  ["foobar", -790_332_482],
  ["a-little-bit-long-string", -985_981_536],
  ["a-little-bit-longer-string", -1_486_304_829],
  ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
  ["abc", 479_470_107],
])("murmur2 of %s is what Kafka's own is", (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

it("a negative hash gives a partition by its lower 31 bits", () => {
  expect(partitionOf(Buffer.from("21"), 12)).toBe((-973_932_308 & 0x7fff_ffff) % 12);
});

it("every key has one partition among those there are", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 1_000 }), (key, partitions) => {
      const partition = partitionOf(key, partitions);
      expect(Number.isInteger(partition) && partition >= 0 && partition < partitions).toBe(true);
      expect(partitionOf(Buffer.from(key), partitions)).toBe(partition);
    }),
  );
});
