// Dead letters: what a record looks like once it is parked.
//
// Key, value and headers keep their bytes; what happened is added in headers, under the names that Spring Kafka
// uses (KafkaHeaders.DLT_*), because the tools of the field know them.
//
//   D1. A dead letter fits the topic that it goes to. Where it would not, its value is left out, then the record's own
//       headers, then its key, no more than needed; it says what was left out, and the value's size and hash. The record
//       itself stands where it was read from.

import { createHash } from "node:crypto";
import { deadLetterHeaderNames, omissionHeaderNames } from "@riffle/contracts/envelope";
import { fitsBatch } from "../kafka/record-batch.ts";
import type { HeaderPair, OutgoingRecord, RawRecord } from "./record.ts";

/** What is parked, where it came from and why. */
export interface DeadLetterCause {
  /** The dead-letter topic. */
  readonly to: string;
  readonly topic: string;
  readonly partition: number;
  readonly record: RawRecord;
  readonly cause: unknown;
  /** Largest batch that the dead-letter topic takes, in bytes. */
  readonly bytesMax: number;
}

/** Longest error message put into a header: it may quote input, and headers are read by people. */
const messageLengthMax = 500;

/** The record to write to the dead-letter topic, in the partition it came from. */
export const deadLetter = ({
  to,
  topic,
  partition,
  record,
  cause,
  bytesMax,
}: DeadLetterCause): OutgoingRecord => {
  const added: HeaderPair[] = [
    [deadLetterHeaderNames.originalTopic, Buffer.from(topic)],
    [deadLetterHeaderNames.originalPartition, Buffer.from(String(partition))],
    [deadLetterHeaderNames.originalOffset, Buffer.from(String(record.offset))],
    [deadLetterHeaderNames.originalTimestamp, Buffer.from(String(record.timestampMs))],
    [deadLetterHeaderNames.exceptionClass, Buffer.from(cause instanceof Error ? cause.name : typeof cause)],
    [deadLetterHeaderNames.exceptionMessage, Buffer.from(messageOf(cause).slice(0, messageLengthMax))],
    [deadLetterHeaderNames.reasonCode, Buffer.from(codeOf(cause))],
  ];
  const letter = {
    topic: to,
    partition,
    key: record.key,
    value: record.value,
    timestampMs: Math.max(0, record.timestampMs),
    headers: [...record.headers, ...added],
  };
  return fitsBatch(letter, bytesMax) ? letter : cut(letter, record, added, bytesMax);
};

/** The dead letter without what does not fit (D1). */
const cut = (
  letter: OutgoingRecord,
  { headers, value }: RawRecord,
  added: readonly HeaderPair[],
  bytesMax: number,
): OutgoingRecord => {
  const sha256 = createHash("sha256")
    .update(value ?? "")
    .digest("hex");
  const saying = (parts: string): HeaderPair[] => [
    ...added,
    [omissionHeaderNames.parts, Buffer.from(parts)],
    [omissionHeaderNames.valueBytes, value === null ? null : Buffer.from(String(value.length))],
    [omissionHeaderNames.valueSha256, Buffer.from(sha256)],
  ];
  const withoutValue = { ...letter, value: null, headers: [...headers, ...saying("value")] };
  if (fitsBatch(withoutValue, bytesMax)) return withoutValue;
  const withoutHeaders = { ...withoutValue, headers: saying("value,headers") };
  if (fitsBatch(withoutHeaders, bytesMax)) return withoutHeaders;
  return { ...withoutHeaders, key: null, headers: saying("value,headers,key") };
};

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

const codeOf = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : "HANDLER_FAILED";
};
