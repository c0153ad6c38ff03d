// Dead letters: records that a service could not process, with their bytes unchanged.
//
//   D1. Key, value and headers stay as they came, the `schema` header included; only the headers below are added.
//   D2. So their topics are as sensitive as the input, and sending a dead letter again is copying it back.
//   D3. A dead letter that would not fit its topic is without its value, or without its headers or its key too, as much as
//       need be, and says so. The record itself stands where it was read from, for as long as that topic keeps it.
import type { Codec } from "./envelope.ts";

/** The headers that a dead letter has beyond those it came with. Values are UTF-8; numbers are written in decimal. */
export const deadLetterHeaderNames = {
  /** Topic it was read from. */
  originalTopic: "kafka_dlt-original-topic",
  /** Partition it was read from. */
  originalPartition: "kafka_dlt-original-partition",
  /** Offset it had there. */
  originalOffset: "kafka_dlt-original-offset",
  /** Timestamp it had there, in epoch milliseconds. */
  originalTimestamp: "kafka_dlt-original-timestamp",
  /** Class of the error, `ContractError`. Named as Spring Kafka and Nest name it. */
  exceptionClass: "kafka_dlt-exception-fqcn",
  /** Message of the error; the contract's messages repeat no value. */
  exceptionMessage: "kafka_dlt-exception-message",
  /** Stable code of the error, `VALUE_INVALID`. */
  reasonCode: "x-reason-code",
} as const;

/** The headers that stand last in a dead letter that something was left out of. Values are UTF-8. */
export const omissionHeaderNames = {
  /** What was left out: `value`, `value,headers` or `value,headers,key`. */
  parts: "x-omitted",
  /** Bytes of the record's value, in decimal; null for a tombstone. */
  valueBytes: "x-omitted-value-bytes",
  /** SHA-256 of the value's bytes, hexadecimal; that of no bytes for a tombstone. */
  valueSha256: "x-omitted-value-sha256",
} as const;

/**
 * The codec of dead letters: the value's bytes, unchanged, `null` included.
 *
 * Its `schema` is empty, which means: it writes no `schema` header, since the one that the record came with still says
 * what the value was meant to be. `encode(null)` gives no bytes; a producer that must keep a tombstone passes the
 * `null` on instead of encoding it.
 */
export const bytesCodec: Codec<Uint8Array | null> = {
  schema: "",
  encode: (value) => value ?? new Uint8Array(0),
  decode: (bytes) => bytes,
};
