// Dead letters as the engine writes them, for tests without an engine.

import { deadLetterHeaderNames } from "@riffle/contracts";
import type { HeaderPair, RawRecord } from "@riffle/streams";
import { readDeadLetter } from "../../src/dead-letters/dead-letter.ts";
import type { Place } from "../../src/dead-letters/place.ts";
import type { RedrivableLetter } from "../../src/dead-letters/redriven-record.ts";

/** What a test says of a dead letter; the rest is made up. */
export interface LetterParts {
  readonly original?: Place;
  readonly place?: Place;
  readonly key?: Uint8Array | null;
  readonly value?: Uint8Array | null;
  readonly timestampMs?: number;
  readonly headers?: readonly HeaderPair[];
  readonly reason?: string;
}

const someOriginal: Place = { topic: "transactions.received.v1", partition: 3, offset: 17 };

/** The headers that the engine adds, in its order. */
export const addedHeaders = (original: Place, reason = "VALUE_NOT_JSON"): HeaderPair[] =>
  (
    [
      [deadLetterHeaderNames.originalTopic, original.topic],
      [deadLetterHeaderNames.originalPartition, String(original.partition)],
      [deadLetterHeaderNames.originalOffset, String(original.offset)],
      [deadLetterHeaderNames.originalTimestamp, "1000"],
      [deadLetterHeaderNames.exceptionClass, "ContractError"],
      [deadLetterHeaderNames.exceptionMessage, "decode transaction/1: no JSON"],
      [deadLetterHeaderNames.reasonCode, reason],
    ] as const
  ).map(([name, text]) => [name, Buffer.from(text)]);

/** A record of a dead-letter topic. */
export const letterRecord = (parts: LetterParts = {}): RawRecord => ({
  offset: parts.place?.offset ?? 0,
  timestampMs: parts.timestampMs ?? 1_000,
  key: parts.key === undefined ? Buffer.from("acct-1") : parts.key,
  value: parts.value === undefined ? Buffer.from("{") : parts.value,
  headers: [...(parts.headers ?? []), ...addedHeaders(parts.original ?? someOriginal, parts.reason)],
});

/** A dead letter. */
export const letterOf = (parts: LetterParts = {}): RedrivableLetter => {
  const { topic, partition } = parts.place ?? { topic: "filter.dlq.v1", partition: 3 };
  const letter = readDeadLetter(topic, partition, letterRecord(parts));
  return { ...letter, original: parts.original ?? someOriginal };
};

/** Headers as text by name. */
export const headersOf = (headers: readonly HeaderPair[]): Record<string, string> =>
  Object.fromEntries(headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()]));
