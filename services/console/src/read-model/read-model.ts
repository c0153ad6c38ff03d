// The read model: applies chunks of the topics to all projections, and says how far it is.
//
//   M1. One call of `apply` is one transaction: the rows of every projection and the next offset of every partition in it.
//       So each record counts exactly once, whatever kills the process in between.
//   M2. A chunk that does not begin where its partition stands is refused: applying it would skip or repeat.
//   M3. "live" begins when everything has been applied that the topics held at the start, and never ends.
//   M4. Listeners are told after the commit. What one of them throws does not undo it: those behind it are not told of these
//       records, and following begins again after them (F1 of following.ts).
//   M5. Until it is live it makes no rows that retention would remove at once: they would need as much room again as those
//       that are kept. The time is fixed at the start. Once retention has passed it, the rows are the same with and without.

import type { FetchedChunk, LogRange } from "@riffle/streams/kafka";
import type { ModelProgress } from "../answers.ts";
import type { ReadModelDatabase } from "./database.ts";
import type { ReadModelErrorCode } from "./errors.ts";
import { modelRecords } from "./model-record.ts";
import type { ModelRecord, Projection } from "./projection.ts";

/** Told of what was applied, in order, after it became durable. */
export type AppliedListener = (records: readonly ModelRecord[]) => void;

/** What the read model is made of. */
export interface ReadModelOptions {
  readonly database: ReadModelDatabase;
  readonly projections: readonly Projection[];
  /** What was before may be left out until it is live (M5), epoch milliseconds. Default: nothing. */
  readonly keptSinceMs?: number;
  /** Milliseconds that only rise. Default performance.now. */
  readonly monotonicMs?: () => number;
}

/** A log has lost its end: rows were made of records that are not in the topic any more. */
export class LogTruncatedError extends Error {
  override readonly name = "LogTruncatedError";

  constructor({ topic, partition, end }: LogRange, applied: number) {
    super(
      `Following ${topic}/${partition}: the log ends at ${end}, and everything below ${applied} was applied. The broker has lost its end, so the read model is built anew.`,
    );
  }
}

const rateWindowMs = 5_000;

/** The rows and their progress. */
export class ReadModel {
  readonly database: ReadModelDatabase;
  readonly #byTopic: ReadonlyMap<string, readonly Projection[]>;
  readonly #projections: readonly Projection[];
  readonly #keptSinceMs: number;
  readonly #monotonicMs: () => number;
  readonly #positions = new Map<string, number>();
  readonly #targets = new Map<string, number>();
  readonly #listeners = new Set<AppliedListener>();
  readonly #recent: { readonly atMs: number; readonly records: number }[] = [];
  #phase: ModelProgress["phase"] = "rebuilding";
  #applied = 0;
  #passed = 0;
  #total = 0;
  #lagRecords = 0;
  #failure: ReadModelErrorCode | null = null;

