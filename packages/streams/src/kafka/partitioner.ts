// Which partition a key belongs to: murmur2 of its bytes, as Kafka's own clients do it, so that records written by
// any of them meet ours (org.apache.kafka.common.utils.Utils#murmur2, seed 0x9747b28c).

/** murmur2 of the bytes, as a signed 32-bit integer. */
export const murmur2 = (bytes: Uint8Array): number => {
  const m = 0x5bd1e995;
  const length = bytes.length;
  let h = 0x9747b28c ^ length;
  const words = length >> 2;
  for (let i = 0; i < words; i++) {
    const at = i << 2;
    let k =
      byte(bytes, at) |
      (byte(bytes, at + 1) << 8) |
      (byte(bytes, at + 2) << 16) |
      (byte(bytes, at + 3) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    h = Math.imul(h, m) ^ k;
  }
  const tail = words << 2;
  const rest = length & 3;
  if (rest === 3) h ^= byte(bytes, tail + 2) << 16;
  if (rest >= 2) h ^= byte(bytes, tail + 1) << 8;
  if (rest >= 1) h = Math.imul(h ^ byte(bytes, tail), m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  return h ^ (h >>> 15);
};

const byte = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;

/** The partition of a key among `partitions`. */
export const partitionOf = (key: Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fffffff) % partitions;

/** What a partitioner may look at: everything that a repeat of the record has too. */
export interface PartitionedRecord {
  readonly topic: string;
  readonly key: string;
  readonly value: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Which partition a record goes to, from 0 to `partitions` - 1. Pure: the same record among as many partitions always goes
 * to the same one, or a repeat is not recognised and what was in order is not.
 */
export type Partitioner = (record: PartitionedRecord, partitions: number) => number;

/** The default, as Kafka's own clients have it: murmur2 of the key. */
export const byKey: Partitioner = ({ key }, partitions) => partitionOf(Buffer.from(key), partitions);
