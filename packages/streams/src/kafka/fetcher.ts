// The fetcher: reads assigned partitions ahead of the worker, read committed.
//
//   F1. A chunk carries the offset after everything its fetch covered, so that positions move past markers.
//   F2. What was fetched for an assignment that has changed since is dropped.
//   F3. A partition is read ahead up to `prefetchBytesMax`; past it, it is left out of the fetches until the worker
//       has caught up. While one is left out the broker is asked to wait only briefly, so that it can come back soon.
//   F4. An offset that is no longer in the log stops the source with an error that says what was lost.

import { OutcomeUnknownError, StreamsError } from "../errors.ts";
import { unpackedBytesMaxDefault } from "./compression.ts";
import { failIfRefused } from "./coordinator.ts";
import type { FetchedChunk, StandbySource, TopicPartition } from "./ports.ts";
import { listedOffsets } from "./position-reader.ts";
import { errorCodes, leaderMovedCodes } from "./protocol/errors.ts";
import { type FetchAnswer, type FetchedPartition, fetch } from "./protocol/fetch.ts";
import { committedRecords } from "./read-committed.ts";
import { decodeRecordBatches } from "./record-batch.ts";
import type { Wire } from "./wire.ts";

/** How far and how much to read ahead. */
export interface FetcherOptions {
  /** How long a broker waits when there is nothing to read. Default 250 ms: the request rate of an idle service. */
  readonly maxWaitMs?: number;
  /** Default 1 MiB. */
  readonly partitionBytesMax?: number;
  /** Bytes a partition may hold unread, default 2 MiB. */
  readonly prefetchBytesMax?: number;
  /** Largest body that one compressed batch may unpack to, default 64 MiB. */
  readonly unpackedBytesMax?: number;
}

interface Assigned extends TopicPartition {
  /** Offset of the next fetch. */
  offset: number;
  /** Offset after the last chunk the worker took. */
  taken: number;
  readonly chunks: FetchedChunk[];
  bytes: number;
  end: number | undefined;
  undecided: number | undefined;
  /** When the last fetch was sent that reached the last stable offset. */
  coveredAtMs: number | undefined;
}

const bytesMax = 8 << 20;
/** Wait while a partition is left out of the fetch for being read far ahead (F3). */
const crowdedWaitMs = 10;
const retryMs = 100;

/** Reads partitions from their leaders, one long poll a broker. */
export class Fetcher implements StandbySource {
  readonly #wire: Wire;
  readonly #maxWaitMs: number;
  readonly #partitionBytesMax: number;
  readonly #prefetchBytesMax: number;
  readonly #unpackedBytesMax: number;
  readonly #assigned = new Map<string, Assigned>();
  readonly #polling = new Set<number>();
  #queue: Assigned[] = [];
  #failure: Error | undefined;
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(wire: Wire, options: FetcherOptions = {}) {
    this.#wire = wire;
    this.#maxWaitMs = options.maxWaitMs ?? 250;
    this.#partitionBytesMax = options.partitionBytesMax ?? 1 << 20;
    this.#prefetchBytesMax = options.prefetchBytesMax ?? 2 << 20;
    this.#unpackedBytesMax = options.unpackedBytesMax ?? unpackedBytesMaxDefault;
  }

  get ready(): boolean {
    return this.#queue.length > 0 || this.#failure !== undefined;
  }

