// Hopping windows, by panes.
//
// The windows of a key overlap: 5 minutes long, one every minute, each record is in five of them. Instead of five
// updates, a record is counted once, in its pane (the greatest common divisor of size and advance), and a window is
// put together from its panes when it closes. So a record costs the same whatever size and advance are; a closing
// window costs as many merges as it has panes with records.
//
//   H1. A window `[s, e)` closes when stream time reaches `e + grace`, and is told as final exactly once, if it has
//       records.
//   H2. Windows are told by end, then by key. They close between records, as stream time passes, so what is told and
//       in which order does not depend on batches or restarts.
//   H3. A record late for one window still counts in those that are open.
//   H4. A pane lives until the last window over it has closed; a key without panes is deleted.
//   H5. `nextEndMs` of a key is the end of its first open window with records: never at or before a closed one. It is
//       stored with the panes, so after a restart nothing closes twice. It is also where the key stands in the index:
//       a record touches the index only when its key has no window that closes as early.

import type { KeyValueStore } from "../state/store.ts";
import { DueIndex } from "../time/due-index.ts";
import { closedEndMs } from "../time/stream-time.ts";
import { type Aggregate, type Guard, type Merge, mergeOf } from "./aggregate.ts";
import { alignDown, firstEndAfter, hoppingWindowsOf } from "./assigners.ts";
import { admit, nothingHeld, release } from "./guarded.ts";
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

/** How the windows lie, how long they wait, and what they keep. */
export interface HoppingOptions<V, A, R> {
  /** Length of a window, milliseconds, at least 1. It must not change while state lives. */
  readonly sizeMs: number;
  /** From one start to the next, milliseconds: 1 to `sizeMs` (equal: tumbling). It must not change while state lives. */
  readonly advanceMs: number;
  /** How long after its end a window waits for records out of order, milliseconds; 0 waits for none. */
  readonly graceMs: number;
  /** What is kept of the values. It must have a merge, unless the windows do not overlap. */
  readonly aggregate: Aggregate<V, A, R>;
  /**
   * When windows are told.
   * @default "on-close"
   */
  readonly emit?: EmitStrategy;
}

/**
 * What is stored of a key: its panes with records as two columns, one pane at each index. Columns, because a start in a
 * list of numbers is eight bytes and a start in an object of its own is eight times that.
 */
export interface HoppingState<A> {
  /** End of the first open window that has records (H5). */
  nextEndMs: number;
  /** What all panes hold together, one number for each guard of the aggregate. */
  held: number[];
  /** Starts of the panes, in ascending order: pane `i` is `[starts[i], starts[i] + gcd(size, advance))`. */
  starts: number[];
  /** Their accumulators. */
  accs: A[];
}

/**
 * The hopping windows of one task. Build it from a restored store; it reads every key once.
 *
 * Size 10, advance 5, grace 2, sums. Records at 3, 7, 12 (values 1, 2, 4): stream time 7 = 5 + 2 closes `[-5, 5)` with 1,
 * stream time 12 = 10 + 2 closes `[0, 10)` with 3. At 11 it was still open: a record at 9 counted in it. Now one at 9
 * (value 8) is late for `[0, 10)`, which `observe` returns, and counts in `[5, 15)`, told as 14 at stream time 17.
 */
export class HoppingWindows<V, A, R> implements WindowOperator<V, R> {
  readonly #store: KeyValueStore<HoppingState<A>>;
  readonly #options: HoppingOptions<V, A, R>;
  readonly #aggregate: Aggregate<V, A, R>;
  readonly #guards: readonly Guard<V, A>[];
  readonly #merge: Merge<A> | undefined;
  readonly #paneMs: number;
  readonly #closing = new DueIndex();
  /** Panes that changed since updates were told, by key; `undefined` when nobody wants to know (W5). */
  readonly #changed: Map<string, Set<number>> | undefined;

