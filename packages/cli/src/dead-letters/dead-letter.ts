// A dead letter as its headers tell it.
//
//   L1. The engine adds its headers at the end, so of each name the last one is the engine's. Those before it came with
//       the record, and are the record's own.

import { deadLetterHeaderNames, redriveHeaderNames } from "@riffle/contracts";
import type { HeaderPair, RawRecord } from "@riffle/streams";
import { type Omission, omissionOf } from "./omission.ts";
import type { Place } from "./place.ts";

/** A record that a service could not process. */
export interface DeadLetter {
  readonly place: Place;
  /** The record it was made of; undefined when its headers do not say. */
  readonly original: Place | undefined;
  /** `UNKNOWN` when there is none. */
  readonly reasonCode: string;
  /** Class and message of the error, as far as they were written down. */
  readonly exception: { readonly name: string | undefined; readonly message: string | undefined };
  readonly record: RawRecord;
  /** How often the record was sent again before it became this dead letter. */
  readonly redriveCount: number;
  /** What was left out because it was too large; undefined when nothing was, and once it is here again. */
  readonly omitted: Omission | undefined;
  /** Whether key, value and headers are those of the record that it was made of, read from where that stands. */
  readonly isRestored: boolean;
}

/** Reads a record of a dead-letter topic. Never throws: what the headers do not say is left out. */
export const readDeadLetter = (topic: string, partition: number, record: RawRecord): DeadLetter => {
  const { originalTopic, originalPartition, originalOffset } = deadLetterHeaderNames;
  const { headers } = record;
  return {
    place: { topic, partition, offset: record.offset },
    original: originalOf(
      lastHeader(headers, originalTopic),
      numberIn(headers, originalPartition),
      numberIn(headers, originalOffset),
    ),
    reasonCode: lastHeader(headers, deadLetterHeaderNames.reasonCode) ?? "UNKNOWN",
    exception: {
      name: lastHeader(headers, deadLetterHeaderNames.exceptionClass),
      message: lastHeader(headers, deadLetterHeaderNames.exceptionMessage),
    },
    record,
    redriveCount: numberIn(headers, redriveHeaderNames.count) ?? 0,
    omitted: omissionOf(headers),
    isRestored: false,
  };
};

const originalOf = (
  topic: string | undefined,
  partition: number | undefined,
  offset: number | undefined,
): Place | undefined =>
  topic === undefined || partition === undefined || offset === undefined
    ? undefined
    : { topic, partition, offset };

/** The text of the last header of that name. */
export const lastHeader = (headers: readonly HeaderPair[], name: string): string | undefined => {
  const value = headers.findLast(([of]) => of === name)?.[1];
  return value === undefined || value === null ? undefined : Buffer.from(value).toString("utf8");
};

const numberIn = (headers: readonly HeaderPair[], name: string): number | undefined => {
  const text = lastHeader(headers, name);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
};
