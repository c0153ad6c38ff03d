// The log of one partition: batches at offsets, what is stable of them, and what their producers did.
//
//   L1. A batch is appended once: a repeat of one of its producer's last five batches is answered with the offset it has.
//   L2. A batch out of its producer's sequence, or of an epoch that is over, is refused and has no effect.
//   L3. The last stable offset is the first record of the oldest open transaction, or the end: what a read-committed
//       fetch gives never changes afterwards.
//   L4. A marker carries an epoch; once it is written, nothing of an older epoch is appended.
//
// Everything is on all replicas at once, so the end of the log is the high watermark.

import { errorCodes } from "../kafka/protocol/errors.ts";
import type { AbortedTransaction } from "../kafka/read-committed.ts";
import {
  type Marker,
  markerBatch,
  maxTimestampOf,
  placed,
  recordsOf,
  type StoredBatch,
} from "./stored-batch.ts";

/** What became of an append. */
export interface Appended {
  readonly errorCode: number;
  readonly baseOffset: number;
  /** Set when the broker had the batch already (L1). */
  readonly repeated: boolean;
}

/** A fetch's share of one partition. */
export interface LogRead {
  readonly errorCode: number;
  readonly batches: readonly StoredBatch[];
  readonly aborted: readonly AbortedTransaction[];
}

interface ProducerState {
  epoch: number;
  /** The last batches of this epoch, oldest first. */
  recent: StoredBatch[];
  /** First offset of its open transaction. */
  openFrom: number | undefined;
}

interface Aborted extends AbortedTransaction {
  /** Offset of the marker. */
  readonly lastOffset: number;
}

const recentMax = 5;

/** A producer that the partition remembers. */
export interface RememberedProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly lastSequence: number;
  /** Largest timestamp of its last batch; -1 when it has none. */
  readonly lastTimestampMs: number;
  /** First offset of its open transaction; -1 when none is open. */
  readonly openFrom: number;
}

/** One partition. */
export class PartitionLog {
  readonly #batches: StoredBatch[] = [];
  readonly #producers = new Map<bigint, ProducerState>();
  readonly #aborted: Aborted[] = [];
  #end = 0;
  #start = 0;

  /** Offset of the next record. */
  get highWatermark(): number {
    return this.#end;
  }

  get lastStableOffset(): number {
    let first = this.#end;
    for (const { openFrom } of this.#producers.values()) {
      if (openFrom !== undefined && openFrom < first) first = openFrom;
    }
    return first;
  }

  /** First offset that is still in the log. */
  get startOffset(): number {
    return this.#start;
  }

