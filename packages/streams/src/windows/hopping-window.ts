// Hopping windows, by panes.
//
// The windows of a key overlap: 5 minutes long, one every minute, each record is in five of them. Instead of five
// updates, a record is counted once, in its pane (the greatest common divisor of size and advance), and a window is
// put together from its panes when it closes. So a record costs the same whatever size and advance are; a closing
// window costs as many merges as it has panes with records.
//
//   H1. A window `[s, e)` closes when stream time reaches `e + grace`, and is emitted exactly once, if it has records.
//   H2. Windows are emitted by end, then by key. They close between records, as stream time passes, so what is emitted
//       and in which order does not depend on batches or restarts.
//   H3. A record late for one window still counts in those that are open.
//   H4. A pane lives until the last window over it has closed; a key without panes is deleted.
//   H5. `nextEndMs` of a key is the end of its first open window with records: never at or before a closed one. It is
//       stored with the panes, so after a restart nothing closes twice.
//
// Example, size 10, advance 5, grace 2. Records at 3, 7, 12 (values 1, 2, 4) close nothing but [-5, 5) → 1, at 7 =
// 5 + 2, and [0, 10) → 3, at 12 = 10 + 2. A record at 9 after that is late for [0, 10) and counts in [5, 15).

import { StreamsConfigError } from "../errors.ts";
import type { KeyValueStore } from "../state/store.ts";
import { DueIndex } from "./due-index.ts";
import { type ExactAdd, mergeTotals, type Totals, totalsOf } from "./totals.ts";
import { alignDown, type Observation, type Window } from "./window.ts";

/** How the windows lie, and how long they wait. */
export interface HoppingOptions {
  /** Length of a window, milliseconds, at least 1. It must not change while state lives. */
  readonly sizeMs: number;
  /** From one start to the next, milliseconds: 1 to `sizeMs` (equal: tumbling). It must not change while state lives. */
  readonly advanceMs: number;
  /** How long after its end a window waits for records out of order, milliseconds; 0 waits for none. */
  readonly graceMs: number;
  /** Adds values exactly or throws. */
  readonly add: ExactAdd;
}

/** The totals of one pane, `[startMs, startMs + gcd(size, advance))`. */
export interface Pane extends Totals {
  readonly startMs: number;
}

/** What is stored of a key. */
export interface HoppingState {
  /** End of the first open window that has records (H5). */
  nextEndMs: number;
  /** Sum over all panes. No window's sum can be larger, so it is the one that is kept exact. */
  sum: number;
  /** Panes with records, by start. */
  panes: Pane[];
}

/** A closed window of one key, with its final totals. */
export interface ClosedWindow {
  readonly key: string;
  readonly window: Window;
  readonly totals: Totals;
}

/** The hopping windows of one task. Build it from a restored store; it reads every key once. */
export class HoppingWindows {
  readonly #store: KeyValueStore<HoppingState>;
  readonly #options: HoppingOptions;
  readonly #paneMs: number;
  readonly #closing = new DueIndex();

  /** @throws StreamsConfigError naming every option that is out of its range */
  constructor(store: KeyValueStore<HoppingState>, options: HoppingOptions) {
    assertOptions(options);
    this.#store = store;
    this.#options = options;
    this.#paneMs = greatestCommonDivisor(options.sizeMs, options.advanceMs);
    for (const [key, state] of store.entries()) this.#closing.add(state.nextEndMs, key);
  }

