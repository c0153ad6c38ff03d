// What waits to be sent to one partition by the idempotent producer, and the one batch that is under way.
//
//   Q1. Records leave in the order in which they came; the next batch is made when the one before it is settled.
//   Q2. A batch that is sent again is the same bytes, so the same sequences: the broker drops what it has.
//   Q3. Sequences count on under one producer identity. After a batch that failed for good the next one needs another
//       identity, under which they begin at 0.

import type { Compression } from "./compression.ts";
import type { TopicPartition } from "./ports.ts";
import { batchBytesMax } from "./produce-batches.ts";
import type { ProducerIdentity } from "./protocol/init-producer-id.ts";
import type { ProduceBatch } from "./protocol/produce.ts";
import { type BatchRecord, encodeRecordBatch } from "./record-batch.ts";
import { sequenceAfter } from "./transaction-protocol.ts";

/** A record somebody waits for. */
export interface PendingRecord extends BatchRecord {
  /** What it takes in a batch, at most. */
  readonly bytes: number;
  /** Wall clock after which it is no longer sent. */
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface BatchUnderWay {
  readonly records: readonly PendingRecord[];
  readonly batch: ProduceBatch;
}

/** The queue of one partition. */
export class PartitionQueue implements TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Whether it is left alone for a moment, after a refusal or an answer that never came. */
  resting = false;
  /** Whether its batch is in a request without an answer yet. */
  inFlight = false;
  readonly #compression: Compression;
  #waiting: PendingRecord[] = [];
  #underWay: BatchUnderWay | undefined;
  #identity: ProducerIdentity | undefined;
  #sequence = 0;

  constructor({ topic, partition }: TopicPartition, compression: Compression) {
    this.topic = topic;
    this.partition = partition;
    this.#compression = compression;
  }

  push(record: PendingRecord): void {
    this.#waiting.push(record);
  }

  /** Whether it has something that may be sent now. */
  get sendable(): boolean {
    return !this.resting && !this.inFlight && (this.#underWay !== undefined || this.#waiting.length > 0);
  }

  /** When the batch under way is no longer sent: the deadline of its first record. */
  get deadline(): number {
    return this.#underWay?.records[0]?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** The first deadline of a record that was never sent. */
  get oldestDeadline(): number {
    return this.#waiting[0]?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** The batch to send: the one under way again (Q2), or the head of the queue, as much as fits one batch. */
  batch(identity: ProducerIdentity): ProduceBatch {
    this.#underWay ??= this.#nextBatch(this.#identity ?? identity);
    return this.#underWay.batch;
  }

  /** Every in-sync replica has the batch under way. @returns how many records it was */
  settle(): number {
    const records = this.#take();
    this.#sequence = sequenceAfter(this.#sequence, records.length);
    for (const record of records) record.resolve();
    return records.length;
  }

  /** The batch under way is given up, and with it the identity (Q3). @returns how many records it was */
  fail(error: Error): number {
    const records = this.#take();
    this.#identity = undefined;
    for (const record of records) record.reject(error);
    return records.length;
  }

  /** Rejects records that have waited past their deadline without being sent. @returns how many */
  expire(now: number, error: () => Error): number {
    if (now < this.oldestDeadline) return 0;
    const fresh = this.#waiting.findIndex(({ deadline }) => deadline > now);
    const expired = this.#waiting.splice(0, fresh < 0 ? this.#waiting.length : fresh);
    for (const record of expired) record.reject(error());
    return expired.length;
  }

  #take(): readonly PendingRecord[] {
    const records = this.#underWay?.records ?? [];
    this.#underWay = undefined;
    return records;
  }

  #nextBatch(identity: ProducerIdentity): BatchUnderWay {
    if (this.#identity !== identity) {
      this.#identity = identity;
      this.#sequence = 0;
    }
    let bytes = 0;
    let count = 0;
    for (const record of this.#waiting) {
      if (bytes + record.bytes > batchBytesMax) break;
      bytes += record.bytes;
      count++;
    }
    const records = this.#waiting.splice(0, count);
    const producer = { ...identity, baseSequence: this.#sequence, transactional: false };
    const encoded = encodeRecordBatch(records, producer, this.#compression);
    return { records, batch: { topic: this.topic, partition: this.partition, bytes: encoded } };
  }
}
