// Sliding windows: what the records of a key come to over the last `size`, told for each record.
//
//   L1. The window of a record at `t` is `(t - size, t]`, which is `[t - size + 1, t + 1)` in whole milliseconds.
//   L2. `on-update`, the default: told at each record, at once, with the records in its window that have come so far,
//       itself included. A record that comes later and falls into it changes later answers and never an earlier one.
//       These updates are told record by record, so they do not depend on batches.
//   L3. A record whose own window is late (`stream time >= t + 1 + grace`) is told nothing. It still counts in the
//       windows of records to come, as long as one of them can be on time: `t > stream time - grace - size`.
//   L4. What can count in no window any more is removed, whole keys too, as stream time passes.
//   L5. `on-close`: told once, final, when stream time reaches `t + 1 + grace`, with every record that has come by then;
//       records of one millisecond share a window. Told by end, then by key, between records.
//   L6. With a resolution above 1, times are rounded down to it before anything else: the window of a record in the slot
//       `[s, s + resolution)` is `[s + resolution - size, s + resolution)`, and is late from its end + grace on. A key
//       then holds at most (size + grace) / resolution + 2 slots, however many records it has.
//
// What an answer costs: instants.ts. What a key keeps: every millisecond with records of the last size + grace. A key
// with many is one large record of the changelog; see docs/semantics/windows.md, "What a key may hold".

import type { KeyValueStore } from "../state/store.ts";
import { DueIndex } from "../time/due-index.ts";
import { closedEndMs, isLate } from "../time/stream-time.ts";
import { type Aggregate, type Guard, mergeOf } from "./aggregate.ts";
import { alignDown } from "./assigners.ts";
import { admit, nothingHeld } from "./guarded.ts";
import { type InstantNode, Instants, lastOf, nextAfter } from "./instants.ts";
import { durationFaults, refuseFaults } from "./options.ts";
import {
  type Emit,
  type EmitStrategy,
  noWindows,
  type Observation,
  type Window,
  type WindowOperator,
} from "./window.ts";

/** How long the windows are, how long they wait, and what they keep. */
export interface SlidingOptions<V, A, R> {
  /** Length of a window, milliseconds, at least 1. */
  readonly sizeMs: number;
  /** How far behind stream time a record may be and still be told, milliseconds; 0 takes none out of order. */
  readonly graceMs: number;
  /**
   * To what event times are rounded down, milliseconds, a divisor of `sizeMs` (L6). Higher: bounded state and time for
   * accounts with many records in a window, and windows that begin and end at its multiples. It must not change while
   * state lives.
   * @default 1: exact
   */
  readonly resolutionMs?: number;
  /** What is kept of the values. It must have a merge. */
  readonly aggregate: Aggregate<V, A, R>;
  /**
   * Told at each record (L2), or once and final (L5). Unlike with other windows, `on-update` tells no finals.
   * @default "on-update"
   */
  readonly emit?: EmitStrategy;
}

/** What is stored of a key. */
export interface SlidingState<A> {
  /** End of the first window that is still to be told as final; `null` when there is none. Only with `on-close`. */
  nextEndMs: number | null;
  /** What all instants hold together, one number for each guard of the aggregate. */
  held: number[];
  /** By time; `null` only while its first record is counted. */
  instants: InstantNode<A> | null;
}

/**
 * The sliding windows of one task. Build it from a restored store; it reads every key once.
 *
 * Size 10, grace 2, sums. Records at 1, 5, 11 (values 1, 2, 4) are told 1, 3 and 6: 1 is outside of `(1, 11]`, 2 would be
 * inside. A record at 9 (value 8), exactly `grace` behind, is told 1 + 2 + 8 = 11, for `(-1, 9]`. One at 8 is late for
 * `[-1, 9)`, which `observe` returns: stream time 11 >= 9 + 2. With `on-close` the window of 11, `[2, 12)`, is told at
 * stream time 14 = 12 + 2: the 8 at 9 is in it, and so is the late one.
 */
export class SlidingWindows<V, A, R> implements WindowOperator<V, R> {
  readonly #store: KeyValueStore<SlidingState<A>>;
  readonly #options: SlidingOptions<V, A, R>;
  readonly #resolutionMs: number;
  readonly #guards: readonly Guard<V, A>[];
  readonly #instants: Instants<V, A, R>;
  readonly #tellsFinals: boolean;
  /** Keys by the end of the next window to tell. */
  readonly #closing = new DueIndex();
  /** Keys by the time at which their newest record, as of when they were noted, counts no more. */
  readonly #expiring = new DueIndex();

  /** @throws StreamsConfigError naming every option that is out of its range */
  constructor(store: KeyValueStore<SlidingState<A>>, options: SlidingOptions<V, A, R>) {
    const { resolutionMs = 1 } = options;
    assertOptions(options, resolutionMs);
    this.#store = store;
    this.#options = options;
    this.#resolutionMs = resolutionMs;
    this.#guards = options.aggregate.guards ?? [];
    this.#instants = new Instants(options.aggregate, mergeOf("windows.sliding", options.aggregate));
    this.#tellsFinals = options.emit === "on-close";
    for (const [key, state] of store.entries()) {
      this.#expiring.add(this.#expiryMs(state), key);
      if (state.nextEndMs !== null) this.#closing.add(state.nextEndMs, key);
    }
  }

