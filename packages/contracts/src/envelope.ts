// The envelope: what every record on every topic has, whatever its value means.
//
// Owns the vocabulary shared by the engine and the events: a topic, its codec, the names of the headers.
// It is the only file of this package that `@riffle/streams` may import, so that the engine knows that a
// record has a key, an event time and a trace, and never what a transaction is.

/** The header names every record carries. Values are UTF-8. */
export const headerNames = {
  /** Schema of the value and its version, `transaction/1`. Written by the codec of the topic. */
  schema: "schema",
  /** W3C trace context, passed on unchanged from cause to effect. */
  traceparent: "traceparent",
  /** Epoch milliseconds at which ingest accepted the cause; latency and lag in seconds are measured from it. */
  receivedAt: "received-at",
  /**
   * Epoch milliseconds at which a service handled what it made the record of: the wall clock of one process, for people
   * who ask where the time went. No result depends on it; it is not handed on.
   */
  processedAt: "processed-at",
  /**
   * `true` on a transaction that ingest answered 409, because it knew the id with other content: the filter rejects it as
   * a conflict. Absent on every other record, and not handed on.
   */
  idConflict: "id-conflict",
} as const;

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
 * The headers of a dead letter that was sent again to where it came from. Values are UTF-8. They replace those of an
 * earlier time, so a record has each of them at most once.
 */
export const redriveHeaderNames = {
  /** The dead letter that was sent again, `filter.dlq.v1/3/17`. */
  from: "x-redriven-from",
  /** The service whose dead letter it was. A topic may have several readers; the others have had the record, and pass it by. */
  to: "x-redriven-for",
  /** How often the record was sent again, from 1. */
  count: "x-redrive-count",
} as const;

/** Headers of a record by name. A name given twice keeps its last value, as Kafka's `lastHeader` does. */
export type RecordHeaders = Readonly<Record<string, string>>;

/** Bytes ⇄ value for one topic. Implementations are pure and hold no state between calls. */
export interface Codec<V> {
  /** What `encode` writes, as the `schema` header says it: `transaction/1`. */
  readonly schema: string;
  /** The JSON Schema of the values; absent where they are bytes of any kind. */
  readonly jsonSchema?: object;
  /** The UTF-8 bytes of the value. */
  encode(value: V): Uint8Array;
  /**
   * The value in `bytes`, checked against the schema.
   *
   * @param bytes the record's value; `null` for a tombstone
   * @param schema the record's `schema` header, absent when it had none
   * @throws an `Error` with a stable string `code` when the bytes hold no value of this topic; with `retriable` false where
   *   it is thrown by a handler too, and trying again cannot succeed
   */
  decode(bytes: Uint8Array | null, schema: string | undefined): V;
}

/** `delete` drops old segments, `compact` keeps the newest record of each key, and both do both. As `cleanup.policy` is written. */
export type CleanupPolicy = "delete" | "compact" | "compact,delete";

/** One Kafka topic: its name, what its values are, how it is laid out, and who alone writes it. */
export interface Topic<V> {
  readonly name: string;
  readonly codec: Codec<V>;
  /** Every topic of the pipeline has the same count, so that a task finds its account under one number everywhere. */
  readonly partitions: number;
  readonly cleanupPolicy: CleanupPolicy;
  /** How long records are kept, in milliseconds; -1 drops none by age. */
  readonly retentionMs: number;
  /** Largest batch that it takes, in bytes: Kafka's `max.message.bytes`. Absent where the cluster's default is enough. */
  readonly batchBytesMax?: number;
  /** The one service that may write it. */
  readonly owner: string;
}
