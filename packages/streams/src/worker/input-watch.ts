// How far behind its input a worker is, in records and in time: watches what goes through its source.
//
//   A1. Nothing is done per record: of a chunk the first record and the last with a `received-at` are looked at.
//   A2. A partition without a record waiting has the age 0, exactly. A chunk waits until the next one is asked for.
//   A3. Where records wait, none has waited for longer than the age says, but for the time of a fetch: the oldest came after
//       the newest that was processed, and after nothing was waiting last. Before the first was processed the age is the
//       time since the partition was taken over, a lower bound.
//   A4. Going back to the committed position after an error makes nothing younger; a record that fails for ever ages.

import { headerNames } from "@riffle/contracts/envelope";
import type { FetchedChunk, RecordSource, TopicPartition } from "../kafka/ports.ts";
import type { RawRecord } from "./record.ts";
import { textOf } from "./record-decoding.ts";

/** Where a worker stands in one partition of its input. */
export interface InputFigures extends TopicPartition {
  /** Offset after everything that was processed, markers and aborted records included. */
  readonly position: number;
  /** Offsets between that and the end of the partition, markers included; undefined before the first fetch. */
  readonly records: number | undefined;
  /** Offsets after the last stable one: of atomic commits that are still open, and of what came after them. */
  readonly undecided: number | undefined;
  /** For how long the oldest record has waited that is not processed, milliseconds; see A2 and A3. */
  readonly ageMs: number;
}

interface Watched extends TopicPartition {
  position: number;
  readonly takenOverAtMs: number;
  /** `received-at` of the newest record that was processed. */
  newestMs: number | undefined;
  /** When nothing was waiting, the last time that was seen. */
  emptyAtMs: number;
  /** `received-at` of the oldest record since the last commit. */
  oldestMs: number | undefined;
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** A source, and where its reader stands. */
export class InputWatch implements RecordSource {
  readonly #source: RecordSource;
  readonly #now: () => number;
  readonly #watched = new Map<string, Watched>();
  /** Partitions that were given up; most come back after an error (A4). */
  readonly #left = new Map<string, Watched>();
  /** What the worker was given last and may be processing still. */
  #inHand: FetchedChunk | undefined;

  /** @param now wall clock, epoch milliseconds */
  constructor(source: RecordSource, now: () => number) {
    this.#source = source;
    this.#now = now;
  }

  get ready(): boolean {
    return this.#source.ready;
  }

  assign({ topic, partition }: TopicPartition, offset: number): void {
    const key = keyOf({ topic, partition });
    const left = this.#left.get(key);
    this.#left.delete(key);
    const now = this.#now();
    // From further back than it was left nobody else can have gone on.
    const times =
      left !== undefined && offset <= left.position
        ? { takenOverAtMs: left.takenOverAtMs, newestMs: left.newestMs, emptyAtMs: left.emptyAtMs }
        : { takenOverAtMs: now, newestMs: undefined, emptyAtMs: Number.NEGATIVE_INFINITY };
    this.#watched.set(key, { topic, partition, position: offset, oldestMs: undefined, ...times });
    this.#source.assign({ topic, partition }, offset);
  }