  observe(observation: Observation<V>, emit: Emit<R>): readonly Window[] {
    const { key, timestampMs, streamTimeMs } = observation;
    this.closeDue(streamTimeMs, emit);
    const endMs = alignDown(timestampMs, this.#resolutionMs) + this.#resolutionMs;
    const late = isLate(endMs, this.#options.graceMs, streamTimeMs);
    if (late && endMs <= this.#forgottenMs(streamTimeMs)) return [this.#windowTo(endMs)];
    const state = this.#count(observation, endMs, late);
    if (late) return [this.#windowTo(endMs)];
    if (!this.#tellsFinals) this.#tell("update", key, state, endMs, emit);
    return noWindows;
  }

  closeDue(streamTimeMs: number, emit: Emit<R>): void {
    const closedMs = closedEndMs(streamTimeMs, this.#options.graceMs);
    for (let due = this.#closing.takeDue(closedMs); due; due = this.#closing.takeDue(closedMs)) {
      for (const key of due.keys) this.#close(key, due.dueMs, emit);
    }
    this.#evictDue(streamTimeMs);
  }

  /** Nothing: updates are told at each record (L2). */
  tellUpdates(): void {}

  /** Removes every key none of whose records can count any more. */
  #evictDue(streamTimeMs: number): void {
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

  /** Slots that end there or before are in no window that is still on time (L3). */
  #forgottenMs(streamTimeMs: number): number {
    const { graceMs, sizeMs } = this.#options;
    return closedEndMs(streamTimeMs, graceMs) - sizeMs + this.#resolutionMs;
  }

  /** When the newest slot of the key is forgotten. */
  #expiryMs(state: SlidingState<A>): number {
    const { graceMs, sizeMs } = this.#options;
    return (state.instants === null ? 0 : lastOf(state.instants)) + graceMs + sizeMs;
  }

  #windowTo(endMs: number): Window {
    return { startMs: endMs - this.#options.sizeMs, endMs };
  }

  #count({ key, value, streamTimeMs }: Observation<V>, endMs: number, late: boolean): SlidingState<A> {
    const known = this.#store.get(key);
    const state = known ?? { nextEndMs: null, held: nothingHeld(this.#guards), instants: null };
    const { held } = state;
    const forgottenMs = this.#forgottenMs(streamTimeMs) - this.#resolutionMs;
    state.instants = this.#instants.dropUpTo(state.instants, forgottenMs, held);
    if (this.#guards.length > 0) admit(this.#guards, held, value);
    state.instants = this.#instants.add(state.instants, endMs - this.#resolutionMs, value);
    if (this.#tellsFinals && !late) this.#await(key, state, endMs);
    if (known === undefined) this.#expiring.add(this.#expiryMs(state), key);
    this.#store.put(key, state);
    return state;
  }

  /** Sees to it that the window ending there is told. */
  #await(key: string, state: SlidingState<A>, endMs: number): void {
    if (state.nextEndMs !== null && state.nextEndMs <= endMs) return;
    state.nextEndMs = endMs;
    this.#closing.add(endMs, key);
  }

  #close(key: string, endMs: number, emit: Emit<R>): void {
    const state = this.#store.get(key);
    // A key whose first window came to lie earlier is in the index twice.
    if (state?.nextEndMs !== endMs || state.instants === null) return;
    this.#tell("final", key, state, endMs, emit);
    const nextMs = nextAfter(state.instants, endMs - this.#resolutionMs);
    state.nextEndMs = null;
    if (nextMs !== undefined) this.#await(key, state, nextMs + this.#resolutionMs);
    this.#store.put(key, state);
  }

  #tell(kind: "final" | "update", key: string, state: SlidingState<A>, endMs: number, emit: Emit<R>): void {
    const window = this.#windowTo(endMs);
    const acc = state.instants === null ? undefined : this.#instants.within(state.instants, window);
    if (acc !== undefined) emit({ kind, key, window, value: this.#options.aggregate.result(acc) });
  }
}

const assertOptions = (
  { sizeMs, graceMs }: { readonly sizeMs: number; readonly graceMs: number },
  resolutionMs: number,
): void => {
  const faults = durationFaults("windows.sliding", [
    { name: "sizeMs", valueMs: sizeMs, leastMs: 1 },
    { name: "graceMs", valueMs: graceMs, leastMs: 0 },
    { name: "resolutionMs", valueMs: resolutionMs, leastMs: 1 },
  ]);
  if (faults.length === 0 && sizeMs % resolutionMs !== 0)
    faults.push(
      `windows.sliding: resolutionMs ${resolutionMs} does not divide sizeMs ${sizeMs}; a window would cut a slot`,
    );
  refuseFaults(faults);
};
