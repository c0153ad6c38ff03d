// The broker of the integration run, with topics of a test's own, and what tests read and write around the engine.

import { randomUUID } from "node:crypto";
import { inject } from "vitest";
import { BrokerRefusedError } from "../../src/errors.ts";
import { connectAdmin } from "../../src/kafka/admin.ts";
import type { FetchedChunk, RecordSource } from "../../src/kafka/ports.ts";
import { listedOffsets } from "../../src/kafka/position-reader.ts";
import { readTopic } from "../../src/kafka/topic-reader.ts";
import { Wire, type WireOptions } from "../../src/kafka/wire.ts";
import type { OutgoingRecord, RawRecord } from "../../src/worker/record.ts";
import { eventually } from "./eventually.ts";

/** How long a hook may take that starts a cluster of its own: three JVMs on a busy machine. */
export const brokerWithinMs = 150_000;

let chosen: readonly string[] | undefined;

/** Has the tests of this file use a cluster of their own from now on; undefined for the shared one. */
export const useBrokers = (brokers: readonly string[] | undefined): void => {
  chosen = brokers;
};

/** The brokers that this file's tests use. */
export const brokers = (): readonly string[] => chosen ?? inject("kafkaBrokers");

/** How this run reaches its broker. */
export const wireOptions = (purpose = "test"): WireOptions => ({
  brokers: brokers(),
  clientId: `test-${purpose}`,
});

/** A name nothing else on the broker has. */
export const uniqueName = (purpose: string): string => `${purpose}-${randomUUID().slice(0, 8)}`;

/** The records of tests have event times long past, which a broker would delete within its first minute. */
const keptForEver = { "retention.ms": "-1" };

/** Creates topics of three partitions, or as many as said. */
export const createTopics = async (
  names: readonly string[],
  partitions = 3,
  configs: Readonly<Record<string, string>> = {},
  replicationFactor = 1,
): Promise<void> => {
  const admin = await connectAdmin(wireOptions("admin"));
  try {
    await admin.createTopics(
      names.map((name) => ({
        name,
        partitions,
        replicationFactor,
        configs: { ...keptForEver, ...configs },
      })),
    );
    await eventually("the new topics answer", () => haveLeaders(names, partitions));
  } finally {
    await admin.close();
  }
};

/** A broker names itself leader in its metadata a moment before it acts as one. */
const haveLeaders = async (topics: readonly string[], partitions: number): Promise<boolean> => {
  const wire = await openWire(...topics);
  const all = topics.flatMap((topic) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition })),
  );
  try {
    return (await listedOffsets(wire, all, "latest")).size === all.length;
  } catch (error) {
    if (error instanceof BrokerRefusedError) return false;
    throw error;
  } finally {
    await wire.close();
  }
};

/** A wire that knows the topics; the caller closes it. */
export const openWire = async (...topics: readonly string[]): Promise<Wire> => {
  const wire = await Wire.connect(wireOptions("wire"));
  await wire.loadTopics(topics);
  return wire;
};

/** A record for one partition of a topic. */
export const outgoing = (
  topic: string,
  partition: number,
  key: string,
  value: string,
  timestampMs = 1_700_000_000_000,
): OutgoingRecord => ({
  topic,
  partition,
  key: Buffer.from(key),
  value: Buffer.from(value),
  timestampMs,
  headers: [],
});

/** What is committed in a topic, partition by partition. */
export const committedIn = (topic: string): Promise<(readonly RawRecord[])[]> =>
  readTopic({ ...wireOptions("reader"), topic });

/** The values of what is committed in a topic, `key=value`, partition by partition. */
export const committedTexts = async (topic: string): Promise<string[]> =>
  (await committedIn(topic)).flat().map(({ key, value }) => `${key}=${value}`);

/** Waits until so many records are committed in a topic, and returns their texts. */
export const eventuallyCommitted = async (
  topic: string,
  count: number,
  withinMs = 20_000,
): Promise<string[]> => {
  let texts: string[] = [];
  await eventually(
    `${topic} holds ${count} committed records`,
    async () => {
      texts = await committedTexts(topic);
      return texts.length >= count;
    },
    withinMs,
  );
  return texts;
};

/** A group's lag in a topic, by partition. */
export const lagOf = async (groupId: string, topic: string): Promise<number[]> => {
  const admin = await connectAdmin(wireOptions("lag"));
  try {
    return (await admin.lag(groupId, topic)).map(({ lag }) => lag);
  } finally {
    await admin.close();
  }
};

/** Takes chunks until the source has moved to `end`, and returns their records. */
export const readUpTo = async (source: RecordSource, end: number): Promise<RawRecord[]> => {
  const records: RawRecord[] = [];
  for (let chunk: FetchedChunk | undefined; (chunk?.nextOffset ?? 0) < end; ) {
    chunk = await eventually(`a chunk before offset ${end}`, () => source.next(1_000));
    records.push(...chunk.records);
  }
  return records;
};
