// What a key holds: its matches in the making and their events, as plain data.
//
//   S1. State survives JSON: `JSON.parse(JSON.stringify(state))` goes on exactly as `state` does, at every step.
//   S2. It carries a version and the shape of its program; state of another version or pattern is refused, not guessed.
//   S3. A key without a match in the making has no state.

import type { PatternEvent } from "./event.ts";
import { type BufferState, compactBuffer } from "./match-buffer.ts";
import { PatternError } from "./pattern-error.ts";
import type { Program } from "./program.ts";

/** The version of the layout below: raised whenever it changes, or what it means. */
export const stateVersion = 1;

/** A time that never comes. Not infinite, because JSON has no word for that. */
export const neverMs = Number.MAX_SAFE_INTEGER;

/** A match in the making. */
export interface PartialMatch {
  /** The step that took its last event: index in the program's states. */
  step: number;
  /** How many events that step has taken; stops at the minimum when there is no maximum. */
  count: number;
  /** What it may still do, as bits (program.ts). */
  open: number;
  /** Its last event in the match buffer. */
  node: number;
  /** Position of its first event. */
  start: number;
  /** How many events it has. */
  length: number;
  firstMs: number;
  lastMs: number;
}

/** State of a key under the general automaton. */
export interface AutomatonState<E> {
  readonly version: number;
  readonly shape: number;
  readonly form: "automaton";
  /** Position of the key's next event. */
  next: number;
  /** The last event time that was taken in, and its offset. */
  seenMs: number;
  seenOffset: number;
  /** The earliest time at which something is over; {@link neverMs} when nothing is. */
  dueMs: number;
  /** In order of their first events. */
  partials: PartialMatch[];
  buffer: BufferState<E>;
}

/** State of a key under the constant form. */
export interface ConstantState<E> {
  readonly version: number;
  readonly shape: number;
  readonly form: "constant";
  /** The latest smalls in order, at most as many as are needed. */
  latest: PatternEvent<E>[];
}

/** What is stored of a key. */
export type PatternState<E> = AutomatonState<E> | ConstantState<E>;

/** The same state, sharing nothing that changes with the first. */
export const copyState = <E>(state: PatternState<E>): PatternState<E> => {
  if (state.form === "constant") return { ...state, latest: [...state.latest] };
  const { buffer, nodes } = compactBuffer(state.buffer);
  const partials = state.partials.map((partial) => ({ ...partial, node: nodes[partial.node] ?? -1 }));
  return { ...state, partials, buffer };
};

/**
 * Checks that the state is one that this program can go on with.
 *
 * @throws PatternError PATTERN_STATE_FOREIGN
 */
export const assertOwnState = <E>(program: Program<E, string>, state: PatternState<E>): void => {
  if (state.version === stateVersion && state.shape === program.shape) return;
  throw new PatternError(
    "PATTERN_STATE_FOREIGN",
    `step: the state has version ${state.version} and shape ${state.shape}, the program ${stateVersion} and ${program.shape}; use a new store for a changed pattern`,
  );
};

/**
 * Checks that the event comes after those that the state has taken in.
 *
 * @throws PatternError PATTERN_ORDER_BROKEN
 */
export const assertInOrder = <E>(
  state: AutomatonState<E>,
  { eventTimeMs, offset }: PatternEvent<E>,
): void => {
  const { seenMs, seenOffset } = state;
  if (eventTimeMs > seenMs || (eventTimeMs === seenMs && offset > seenOffset)) return;
  throw new PatternError(
    "PATTERN_ORDER_BROKEN",
    `step: an event at ${eventTimeMs}, offset ${offset}, was given after one at ${seenMs}, offset ${seenOffset}; give a key's events in order, or use PatternOperator`,
  );
};

/** The first event time beyond which time alone changes the state: a match in the making is over after `dueMs`. */
export const dueMsOf = <E>(program: Program<E, string>, state: PatternState<E>): number => {
  if (state.form === "automaton") return state.dueMs;
  const last = state.latest.at(-1);
  return last === undefined ? neverMs : last.eventTimeMs + program.withinMs;
};