  /**
   * Closes what is due, then counts the record in every window it is on time for.
   *
   * @param emit takes the windows that close because stream time reached this record
   * @returns the windows the record is late for, by end; none when it is on time for all
   * @throws what {@link HoppingOptions.add} throws; the record is then counted nowhere
   */
  observe(observation: Observation, emit: (closed: ClosedWindow) => void): readonly Window[] {
    const { key, timestampMs, value, streamTimeMs } = observation;
    const { sizeMs, advanceMs, graceMs } = this.#options;
    this.closeDue(streamTimeMs, emit);
    const firstEndMs = this.#endAfter(timestampMs);
    const lastEndMs = alignDown(timestampMs, advanceMs) + sizeMs;
    const openEndMs = Math.max(firstEndMs, this.#endAfter(streamTimeMs - graceMs));
    if (openEndMs <= lastEndMs) this.#count(key, { timestampMs, value, openEndMs });
    return this.#windowsEnding(firstEndMs, Math.min(openEndMs - advanceMs, lastEndMs));
  }

  /** Emits and closes every window whose end and grace stream time has reached. Cheap when there is none. */
  closeDue(streamTimeMs: number, emit: (closed: ClosedWindow) => void): void {
    const nowMs = streamTimeMs - this.#options.graceMs;
    for (let due = this.#closing.takeDue(nowMs); due; due = this.#closing.takeDue(nowMs)) {
      for (const key of due.keys) this.#close(key, due.dueMs, emit);
    }
  }

  #count(key: string, at: { timestampMs: number; value: number; openEndMs: number }): void {
    const state = this.#store.get(key) ?? { nextEndMs: at.openEndMs, sum: 0, panes: [] };
    state.sum = this.#options.add(state.sum, at.value);
    countInPane(state.panes, alignDown(at.timestampMs, this.#paneMs), at.value);
    if (at.openEndMs < state.nextEndMs) {
      this.#closing.remove(state.nextEndMs, key);
      state.nextEndMs = at.openEndMs;
    }
    this.#closing.add(state.nextEndMs, key);
    this.#store.put(key, state);
  }

  #close(key: string, endMs: number, emit: (closed: ClosedWindow) => void): void {
    const state = this.#store.get(key);
    if (state === undefined) return;
    const window = { startMs: endMs - this.#options.sizeMs, endMs };
    const totals = totalsWithin(state.panes, window);
    if (totals !== undefined) emit({ key, window, totals });
    this.#moveOn(key, state, window);
  }

  /** Drops the panes that no window after `closed` covers, and schedules the key's next window. */
  #moveOn(key: string, state: HoppingState, closed: Window): void {
    const keptFromMs = closed.startMs + this.#options.advanceMs;
    const firstKept = state.panes.findIndex((pane) => pane.startMs >= keptFromMs);
    const dropped = state.panes.splice(0, firstKept === -1 ? state.panes.length : firstKept);
    for (const pane of dropped) state.sum -= pane.sum;
    const first = state.panes[0];
    if (first === undefined) {
      this.#store.delete(key);
      return;
    }
    state.nextEndMs = Math.max(closed.endMs + this.#options.advanceMs, this.#endAfter(first.startMs));
    this.#closing.add(state.nextEndMs, key);
    this.#store.put(key, state);
  }

  /** The smallest end of a window that lies after `timestampMs`. */
  #endAfter(timestampMs: number): number {
    const { sizeMs, advanceMs } = this.#options;
    return alignDown(timestampMs - sizeMs, advanceMs) + advanceMs + sizeMs;
  }

  #windowsEnding(firstEndMs: number, lastEndMs: number): Window[] {
    const { sizeMs, advanceMs } = this.#options;
    const windows: Window[] = [];
    for (let endMs = firstEndMs; endMs <= lastEndMs; endMs += advanceMs) {
      windows.push({ startMs: endMs - sizeMs, endMs });
    }
    return windows;
  }
}

/** From the back: records come nearly in order, so the pane is the last one or close to it. */
const countInPane = (panes: Pane[], startMs: number, value: number): void => {
  let after = panes.length;
  while (after > 0 && (panes[after - 1]?.startMs ?? startMs) > startMs) after--;
  const pane = panes[after - 1];
  if (pane?.startMs === startMs) mergeTotals(pane, totalsOf(value));
  else panes.splice(after, 0, { startMs, ...totalsOf(value) });
};

const totalsWithin = (panes: readonly Pane[], window: Window): Totals | undefined => {
  let totals: Totals | undefined;
  for (const { startMs, count, sum, min, max } of panes) {
    if (startMs >= window.endMs) break;
    if (startMs < window.startMs) continue;
    if (totals === undefined) totals = { count, sum, min, max };
    else mergeTotals(totals, { count, sum, min, max });
  }
  return totals;
};

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);

const assertOptions = ({ sizeMs, advanceMs, graceMs }: HoppingOptions): void => {
  const faults: string[] = [];
  if (!Number.isSafeInteger(sizeMs) || sizeMs < 1)
    faults.push(`windows.hopping: sizeMs is ${sizeMs}; give whole milliseconds of at least 1`);
  if (!Number.isSafeInteger(advanceMs) || advanceMs < 1)
    faults.push(`windows.hopping: advanceMs is ${advanceMs}; give whole milliseconds of at least 1`);
  if (advanceMs > sizeMs)
    faults.push(
      `windows.hopping: advanceMs ${advanceMs} exceeds sizeMs ${sizeMs}; an advance above the size would skip records`,
    );
  if (!Number.isSafeInteger(graceMs) || graceMs < 0)
    faults.push(`windows.hopping: graceMs is ${graceMs}; give whole milliseconds of at least 0`);
  if (faults.length > 0) throw new StreamsConfigError(faults);
};
