// Clients of a test's own, closed when it ends.

import { afterEach } from "vitest";
import { IdempotentProducer } from "../../src/kafka/idempotent-producer.ts";
import { wireOptions } from "./cluster.ts";

const toClose: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});

/** Has something closed when the test ends. */
export const closing = <T extends { close(): Promise<void> }>(thing: T): T => {
  toClose.push(() => thing.close());
  return thing;
};

/** A producer for the topics, closed when the test ends. */
export const openProducer = async (...topics: readonly string[]): Promise<IdempotentProducer> =>
  closing(await IdempotentProducer.connect({ ...wireOptions("producer"), topics }));

/** A record to send. */
export const toSend = (topic: string, key: string, value: string, partition?: number) => ({
  topic,
  key,
  value: Buffer.from(value),
  timestampMs: 1_700_000_000_000,
  headers: {},
  ...(partition === undefined ? {} : { partition }),
});