  assign({ topic, partition }: TopicPartition, offset: number): void {
    this.unassign({ topic, partition });
    this.#assigned.set(nameOf({ topic, partition }), {
      topic,
      partition,
      offset,
      taken: offset,
      chunks: [],
      bytes: 0,
      end: undefined,
      undecided: undefined,
      coveredAtMs: undefined,
    });
    this.#poll();
  }

  unassign(partition: TopicPartition): void {
    const assigned = this.#assigned.get(nameOf(partition));
    if (assigned === undefined) return;
    this.#assigned.delete(nameOf(partition));
    this.#queue = this.#queue.filter((queued) => queued !== assigned);
  }

  lag(partition: TopicPartition): number | undefined {
    const assigned = this.#assigned.get(nameOf(partition));
    return assigned?.end === undefined ? undefined : Math.max(0, assigned.end - assigned.taken);
  }

  undecided(partition: TopicPartition): number | undefined {
    return this.#assigned.get(nameOf(partition))?.undecided;
  }

  coveredAtMs(partition: TopicPartition): number | undefined {
    const assigned = this.#assigned.get(nameOf(partition));
    return assigned?.chunks.length === 0 ? assigned.coveredAtMs : undefined;
  }

  async next(waitMs: number): Promise<FetchedChunk | undefined> {
    if (!this.ready && waitMs > 0) await this.#waitForChunk(waitMs);
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      throw failure;
    }
    const assigned = this.#queue.shift();
    const chunk = assigned?.chunks.shift();
    if (assigned === undefined || chunk === undefined) return undefined;
    assigned.bytes -= chunk.bytes;
    assigned.taken = chunk.nextOffset;
    if (assigned.chunks.length > 0) this.#queue.push(assigned);
    this.#poll();
    return chunk;
  }

  /** Interrupts a `next` that waits. */
  interrupt(): void {
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#assigned.clear();
    this.#queue = [];
    this.#wake?.();
  }

  async #waitForChunk(waitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#wire.clock.after(waitMs, resolve);
    this.#wake = resolve;
    await promise;
    cancel();
    this.#wake = undefined;
  }

  /** Starts a poll of every leader that has none under way. */
  #poll(): void {
    if (this.#closed) return;
    const leaders = new Set(
      [...this.#assigned.values()].map(({ topic, partition }) => this.#wire.leaderOf(topic, partition)),
    );
    for (const leader of leaders) {
      if (this.#polling.has(leader)) continue;
      this.#polling.add(leader);
      void this.#pollLeader(leader);
    }
  }

  /** Polls one leader for as long as it has partitions to read. Never rejects: failures reach the worker by `next`. */
  async #pollLeader(leader: number): Promise<void> {
    try {
      while (!this.#closed) {
        const led = [...this.#assigned.values()].filter(
          ({ topic, partition }) => this.#wire.leaderOf(topic, partition) === leader,
        );
        const wanted = led.filter(({ bytes }) => bytes < this.#prefetchBytesMax);
        if (wanted.length === 0) return;
        await this.#fetchFrom(leader, wanted, wanted.length < led.length ? crowdedWaitMs : this.#maxWaitMs);
      }
    } catch (error) {
      this.#fail(error as Error);
    } finally {
      this.#polling.delete(leader);
    }
  }

  async #fetchFrom(leader: number, wanted: readonly Assigned[], maxWaitMs: number): Promise<void> {
    if (leader < 0) return this.#recover();
    const limits = { maxWaitMs, bytesMax, partitionBytesMax: this.#partitionBytesMax };
    const asked = new Map(wanted.map((assigned) => [assigned, assigned.offset]));
    const askedAtMs = this.#wire.clock.now();
    let answer: FetchAnswer;
    try {
      answer = await this.#wire.send(leader, fetch(wanted, limits));
    } catch (error) {
      if (!(error instanceof OutcomeUnknownError)) throw error;
      return this.#recover();
    }
    failIfRefused("Fetch", answer.errorCode);
    let stale = false;
    for (const fetched of answer.partitions) {
      const assigned = this.#assigned.get(nameOf(fetched));
      if (assigned === undefined || asked.get(assigned) !== assigned.offset) continue;
      if (fetched.errorCode === errorCodes.OFFSET_OUT_OF_RANGE) throw await this.#outOfRange(assigned);
      if (leaderMovedCodes.includes(fetched.errorCode)) stale = true;
      else this.#take(assigned, fetched, askedAtMs);
    }
    if (stale) await this.#recover();
  }

  /** Reading loses nothing: after a lost answer or a moved leader, look where the leaders are and read again. */
  async #recover(): Promise<void> {
    await this.#wire.clock.delay(retryMs);
    if (!this.#closed) await this.#wire.refreshMetadata().catch(() => {});
    this.#poll();
  }

  #take(assigned: Assigned, fetched: FetchedPartition, askedAtMs: number): void {
    const { topic, partition, offset } = assigned;
    failIfRefused(`Fetch of ${topic}/${partition} at ${offset}`, fetched.errorCode);
    assigned.end = fetched.highWatermark;
    assigned.undecided = Math.max(0, fetched.highWatermark - fetched.lastStableOffset);
    const batches = decodeRecordBatches(fetched.records, this.#unpackedBytesMax);
    const last = batches.at(-1);
    if ((last?.lastOffset ?? offset - 1) + 1 >= fetched.lastStableOffset) assigned.coveredAtMs = askedAtMs;
    if (last === undefined) return;
    const records = committedRecords(batches, fetched.aborted, offset);
    assigned.offset = last.lastOffset + 1;
    // What the chunk keeps in memory: bodies are views of the response, or have been unpacked from it.
    const bytes = batches.reduce((sum, { body }) => sum + body.length, 0);
    assigned.chunks.push({ topic, partition, records, nextOffset: assigned.offset, bytes });
    assigned.bytes += bytes;
    if (assigned.chunks.length === 1) this.#queue.push(assigned);
    this.#wake?.();
  }

  /** With this error a broker does not say what the log holds: it is asked. */
  async #outOfRange({ topic, partition, offset }: Assigned): Promise<StreamsError> {
    const name = nameOf({ topic, partition });
    const start = (await listedOffsets(this.#wire, [{ topic, partition }], "earliest")).get(name) ?? 0;
    const end = (await listedOffsets(this.#wire, [{ topic, partition }], "latest")).get(name) ?? 0;
    const what =
      offset < start
        ? `so ${start - offset} records were deleted before they were processed`
        : "so it never held that offset, or lost its end";
    return new StreamsError(
      "STREAMS_OFFSET_OUT_OF_RANGE",
      `Reading ${name} at offset ${offset}: the log now holds ${start} to ${end}, ${what}. Nothing is skipped silently: reset the group's offset by hand to go on.`,
    );
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#wake?.();
  }
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
