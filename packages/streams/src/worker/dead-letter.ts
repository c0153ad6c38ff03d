// Dead letters: what a record looks like once it is parked.
//
// Key, value and headers keep their bytes; what happened is added in headers, under the names that Spring Kafka
// uses (KafkaHeaders.DLT_*), because the tools of the field know them.

import type { OutgoingRecord, RawRecord } from "./record.ts";

/** What is parked, where it came from and why. */
export interface DeadLetterCause {
  /** The dead-letter topic. */
  readonly to: string;
  readonly topic: string;
  readonly partition: number;
  readonly record: RawRecord;
  readonly cause: unknown;
}

/** Longest error message put into a header: it may quote input, and headers are read by people. */
const messageLengthMax = 500;

/** The record to write to the dead-letter topic, in the partition it came from. */
export const deadLetter = ({ to, topic, partition, record, cause }: DeadLetterCause): OutgoingRecord => ({
  topic: to,
  partition,
  key: record.key,
  value: record.value,
  timestampMs: Math.max(0, record.timestampMs),
  headers: [
    ...record.headers,
    ["kafka_dlt-original-topic", Buffer.from(topic)],
    ["kafka_dlt-original-partition", Buffer.from(String(partition))],
    ["kafka_dlt-original-offset", Buffer.from(String(record.offset))],
    ["kafka_dlt-original-timestamp", Buffer.from(String(record.timestampMs))],
    ["kafka_dlt-exception-fqcn", Buffer.from(cause instanceof Error ? cause.name : typeof cause)],
    ["kafka_dlt-exception-message", Buffer.from(messageOf(cause).slice(0, messageLengthMax))],
    ["x-reason-code", Buffer.from(codeOf(cause))],
  ],
});

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

const codeOf = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  return typeof code === "string" ? code : "HANDLER_FAILED";
};
