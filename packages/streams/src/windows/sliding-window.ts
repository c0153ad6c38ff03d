// Sliding windows: what the records of a key come to over the last `size`, told at each record.
//
//   L1. The window of a record at `t` is `(t - size, t]`, which is `[t - size + 1, t + 1)` in whole milliseconds.
//   L2. A record gets the totals of the records in its window that have come so far, itself included. A record that
//       comes later and falls into it changes later answers and never an earlier one: values are not revised.
//   L3. A record whose own window is late (`stream time >= t + 1 + grace`) gets no answer. It still counts in the
//       windows of records to come, as long as one of them can be on time: `t > stream time - grace - size`.
//   L4. What can count in no window any more is removed, whole keys too, as stream time passes.
//
// An answer costs a pass over the records of its window, one entry for all records of the same millisecond.
//
// Example, size 10, grace 2. Records at 1, 5, 11 (values 1, 2, 4) give sums 1, 3 and 6: 1 is outside of (1, 11].
// A record at 9 (value 8) then gives 1 + 2 + 8 = 11, in (-1, 9]. One at 8 is late: 11 >= 8 + 1 + 2.

import { StreamsConfigError } from "../errors.ts";
import type { KeyValueStore } from "../state/store.ts";
import { DueIndex } from "./due-index.ts";
import { type ExactAdd, mergeTotals, type Totals, totalsOf } from "./totals.ts";
import type { Observation, Window } from "./window.ts";

/** How long the windows are, and how long they wait. */
export interface SlidingOptions {
  /** Length of a window, milliseconds, at least 1. */
  readonly sizeMs: number;
  /** How far behind stream time a record may be and still be answered, milliseconds; 0 takes none out of order. */
  readonly graceMs: number;
  /** Adds values exactly or throws. */
  readonly add: ExactAdd;
}

/** The records of one millisecond. */
export interface Instant extends Totals {
  readonly atMs: number;
}

/** What is stored of a key. */
export interface SlidingState {
  /** Sum over all instants. No window's sum can be larger, so it is the one that is kept exact. */
  sum: number;
  /** By time. */
  instants: Instant[];
}

/** The answer to a record: the totals of its window, or that the window had closed. */
export type SlidingResult =
  | { readonly kind: "on-time"; readonly window: Window; readonly totals: Totals }
  | { readonly kind: "late"; readonly window: Window };

/** The sliding windows of one task. Build it from a restored store; it reads every key once. */
export class SlidingWindows {
  readonly #store: KeyValueStore<SlidingState>;
  readonly #options: SlidingOptions;
  /** Keys by the time at which their newest record, as of when they were noted, counts no more. */
  readonly #expiring = new DueIndex();

  /** @throws StreamsConfigError naming every option that is out of its range */
  constructor(store: KeyValueStore<SlidingState>, options: SlidingOptions) {
    assertOptions(options);
    this.#store = store;
    this.#options = options;
    for (const [key, state] of store.entries()) this.#expiring.add(this.#expiryMs(state), key);
  }

  /**
   * Counts the record and answers it.
   *
   * @throws what {@link SlidingOptions.add} throws; the record is then counted nowhere
   */
  observe({ key, timestampMs, value, streamTimeMs }: Observation): SlidingResult {
    const { sizeMs, graceMs } = this.#options;
    this.evictDue(streamTimeMs);
    const window = { startMs: timestampMs - sizeMs + 1, endMs: timestampMs + 1 };
    const isLate = streamTimeMs >= window.endMs + graceMs;
    if (timestampMs <= this.#forgottenMs(streamTimeMs)) return { kind: "late", window };
    const instants = this.#count({ key, timestampMs, value, streamTimeMs });
    if (isLate) return { kind: "late", window };
    return { kind: "on-time", window, totals: totalsWithin(instants, window) };
  }

  /** Removes every key none of whose records can count any more. Cheap when there is none. */
  evictDue(streamTimeMs: number): void {
    for (let due = this.#expiring.takeDue(streamTimeMs); due; due = this.#expiring.takeDue(streamTimeMs)) {
      for (const key of due.keys) {
        const state = this.#store.get(key);
        if (state === undefined) continue;
        const expiryMs = this.#expiryMs(state);
        if (expiryMs <= streamTimeMs) this.#store.delete(key);
        else this.#expiring.add(expiryMs, key);
      }
    }
  }

  /** Records at or before this time are in no window that is still on time (L3). */
  #forgottenMs(streamTimeMs: number): number {
    return streamTimeMs - this.#options.graceMs - this.#options.sizeMs;
  }

  #expiryMs(state: SlidingState): number {
    const newestMs = state.instants.at(-1)?.atMs ?? 0;
    return newestMs + this.#options.graceMs + this.#options.sizeMs;
  }

  #count({ key, timestampMs, value, streamTimeMs }: Observation): readonly Instant[] {
    const known = this.#store.get(key);
    const state = known ?? { sum: 0, instants: [] };
    dropUpTo(state, this.#forgottenMs(streamTimeMs));
    state.sum = this.#options.add(state.sum, value);
    insert(state.instants, timestampMs, value);
    if (known === undefined) this.#expiring.add(this.#expiryMs(state), key);
    this.#store.put(key, state);
    return state.instants;
  }
}

const dropUpTo = (state: SlidingState, forgottenMs: number): void => {
  let dropped = 0;
  for (const { atMs, sum } of state.instants) {
    if (atMs > forgottenMs) break;
    state.sum -= sum;
    dropped++;
  }
  if (dropped > 0) state.instants.splice(0, dropped);
};

/** From the back: records come nearly in order. */
const insert = (instants: Instant[], atMs: number, value: number): void => {
  let after = instants.length;
  while (after > 0 && (instants[after - 1]?.atMs ?? atMs) > atMs) after--;
  const instant = instants[after - 1];
  if (instant?.atMs === atMs) mergeTotals(instant, totalsOf(value));
  else instants.splice(after, 0, { atMs, ...totalsOf(value) });
};

/** The totals of the instants in the window; there is at least one, the record's own. */
const totalsWithin = (instants: readonly Instant[], window: Window): Totals => {
  const totals = { count: 0, sum: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
  for (let i = instants.length - 1; i >= 0; i--) {
    const instant = instants[i];
    if (instant === undefined || instant.atMs < window.startMs) break;
    if (instant.atMs < window.endMs) mergeTotals(totals, instant);
  }
  return totals;
};

const assertOptions = ({ sizeMs, graceMs }: SlidingOptions): void => {
  const faults: string[] = [];
  if (!Number.isSafeInteger(sizeMs) || sizeMs < 1)
    faults.push(`windows.sliding: sizeMs is ${sizeMs}; give whole milliseconds of at least 1`);
  if (!Number.isSafeInteger(graceMs) || graceMs < 0)
    faults.push(`windows.sliding: graceMs is ${graceMs}; give whole milliseconds of at least 0`);
  if (faults.length > 0) throw new StreamsConfigError(faults);
};
