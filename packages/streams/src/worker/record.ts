// Records as a handler sees them, and as they leave it.

import type { RecordHeaders } from "@riffle/contracts/envelope";

/** One header: its name and its bytes. */
export type HeaderPair = readonly [name: string, value: Uint8Array | null];

/** A record as read from a partition, before anyone has looked at its value. */
export interface RawRecord {
  readonly offset: number;
  /** Event time, epoch milliseconds: the record's Kafka timestamp. */
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Headers as bytes, in order. Decoded when first asked for. */
  readonly headers: readonly HeaderPair[];
}

/** A decoded record. */
export interface StreamRecord<V> {
  /** UTF-8; empty when the record had no key. */
  readonly key: string;
  readonly value: V;
  /** Event time, epoch milliseconds. */
  readonly timestampMs: number;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly headers: RecordHeaders;
}

/** A record on its way to a topic, with everything decided. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestampMs: number;
  readonly headers: readonly HeaderPair[];
}

/**
 * The records of one fetch of one partition, in offset order. Iterating moves the task: at each step the
 * task's stream time takes in the record's event time, and the record becomes the one a failure is charged to.
 * A batch is empty when only stream time advanced.
 */
export interface RecordBatch<V> extends Iterable<StreamRecord<V>> {
  readonly topic: string;
  readonly partition: number;
  /** How many records iteration will give, poison records left out. */
  readonly size: number;
}
