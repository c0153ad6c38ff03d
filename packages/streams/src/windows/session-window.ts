// Session windows: records of a key that follow each other closely.
//
//   S1. Two neighbours belong to one session when they are at most `gap` apart, that far included. A session of records
//       from `first` to `last` is `[first, last + gap + 1)`: the next record at its end would be too far away.
//   S2. A record joins every open session it is close to; when there are two, it makes them one. Which session a record
//       is in depends on the times alone, not on the order: any order gives the same finals, as long as every record
//       comes within the grace.
//   S3. A session closes when stream time reaches `end + grace`, and is told as final once.
//   S4. Late is a record that is close to no open session and whose own session `[t, t + gap + 1)` would be closed. One
//       that an open session takes is on time however old it is: the window it is in is that session.
//   S5. A record further out of order than the grace can open a session beside one that has closed, closer than the gap:
//       what was told as final is not changed. A longer grace is the cure.
//   S6. With `emit: "on-update"` a session that was told under one start and then grew backwards or into another is
//       withdrawn under its old start, so that a reader who keeps the newest of each start is left with the truth.
//   S7. What is stored of a session is its ends and its accumulator, however many records it has; a key without an open
//       session is deleted.

import type { KeyValueStore } from "../state/store.ts";
import { DueIndex } from "../time/due-index.ts";
import { closedEndMs, isLate } from "../time/stream-time.ts";
import { type Aggregate, type Merge, mergeOf } from "./aggregate.ts";
import { sessionOf } from "./assigners.ts";
import { durationFaults, refuseFaults } from "./options.ts";
import {
  byEndThenKey,
  type Emit,
  type EmitStrategy,
  noteChange,
  noWindows,
  type Observation,
  type Window,
  type WindowOperator,
  type WindowResult,
} from "./window.ts";

/** How close neighbours are, how long sessions wait, and what they keep. */
export interface SessionOptions<V, A, R> {
  /** Longest time between neighbours, milliseconds, at least 1; exactly that far apart is one session. */
  readonly gapMs: number;
  /** How long after its end a session waits for records out of order, milliseconds; 0 waits for none. */
  readonly graceMs: number;
  /** What is kept of the values. It must have a merge. */
  readonly aggregate: Aggregate<V, A, R>;
  /**
   * When sessions are told.
   * @default "on-close"
   */
  readonly emit?: EmitStrategy;
}

/** One open session of a key. */
export interface OpenSession<A> {
  /** Event time of its first record. */
  startMs: number;
  /** Event time of its last record. */
  lastMs: number;
  acc: A;
  /** Starts under which it, or a session it took in, was told (S6). */
  told: number[];
}

/** What is stored of a key: its open sessions, by time, more than `gap` apart. Never empty. */
export interface SessionState<A> {
  sessions: OpenSession<A>[];
}

/**
 * The session windows of one task. Build it from a restored store; it reads every key once.
 *
 * Gap 5, grace 3, counts. Records at 10, 12, 20: sessions `[10, 18)` with 2 and `[20, 26)` with 1, for 20 is more than 5
 * after 12. Were it at 17, it would join the first; at 18, not. At stream time 20 a record at 16 makes both one,
 * `[10, 26)` with 4, told at stream time 29 = 26 + 3. At stream time 21 = 18 + 3 `[10, 18)` has closed with 2, and a
 * record at 16, close to `[20, 26)`, makes that `[16, 26)`. One at 9 is late then for its own `[9, 15)`.
 */
export class SessionWindows<V, A, R> implements WindowOperator<V, R> {
  readonly #store: KeyValueStore<SessionState<A>>;
  readonly #gapMs: number;
  readonly #graceMs: number;
  readonly #aggregate: Aggregate<V, A, R>;
  readonly #merge: Merge<A>;
  /**
   * Each key at the end of its first session or before: a session that grows is not moved. When its time comes and it
   * has grown, it is put where it belongs by then.
   */
  readonly #closing = new DueIndex();
  /** Event times counted since updates were told, by key; `undefined` when nobody wants to know (W5). */
  readonly #changed: Map<string, Set<number>> | undefined;

  /** @throws StreamsConfigError naming every option that is out of its range */
  constructor(store: KeyValueStore<SessionState<A>>, options: SessionOptions<V, A, R>) {
    const { gapMs, graceMs } = options;
    refuseFaults(
      durationFaults("windows.session", [
        { name: "gapMs", valueMs: gapMs, leastMs: 1 },
        { name: "graceMs", valueMs: graceMs, leastMs: 0 },
      ]),
    );
    this.#store = store;
    this.#gapMs = gapMs;
    this.#graceMs = graceMs;
    this.#aggregate = options.aggregate;
    this.#merge = mergeOf("windows.session", options.aggregate);
    this.#changed = options.emit === "on-update" ? new Map() : undefined;
    for (const [key, { sessions }] of store.entries()) this.#schedule(key, sessions);
  }