  unassign(partition: TopicPartition): void {
    const key = keyOf(partition);
    const watched = this.#watched.get(key);
    if (watched !== undefined) this.#left.set(key, watched);
    this.#watched.delete(key);
    if (this.#inHand !== undefined && keyOf(this.#inHand) === key) this.#inHand = undefined;
    this.#source.unassign(partition);
  }

  /** Unassigns a partition number in every topic. */
  release(partition: number): void {
    for (const watched of [...this.#watched.values()])
      if (watched.partition === partition) this.unassign(watched);
  }

  async next(waitMs: number): Promise<FetchedChunk | undefined> {
    this.#settle();
    const chunk = await this.#source.next(waitMs);
    if (chunk === undefined) this.#noteEmpty();
    else this.#take(chunk);
    return chunk;
  }

  lag(partition: TopicPartition): number | undefined {
    return this.#source.lag(partition);
  }

  /** Whether nothing of a partition number is left to read, in any topic. */
  caughtUp(partition: number): boolean {
    for (const watched of this.#watched.values())
      if (watched.partition === partition && this.#source.lag(watched) !== 0) return false;
    return true;
  }

  coveredAtMs(partition: TopicPartition): number | undefined {
    return this.#source.coveredAtMs(partition);
  }

  /**
   * Clock time before which nothing that could be read of a partition number is missing, epoch milliseconds: of the topic
   * that was heard of least recently. A broker that cannot be reached, and a process that stood still, hold it back.
   */
  readUpToMs(partition: number): number {
    let upToMs = Number.POSITIVE_INFINITY;
    for (const watched of this.#watched.values())
      if (watched.partition === partition)
        upToMs = Math.min(upToMs, this.#source.coveredAtMs(watched) ?? Number.NEGATIVE_INFINITY);
    return upToMs;
  }

  /** `received-at` of the oldest record that was taken since this was last asked, epoch milliseconds. */
  takeOldestMs(): number | undefined {
    let oldestMs: number | undefined;
    for (const watched of this.#watched.values()) {
      if (watched.oldestMs !== undefined) oldestMs = Math.min(watched.oldestMs, oldestMs ?? watched.oldestMs);
      watched.oldestMs = undefined;
    }
    return oldestMs;
  }

  /** Where the worker stands now, in every partition that it reads. */
  figures(): InputFigures[] {
    const now = this.#now();
    return [...this.#watched.values()].map((watched) => this.#figuresOf(watched, now));
  }

  #figuresOf(watched: Watched, now: number): InputFigures {
    const { topic, partition, position, takenOverAtMs, newestMs = takenOverAtMs, emptyAtMs } = watched;
    const lag = this.#source.lag(watched);
    const inHand = this.#inHand !== undefined && keyOf(this.#inHand) === keyOf(watched);
    const held = inHand ? (this.#inHand?.nextOffset ?? position) - position : 0;
    const records = lag === undefined ? undefined : lag + held;
    const ageMs = records === 0 ? 0 : Math.max(0, now - Math.max(newestMs, emptyAtMs));
    return { topic, partition, position, records, undecided: this.#source.undecided?.(watched), ageMs };
  }

  #take(chunk: FetchedChunk): void {
    const watched = this.#watched.get(keyOf(chunk));
    if (watched === undefined) return;
    this.#inHand = chunk;
    const oldestMs = chunk.records[0] && receivedAtMs(chunk.records[0]);
    if (oldestMs !== undefined) watched.oldestMs = Math.min(watched.oldestMs ?? oldestMs, oldestMs);
  }

  /** The worker has come back for more: what it had in hand is processed. */
  #settle(): void {
    const chunk = this.#inHand;
    this.#inHand = undefined;
    const watched = chunk && this.#watched.get(keyOf(chunk));
    if (chunk === undefined || watched === undefined) return;
    watched.position = chunk.nextOffset;
    if (chunk.records.length === 0) return;
    // Records of other origin say nothing; that they were processed now is what is known.
    const newestMs = newestOf(chunk.records) ?? this.#now();
    watched.newestMs = Math.max(watched.newestMs ?? newestMs, newestMs);
    if (this.#source.lag(watched) === 0) watched.emptyAtMs = this.#now();
  }

  #noteEmpty(): void {
    const now = this.#now();
    for (const watched of this.#watched.values())
      if (this.#source.lag(watched) === 0) watched.emptyAtMs = now;
  }
}

const newestOf = (records: readonly RawRecord[]): number | undefined => {
  for (let i = records.length - 1; i >= 0; i--) {
    const ms = receivedAtMs(records[i] as RawRecord);
    if (ms !== undefined) return ms;
  }
  return undefined;
};

const receivedAtMs = ({ headers }: RawRecord): number | undefined => {
  for (const [name, value] of headers) {
    if (name !== headerNames.receivedAt || value === null) continue;
    const ms = Number(textOf(value));
    return Number.isFinite(ms) ? ms : undefined;
  }
  return undefined;
};
