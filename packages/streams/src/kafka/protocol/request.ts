// The shape of a request definition: one file an API, the wire layout in a comment above the code.

import type { ByteReader } from "../bytes.ts";

/** One request, ready to send, and how to read its answer. */
export interface KafkaRequest<R> {
  readonly api: string;
  readonly apiKey: number;
  readonly apiVersion: number;
  /** What follows the classic request header; in flexible versions it begins with the header's tags. In pieces where it holds record batches. */
  readonly body: Buffer | readonly Buffer[];
  /** Reads the answer after its correlation id. */
  decode(read: ByteReader): R;
}

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The items by topic, in the order in which the topics first appear: requests name a topic once. */
export const byTopic = <T extends TopicPartition>(items: readonly T[]): [topic: string, items: T[]][] => {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const of = topics.get(item.topic);
    if (of === undefined) topics.set(item.topic, [item]);
    else of.push(item);
  }
  return [...topics];
};