  /** @throws StreamsConfigError naming every option that is out of its range */
  constructor(store: KeyValueStore<HoppingState<A>>, options: HoppingOptions<V, A, R>) {
    assertOptions(options);
    this.#store = store;
    this.#options = options;
    this.#aggregate = options.aggregate;
    this.#guards = options.aggregate.guards ?? [];
    this.#paneMs = greatestCommonDivisor(options.sizeMs, options.advanceMs);
    // A tumbling window is one pane: nothing is put together.
    this.#merge = this.#paneMs === options.sizeMs ? undefined : mergeOf("windows.hopping", options.aggregate);
    this.#changed = options.emit === "on-update" ? new Map() : undefined;
    for (const [key, state] of store.entries()) this.#closing.add(state.nextEndMs, key);
  }

  observe(observation: Observation<V>, emit: Emit<R>): readonly Window[] {
    const { timestampMs, streamTimeMs } = observation;
    const options = this.#options;
    const closedMs = closedEndMs(streamTimeMs, options.graceMs);
    this.closeDue(streamTimeMs, emit);
    const firstEndMs = firstEndAfter(timestampMs, options);
    if (firstEndMs > closedMs) {
      this.#count(observation, firstEndMs);
      return noWindows;
    }
    const lastEndMs = alignDown(timestampMs, options.advanceMs) + options.sizeMs;
    const openEndMs = firstEndAfter(closedMs, options);
    if (openEndMs <= lastEndMs) this.#count(observation, openEndMs);
    return hoppingWindowsOf(timestampMs, options).filter(({ endMs }) => endMs < openEndMs);
  }