  get producers(): RememberedProducer[] {
    return [...this.#producers].map(([producerId, { epoch, recent, openFrom }]) => {
      const last = recent.at(-1);
      return {
        producerId,
        producerEpoch: epoch,
        lastSequence: last === undefined ? -1 : sequenceAfter(last) - 1,
        lastTimestampMs: last === undefined ? -1 : maxTimestampOf(last),
        openFrom: openFrom ?? -1,
      };
    });
  }

  /** The first record whose timestamp is this one or later; undefined when there is none. */
  firstFrom(timestampMs: number): { offset: number; timestampMs: number } | undefined {
    for (const batch of this.#batches) {
      if (batch.marker !== undefined || maxTimestampOf(batch) < timestampMs) continue;
      const found = recordsOf(batch).find((record) => record.timestampMs >= timestampMs);
      if (found !== undefined) return { offset: found.offset, timestampMs: found.timestampMs };
    }
    return undefined;
  }

  /** Whether the producer has a transaction open here. */
  isOpen(producerId: bigint): boolean {
    return this.#producers.get(producerId)?.openFrom !== undefined;
  }

  /** The records of the producer's open transaction. */
  openBatches(producerId: bigint): StoredBatch[] {
    const from = this.#producers.get(producerId)?.openFrom;
    if (from === undefined) return [];
    return this.#batches
      .slice(this.#indexOf(from))
      .filter((batch) => batch.producerId === producerId && batch.marker === undefined);
  }

  append(bytes: Buffer): Appended {
    const batch = placed(bytes, this.#end);
    if (batch.producerId < 0n) return this.#add(batch);
    const state = this.#producers.get(batch.producerId);
    if (state !== undefined && batch.producerEpoch < state.epoch)
      return refused(errorCodes.INVALID_PRODUCER_EPOCH);
    const same = state !== undefined && state.epoch === batch.producerEpoch ? state : undefined;
    const repeat = same?.recent.find((recent) => isRepeat(recent, batch));
    if (repeat !== undefined) return { errorCode: 0, baseOffset: repeat.baseOffset, repeated: true };
    const last = same?.recent.at(-1);
    const expected = last === undefined ? 0 : sequenceAfter(last);
    if (batch.baseSequence !== expected) return refused(errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER);
    const recent = [...(same?.recent ?? []), batch].slice(-recentMax);
    const openFrom = batch.transactional ? (state?.openFrom ?? batch.baseOffset) : state?.openFrom;
    this.#producers.set(batch.producerId, { epoch: batch.producerEpoch, recent, openFrom });
    return this.#add(batch);
  }

  /** Ends the producer's transaction here (L4). A marker of an older epoch comes too late and is dropped. */
  end(
    marker: Marker,
    producer: { readonly producerId: bigint; readonly producerEpoch: number },
    nowMs: number,
  ): void {
    const { producerId, producerEpoch } = producer;
    const state = this.#producers.get(producerId);
    if (state !== undefined && producerEpoch < state.epoch) return;
    const batch = markerBatch(marker, producer, this.#end, nowMs);
    if (marker === "abort" && state?.openFrom !== undefined) {
      this.#aborted.push({ producerId, firstOffset: state.openFrom, lastOffset: batch.baseOffset });
    }
    const recent = state?.epoch === producerEpoch ? state.recent : [];
    this.#producers.set(producerId, { epoch: producerEpoch, recent, openFrom: undefined });
    this.#add(batch);
  }

  /**
   * Whole batches from the one that holds the offset on, at least one where there is one.
   *
   * @param committed up to the last stable offset, with the aborted transactions among them; else up to the end
   */
  read(offset: number, bytesMax: number, committed: boolean): LogRead {
    if (offset < this.#start || offset > this.#end)
      return { errorCode: errorCodes.OFFSET_OUT_OF_RANGE, batches: [], aborted: [] };
    const limit = committed ? this.lastStableOffset : this.#end;
    const batches: StoredBatch[] = [];
    let bytes = 0;
    for (let i = this.#indexOf(offset); i < this.#batches.length; i++) {
      const batch = this.#batches[i] as StoredBatch;
      if (batch.baseOffset >= limit || (bytes > 0 && bytes + batch.bytes.length > bytesMax)) break;
      batches.push(batch);
      bytes += batch.bytes.length;
    }
    const last = batches.at(-1)?.lastOffset ?? -1;
    const aborted = committed
      ? this.#aborted.filter(({ firstOffset, lastOffset }) => lastOffset >= offset && firstOffset <= last)
      : [];
    return { errorCode: 0, batches, aborted };
  }

  /** Deletes whole batches below the offset, as retention does. */
  deleteBefore(offset: number): void {
    this.#start = Math.min(Math.max(this.#start, offset), this.lastStableOffset);
    const first = this.#batches.findIndex(({ lastOffset }) => lastOffset >= this.#start);
    this.#batches.splice(0, first < 0 ? this.#batches.length : first);
  }

  #add(batch: StoredBatch): Appended {
    this.#batches.push(batch);
    this.#end = batch.lastOffset + 1;
    return { errorCode: 0, baseOffset: batch.baseOffset, repeated: false };
  }

  /** Index of the first batch that ends at or after the offset. */
  #indexOf(offset: number): number {
    let low = 0;
    let high = this.#batches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#batches[middle] as StoredBatch).lastOffset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const refused = (errorCode: number): Appended => ({ errorCode, baseOffset: -1, repeated: false });

const sequenceAfter = ({ baseSequence, baseOffset, lastOffset }: StoredBatch): number =>
  baseSequence + lastOffset - baseOffset + 1;

const isRepeat = (a: StoredBatch, b: StoredBatch): boolean =>
  a.baseSequence === b.baseSequence && sequenceAfter(a) === sequenceAfter(b);
