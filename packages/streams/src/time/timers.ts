// Timers: something to do for a key at a time that is still to come.
//
// Timers are state. They live in a key-value store, so they are committed with everything else of the record that set
// them, and a task that is restored has exactly those that were neither fired nor cancelled. The heap beside them
// (due-index.ts) is rebuilt from the store.
//
//   T1. Timers fire by time, then by key in code unit order, then in the order in which they were set.
//   T2. A timer is due when `now >= dueMs`: at its own millisecond, not one before.
//   T3. A timer is removed before its function is called; it fires once per commit that stands.
//   T4. Call `fireDue` after every record, and once when the batch ends: a record out of order can set a timer whose time
//       has passed, and firing it only at the end of a batch would let batches decide what comes first.
//   T5. What "now" is, the caller says: `task.streamTimeMs` makes event-time timers, the wall clock makes wall-clock
//       timers. One store holds timers of one kind. Only event-time timers give the same results when the input is
//       read again; a result that wall-clock timers touch is as repeatable as the clock.

import type { KeyValueStore } from "../state/store.ts";
import { DueIndex } from "./due-index.ts";

/** One timer of a key. */
export interface Timer {
  /** Says which timer of the key it is; setting the same name again moves it. */
  readonly name: string;
  /** When it fires, epoch milliseconds. */
  readonly dueMs: number;
}

/** What is stored of a key: its timers in the order in which they were set. Never empty. */
export type TimerState = readonly Timer[];

/** A timer that fires, with its key. */
export interface FiredTimer extends Timer {
  readonly key: string;
}

/**
 * The timers of one task. Build it from a restored store; it reads every key once.
 *
 * Set `b x 20`, `a y 20`, `a x 20`, `c x 10`: `fireDue(9)` fires nothing; `fireDue(20)` fires `c x` (10), then `a y`,
 * `a x`, `b x` (20).
 */
export class Timers {
  readonly #store: KeyValueStore<TimerState>;
  readonly #due = new DueIndex();

  constructor(store: KeyValueStore<TimerState>) {
    this.#store = store;
    for (const [key, timers] of store.entries()) {
      for (const { dueMs } of timers) this.#due.add(dueMs, key);
    }
  }

  /** Sets a timer. One of this key and name is moved, and counts as set last; a time that has passed fires next. */
  set(key: string, name: string, dueMs: number): void {
    const others = (this.#store.get(key) ?? []).filter((timer) => timer.name !== name);
    this.#store.put(key, [...others, { name, dueMs }]);
    // Where it was before stays in the index: finding nothing there costs less than looking for it now.
    this.#due.add(dueMs, key);
  }

  /** When the timer fires, or `undefined` when it is not set. */
  dueMs(key: string, name: string): number | undefined {
    return this.#store.get(key)?.find((timer) => timer.name === name)?.dueMs;
  }

  /** Forgets a timer; nothing happens when it is not set. */
  cancel(key: string, name: string): void {
    const timers = this.#store.get(key);
    if (timers?.some((timer) => timer.name === name))
      this.#keep(
        key,
        timers.filter((timer) => timer.name !== name),
      );
  }

  /**
   * Fires what is due. The function may set and cancel timers; one that it sets at or before `nowMs` fires in the same
   * call, so a timer that always sets itself at `nowMs` never ends.
   */
  fireDue(nowMs: number, fire: (timer: FiredTimer) => void): void {
    for (let due = this.#due.takeDue(nowMs); due; due = this.#due.takeDue(nowMs)) {
      for (const key of due.keys) this.#fireKey(key, due.dueMs, fire);
    }
  }

  #fireKey(key: string, dueMs: number, fire: (timer: FiredTimer) => void): void {
    for (;;) {
      const timers = this.#store.get(key) ?? [];
      const timer = timers.find((candidate) => candidate.dueMs === dueMs);
      if (timer === undefined) return;
      this.#keep(
        key,
        timers.filter((candidate) => candidate !== timer),
      );
      fire({ key, ...timer });
    }
  }

  #keep(key: string, timers: TimerState): void {
    if (timers.length === 0) this.#store.delete(key);
    else this.#store.put(key, timers);
  }
}
