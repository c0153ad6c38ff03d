// The journal as the feed reads it, and how it is kept from growing.
//
//   L1. Only what was committed is read: the feed asks after a commit, and nothing writes meanwhile.
//   L2. A place that no row has was lost with a power cut: the journal of SQLite may lose its last commits then, and the
//       records, read again, get places again. So each start leaves a hole that is larger than what can be lost, and a
//       cursor that points where no row is cannot be followed.
//   L3. The oldest rows go first, a few at a time; the newest stays. It knows which event went last, so that whoever still
//       stood before it can be told.

import type { ReadModelDatabase } from "../read-model/database.ts";
import type { EventLog, FeedEvent } from "./feed-event.ts";

/** Rows that a power cut cannot take: many times what SQLite writes between two checkpoints. */
const holeRows = 1_000_000;
const markKind = "start";
/** Rows removed at once: some 20 ms. */
const removedAtOnce = 10_000;

const columns = "seq, kind, topic, partition, kafka_offset AS offset, account, rule, severity, data";

/** What bounds the journal. */
export interface JournalBounds {
  readonly eventsMax: number;
  /** Events of before are removed, event time, epoch milliseconds. */
  readonly oldestMs: () => number;
}

/** The journal of one process. */
export class Journal implements EventLog {
  readonly #database: ReadModelDatabase;
  readonly #bounds: JournalBounds;
  /** Rows before the last one seen at the start, less those removed since. */
  #rowsBefore: number;
  readonly #startedAt: number;
  /** Places of the marks of starts, this one's too: each ends a hole. */
  readonly #marks: readonly number[];
  #removedUntil = 0;

  constructor(database: ReadModelDatabase, bounds: JournalBounds) {
    this.#database = database;
    this.#bounds = bounds;
    const last = this.#newestRow();
    this.#startedAt = last === 0 ? 0 : last + holeRows;
    if (last > 0) {
      database.transaction(() =>
        database
          .statement("INSERT INTO feed_journal VALUES (?, ?, '', 0, 0, ?, NULL, NULL, NULL, '')")
          .run(this.#startedAt, markKind, bounds.oldestMs()),
      );
    }
    const { n, marks } = database.get<{ n: number; marks: string }>(
      `SELECT count(*) AS n, json_group_array(seq) FILTER (WHERE kind = '${markKind}') AS marks FROM feed_journal`,
    ) ?? { n: 0, marks: "[]" };
    this.#rowsBefore = n;
    this.#marks = JSON.parse(marks) as number[];
  }

  /** Of a start's mark only where there is no event: nobody is given it, so nobody could come to stand there. */
  last(): number {
    const sql = `SELECT seq FROM feed_journal WHERE kind <> '${markKind}' ORDER BY seq DESC LIMIT 1`;
    return this.#database.get<{ seq: number }>(sql)?.seq ?? this.#newestRow();
  }

  beforeFirst(): number {
    const sql = `SELECT seq FROM feed_journal WHERE kind <> '${markKind}' ORDER BY seq LIMIT 1`;
    const first = this.#database.get<{ seq: number }>(sql)?.seq;
    return first === undefined ? this.#newestRow() : first - 1;
  }

  removedUntil(): number {
    return this.#removedUntil;
  }

  has(seq: number): boolean {
    return this.#database.get("SELECT 1 FROM feed_journal WHERE seq = ?", seq) !== undefined;
  }

  after(seq: number, limit: number): readonly FeedEvent[] {
    const sql = `SELECT ${columns} FROM feed_journal WHERE seq > ? AND kind <> '${markKind}' ORDER BY seq LIMIT ?`;
    return this.#database.all<FeedEvent>(sql, seq, limit);
  }

  /** By the places, which rise by one but for the holes: to count the rows is to read them all. */
  countAfter(seq: number): number {
    const last = this.last();
    const from = Math.max(seq, this.beforeFirst());
    const holes = this.#marks.filter((mark) => mark > from && mark <= last).length;
    return Math.max(0, last - from - holes * holeRows);
  }

  /** Removes some of what is above the bounds (L3). Not inside of a transaction. @returns how many rows */
  trim(): number {
    const last = this.#newestRow();
    const rows = this.#rowsBefore + last - Math.max(this.#startedAt, 0);
    const surplus = Math.min(rows - this.#bounds.eventsMax, removedAtOnce);
    const until = Math.min(Math.max(this.#placeOf(surplus), this.#placeOfOld()), last - 1);
    if (until <= 0) return 0;
    const newest = `SELECT max(seq) AS seq FROM feed_journal WHERE seq <= ? AND kind <> '${markKind}'`;
    const event = this.#database.get<{ seq: number | null }>(newest, until)?.seq ?? 0;
    const removed = this.#database.transaction(() =>
      Number(this.#database.statement("DELETE FROM feed_journal WHERE seq <= ?").run(until).changes),
    );
    this.#rowsBefore -= removed;
    this.#removedUntil = Math.max(this.#removedUntil, event);
    return removed;
  }

  #newestRow(): number {
    return this.#database.get<{ seq: number | null }>("SELECT max(seq) AS seq FROM feed_journal")?.seq ?? 0;
  }

  /** Place of the n-th oldest row; 0 for none. */
  #placeOf(n: number): number {
    if (n <= 0) return 0;
    const sql = "SELECT seq FROM feed_journal ORDER BY seq LIMIT 1 OFFSET ?";
    return this.#database.get<{ seq: number }>(sql, n - 1)?.seq ?? 0;
  }

  /** Place of the newest of the oldest rows that are all too old; 0 for none. */
  #placeOfOld(): number {
    const sql = "SELECT seq, at_ms AS atMs FROM feed_journal ORDER BY seq LIMIT 1000";
    const rows = this.#database.all<{ seq: number; atMs: number }>(sql);
    const oldestMs = this.#bounds.oldestMs();
    const firstKept = rows.findIndex(({ atMs }) => atMs >= oldestMs);
    return rows[(firstKept < 0 ? rows.length : firstKept) - 1]?.seq ?? 0;
  }
}