  constructor(options: ReadModelOptions) {
    const { database, projections } = options;
    this.database = database;
    this.#projections = projections;
    this.#keptSinceMs = options.keptSinceMs ?? Number.NEGATIVE_INFINITY;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    const topics = new Set(projections.flatMap((projection) => projection.topics));
    this.#byTopic = new Map(
      [...topics].map((topic) => [
        topic,
        projections.filter((projection) => projection.topics.includes(topic)),
      ]),
    );
    for (const position of database.positions()) this.#positions.set(nameOf(position), position.offset);
  }

  /** The topics that the projections read, each once. */
  get topics(): string[] {
    return [...this.#byTopic.keys()];
  }

  /** The database's epoch. */
  get epoch(): string {
    return this.database.epoch;
  }

  /**
   * Takes note of what the topics hold, and says where to read each partition on. A partition whose log begins later than
   * what was applied is read from its beginning: what the broker has dropped is past its retention.
   *
   * @throws LogTruncatedError when a log ends before what was applied of it
   */
  begin(ranges: readonly LogRange[]): LogRange[] {
    const lost = ranges.find((range) => (this.#positions.get(nameOf(range)) ?? 0) > range.end);
    if (lost !== undefined) throw new LogTruncatedError(lost, this.#positions.get(nameOf(lost)) ?? 0);
    const starts = ranges.map((range) => {
      const stored = this.#positions.get(nameOf(range)) ?? range.start;
      return { ...range, start: Math.max(stored, range.start) };
    });
    if (this.#phase === "rebuilding") {
      this.#targets.clear();
      this.#total = this.#passed;
      for (const { topic, partition, start, end } of starts) {
        this.#total += Math.max(0, end - start);
        if (end > start) this.#targets.set(nameOf({ topic, partition }), end);
      }
    }
    for (const start of starts) this.#positions.set(nameOf(start), start.start);
    this.#lagRecords = starts.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0);
    if (this.#targets.size === 0) this.#phase = "live";
    return starts;
  }

  /** Applies the chunks in this order, as one transaction (M1). @returns how many records there were */
  apply(chunks: readonly FetchedChunk[], lagRecords?: number): number {
    const records = chunks.flatMap(modelRecords);
    const before = new Map(this.#positions);
    try {
      this.database.transaction(() => {
        for (const projection of this.#projections) this.#project(projection, records);
        for (const chunk of chunks) this.#move(chunk);
      });
    } catch (error) {
      for (const [name, offset] of before) this.#positions.set(name, offset);
      throw error;
    }
    this.#count(chunks, before, records.length);
    if (lagRecords !== undefined) this.#lagRecords = lagRecords;
    if (records.length > 0) for (const listener of this.#listeners) listener(records);
    return records.length;
  }

  /** Says how far behind the ends of the topics it is, when there is nothing to apply. */
  observeLag(lagRecords: number): void {
    this.#lagRecords = lagRecords;
  }

  /** Says why the topics are not followed now; null once they are again. */
  observeFailure(failure: ReadModelErrorCode | null): void {
    this.#failure = failure;
  }

  /** Has `listener` told from now on. @returns how to end that */
  onApplied(listener: AppliedListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  progress(): ModelProgress {
    const isLive = this.#phase === "live";
    const share = this.#total === 0 ? 1 : Math.min(1, this.#passed / this.#total);
    return {
      phase: this.#phase,
      applied: this.#applied,
      total: this.#total,
      percent: isLive ? 100 : Math.floor(share * 1000) / 10,
      recordsPerSecond: this.#rate(),
      lagRecords: this.#lagRecords,
      failure: this.#failure,
    };
  }

  /** Removes some rows of events before `beforeMs`, each projection up to `limit`. @returns how many went */
  expire(beforeMs: number, limit: number): number {
    return this.database.transaction(() =>
      this.#projections.reduce(
        (sum, projection) => sum + (projection.expire?.(this.database, beforeMs, limit) ?? 0),
        0,
      ),
    );
  }

  #project(projection: Projection, records: readonly ModelRecord[]): void {
    const { topics, timeOf } = projection;
    const isAllKept = this.#phase === "live" || timeOf === undefined;
    const own = records.filter(
      (record) => topics.includes(record.topic) && (isAllKept || timeOf(record) >= this.#keptSinceMs),
    );
    if (own.length > 0) projection.apply(this.database, own);
  }

  #move(chunk: FetchedChunk): void {
    const name = nameOf(chunk);
    const stands = this.#positions.get(name) ?? 0;
    const first = chunk.records[0]?.offset ?? stands;
    if (first < stands || chunk.nextOffset < stands) {
      throw new Error(
        `Applying ${name}: a chunk begins at offset ${first}, and ${stands} is next; follow the partition from there.`,
      );
    }
    this.#positions.set(name, chunk.nextOffset);
    this.database.setPosition({ topic: chunk.topic, partition: chunk.partition, offset: chunk.nextOffset });
  }

  #count(chunks: readonly FetchedChunk[], before: ReadonlyMap<string, number>, records: number): void {
    this.#applied += records;
    this.#recent.push({ atMs: this.#monotonicMs(), records });
    for (const name of new Set(chunks.map(nameOf))) {
      const position = this.#positions.get(name) ?? 0;
      const target = this.#targets.get(name);
      if (target === undefined) continue;
      this.#passed += Math.min(position, target) - Math.min(before.get(name) ?? 0, target);
      if (position >= target) this.#targets.delete(name);
    }
    if (this.#targets.size === 0) this.#phase = "live";
  }

  #rate(): number {
    const since = this.#monotonicMs() - rateWindowMs;
    while ((this.#recent[0]?.atMs ?? Number.POSITIVE_INFINITY) < since) this.#recent.shift();
    const records = this.#recent.reduce((sum, batch) => sum + batch.records, 0);
    return Math.round((records * 1000) / rateWindowMs);
  }
}

const nameOf = ({ topic, partition }: { readonly topic: string; readonly partition: number }): string =>
  `${topic}/${partition}`;