  closeDue(streamTimeMs: number, emit: Emit<R>): void {
    const closedMs = closedEndMs(streamTimeMs, this.#options.graceMs);
    for (let due = this.#closing.takeDue(closedMs); due; due = this.#closing.takeDue(closedMs)) {
      for (const key of due.keys) this.#close(key, due.dueMs, emit);
    }
  }

  tellUpdates(streamTimeMs: number, emit: Emit<R>): void {
    const changed = this.#changed;
    if (changed === undefined || changed.size === 0) return;
    const closedMs = closedEndMs(streamTimeMs, this.#options.graceMs);
    const updates: WindowResult<R>[] = [];
    for (const [key, paneStarts] of changed) this.#updatesOf(key, paneStarts, closedMs, updates);
    changed.clear();
    for (const update of updates.sort(byEndThenKey)) emit(update);
  }

  #updatesOf(key: string, paneStarts: ReadonlySet<number>, closedMs: number, into: WindowResult<R>[]): void {
    const state = this.#store.get(key);
    if (state === undefined) return;
    const ends = new Set<number>();
    for (const startMs of paneStarts) {
      for (const { endMs } of hoppingWindowsOf(startMs, this.#options)) if (endMs > closedMs) ends.add(endMs);
    }
    for (const endMs of ends) {
      const window = { startMs: endMs - this.#options.sizeMs, endMs };
      const acc = this.#within(state, window);
      if (acc !== undefined) into.push({ kind: "update", key, window, value: this.#aggregate.result(acc) });
    }
  }

  /** @param openEndMs end of the first open window the record is in */
  #count({ key, timestampMs, value }: Observation<V>, openEndMs: number): void {
    const store = this.#store;
    let state = store.get(key);
    if (state === undefined) {
      state = { nextEndMs: openEndMs, held: nothingHeld(this.#guards), starts: [], accs: [] };
      this.#take(state, timestampMs, value);
      this.#closing.add(openEndMs, key);
    } else {
      const isLast = this.#take(state, timestampMs, value);
      // What is in the last pane opens no earlier window: the panes before it, or its own records, have opened it.
      if (!isLast && openEndMs < state.nextEndMs) {
        state.nextEndMs = openEndMs;
        this.#closing.add(openEndMs, key);
      }
    }
    store.put(key, state);
    if (this.#changed !== undefined) noteChange(this.#changed, key, alignDown(timestampMs, this.#paneMs));
  }

  /** @returns whether the pane is the last of the key */
  #take(state: HoppingState<A>, timestampMs: number, value: V): boolean {
    if (this.#guards.length > 0) admit(this.#guards, state.held, value);
    const startMs = alignDown(timestampMs, this.#paneMs);
    const { starts } = state;
    // From the back: records come nearly in order, so the pane is the last one or close to it.
    let at = starts.length - 1;
    while (at >= 0 && (starts[at] as number) > startMs) at--;
    if (at < 0 || starts[at] !== startMs) this.#insertPane(state, ++at, startMs);
    const acc = state.accs[at] as A;
    const added = this.#aggregate.add(acc, value);
    if (added !== acc) state.accs[at] = added;
    return at === state.accs.length - 1;
  }

  /** Makes both columns anew, exactly as long as they are: `push` would leave room for sixteen panes more. */
  #insertPane(state: HoppingState<A>, at: number, startMs: number): void {
    const { starts, accs } = state;
    state.starts = starts.toSpliced(at, 0, startMs);
    state.accs = accs.toSpliced(at, 0, this.#aggregate.initial());
  }

  #close(key: string, endMs: number, emit: Emit<R>): void {
    const state = this.#store.get(key);
    // A key whose first window came to lie earlier is in the index twice.
    if (state?.nextEndMs !== endMs) return;
    const window = { startMs: endMs - this.#options.sizeMs, endMs };
    const acc = this.#within(state, window);
    if (acc !== undefined) emit({ kind: "final", key, window, value: this.#aggregate.result(acc) });
    this.#moveOn(key, state, window);
  }

  /** What the panes of the window come to; the pane's own when there is one. */
  #within({ starts, accs }: HoppingState<A>, { startMs, endMs }: Window): A | undefined {
    let only: A | undefined;
    let merged: A | undefined;
    for (let at = 0; at < starts.length; at++) {
      const paneMs = starts[at] as number;
      if (paneMs >= endMs) break;
      if (paneMs < startMs) continue;
      const acc = accs[at] as A;
      if (only === undefined || this.#merge === undefined) only = acc;
      else {
        merged ??= this.#merge(this.#aggregate.initial(), only);
        merged = this.#merge(merged, acc);
      }
    }
    return merged ?? only;
  }

  /** Drops the panes that no window after `closed` covers, and schedules the key's next window. */
  #moveOn(key: string, state: HoppingState<A>, closed: Window): void {
    const { starts, accs, held } = state;
    const keptFromMs = closed.startMs + this.#options.advanceMs;
    let kept = 0;
    while (kept < starts.length && (starts[kept] as number) < keptFromMs)
      release(this.#guards, held, accs[kept++] as A);
    const firstMs = starts[kept];
    if (firstMs === undefined) {
      this.#store.delete(key);
      return;
    }
    if (kept > 0) {
      state.starts = starts.slice(kept);
      state.accs = accs.slice(kept);
    }
    state.nextEndMs = Math.max(closed.endMs + this.#options.advanceMs, firstEndAfter(firstMs, this.#options));
    this.#closing.add(state.nextEndMs, key);
    this.#store.put(key, state);
  }
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);

const assertOptions = (options: {
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;
}): void => {
  const { sizeMs, advanceMs, graceMs } = options;
  const faults = durationFaults("windows.hopping", [
    { name: "sizeMs", valueMs: sizeMs, leastMs: 1 },
    { name: "advanceMs", valueMs: advanceMs, leastMs: 1 },
    { name: "graceMs", valueMs: graceMs, leastMs: 0 },
  ]);
  if (advanceMs > sizeMs)
    faults.push(
      `windows.hopping: advanceMs ${advanceMs} exceeds sizeMs ${sizeMs}; an advance above the size would skip records`,
    );
  refuseFaults(faults);
};