  observe(observation: Observation<V>, emit: Emit<R>): readonly Window[] {
    const { key, timestampMs, value, streamTimeMs } = observation;
    this.closeDue(streamTimeMs, emit);
    const state = this.#store.get(key) ?? { sessions: [] };
    const at = firstCloseTo(state.sessions, timestampMs, this.#gapMs);
    const close = state.sessions[at];
    if (close === undefined || close.startMs > timestampMs + this.#gapMs) {
      const own = sessionOf(timestampMs, timestampMs, this.#gapMs);
      if (isLate(own.endMs, this.#graceMs, streamTimeMs)) return [own];
      const acc = this.#aggregate.add(this.#aggregate.initial(), value);
      const begun = { startMs: timestampMs, lastMs: timestampMs, acc, told: [] };
      // A new list, exactly as long as it is: one that grows in place leaves room for sixteen sessions more.
      state.sessions = state.sessions.toSpliced(at, 0, begun);
      if (at === 0) this.#schedule(key, state.sessions);
    } else {
      this.#extend(close, timestampMs, value);
      this.#joinNext(state.sessions, at);
    }
    this.#store.put(key, state);
    if (this.#changed !== undefined) noteChange(this.#changed, key, timestampMs);
    return noWindows;
  }

  closeDue(streamTimeMs: number, emit: Emit<R>): void {
    const closedMs = closedEndMs(streamTimeMs, this.#graceMs);
    for (let due = this.#closing.takeDue(closedMs); due; due = this.#closing.takeDue(closedMs)) {
      for (const key of due.keys) this.#closeFirst(key, due.dueMs, emit);
    }
  }

  tellUpdates(streamTimeMs: number, emit: Emit<R>): void {
    const changed = this.#changed;
    if (changed === undefined || changed.size === 0) return;
    const results: WindowResult<R>[] = [];
    const closedMs = closedEndMs(streamTimeMs, this.#graceMs);
    for (const [key, times] of changed) this.#updatesOf(key, times, closedMs, results);
    changed.clear();
    for (const result of results.sort(byEndThenKey)) emit(result);
  }

  #updatesOf(key: string, times: ReadonlySet<number>, closedMs: number, into: WindowResult<R>[]): void {
    const state = this.#store.get(key);
    if (state === undefined) return;
    const counted = [...times];
    for (const session of state.sessions) {
      const { startMs, lastMs } = session;
      if (sessionOf(startMs, lastMs, this.#gapMs).endMs <= closedMs) continue;
      if (counted.some((atMs) => atMs >= startMs && atMs <= lastMs))
        this.#tell("update", key, session, (result) => into.push(result));
    }
    this.#store.put(key, state);
  }

  /** Tells a session, and withdraws what was told under starts that it does not have any more (S6). */
  #tell(kind: "final" | "update", key: string, session: OpenSession<A>, emit: Emit<R>): void {
    const { startMs, lastMs, acc, told } = session;
    const window = sessionOf(startMs, lastMs, this.#gapMs);
    for (const toldMs of told) {
      if (toldMs !== startMs)
        emit({ kind: "withdrawn", key, window: { startMs: toldMs, endMs: window.endMs } });
    }
    emit({ kind, key, window, value: this.#aggregate.result(acc) });
    session.told = [startMs];
  }

  #extend(session: OpenSession<A>, timestampMs: number, value: V): void {
    session.acc = this.#aggregate.add(session.acc, value);
    if (timestampMs < session.startMs) session.startMs = timestampMs;
    if (timestampMs > session.lastMs) session.lastMs = timestampMs;
  }

  /** Makes the session and the one after it one, when a record has brought them together. There is never a third. */
  #joinNext(sessions: OpenSession<A>[], at: number): void {
    const session = sessions[at] as OpenSession<A>;
    const next = sessions[at + 1];
    if (next === undefined || next.startMs > session.lastMs + this.#gapMs) return;
    session.acc = this.#merge(session.acc, next.acc);
    session.lastMs = next.lastMs;
    session.told.push(...next.told);
    sessions.splice(at + 1, 1);
  }

  #closeFirst(key: string, dueMs: number, emit: Emit<R>): void {
    const state = this.#store.get(key);
    const first = state?.sessions[0];
    if (state === undefined || first === undefined) return;
    if (sessionOf(first.startMs, first.lastMs, this.#gapMs).endMs === dueMs) {
      this.#tell("final", key, first, emit);
      state.sessions.shift();
      if (state.sessions.length === 0) {
        this.#store.delete(key);
        return;
      }
      this.#store.put(key, state);
    }
    this.#schedule(key, state.sessions);
  }

  #schedule(key: string, sessions: readonly OpenSession<A>[]): void {
    const first = sessions[0];
    if (first !== undefined)
      this.#closing.add(sessionOf(first.startMs, first.lastMs, this.#gapMs).endMs, key);
  }
}

/** Where the first session lies that ends within the gap before the time, or later. From the back. */
const firstCloseTo = <A>(sessions: readonly OpenSession<A>[], timestampMs: number, gapMs: number): number => {
  let at = sessions.length;
  while (at > 0 && (sessions[at - 1] as OpenSession<A>).lastMs >= timestampMs - gapMs) at--;
  return at;
};
