// What a key holds: its matches in the making and their events, as plain data.
//
//   S1. State survives JSON: `JSON.parse(JSON.stringify(state))` goes on exactly as `state` does, at every step.
//   S2. It carries a version and the shape of its program; state of another version or pattern is refused, not guessed.
//   S3. A key without a match in the making has no state.

import { type Cohort, cloneOf } from "./cohort.ts";
import type { PatternEvent } from "./event.ts";
import { type BufferState, compactBuffer } from "./match-buffer.ts";
import type { PartialMatch } from "./partial-match.ts";
import { PatternError } from "./pattern-error.ts";
import type { Program } from "./program.ts";

/** The version of the layout below: raised whenever it changes, or what it means. */
export const stateVersion = 2;

/** A time that never comes. Not infinite, because JSON has no word for that. */
export const neverMs = Number.MAX_SAFE_INTEGER;

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

/** State of a key under the automaton by cohorts. */
export interface CohortState<E> {
  readonly version: number;
  readonly shape: number;
  readonly form: "cohorts";
  /** As those of {@link AutomatonState}. */
  next: number;
  seenMs: number;
  seenOffset: number;
  dueMs: number;
  /** No two in the same state. */
  cohorts: Cohort[];
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
export type PatternState<E> = AutomatonState<E> | CohortState<E> | ConstantState<E>;

/** How much there is to copy of it, in events and nodes. */
export const sizeOf = <E>(state: PatternState<E>): number =>
  state.form === "constant" ? state.latest.length : state.buffer.nodes.length + state.buffer.events.length;

/** The same state, sharing nothing that changes with the first. */
export const copyState = <E>(state: PatternState<E>): PatternState<E> => {
  if (state.form === "constant") return { ...state, latest: [...state.latest] };
  const { buffer, nodes, events } = compactBuffer(state.buffer);
  if (state.form === "cohorts") {
    const cohorts = state.cohorts.map(cloneOf);
    for (const cohort of cohorts) {
      for (const member of cohort.members) member.node = nodes[member.node] ?? -1;
      cohort.tail = cohort.tail.map((event) => events[event] ?? -1);
    }
    return { ...state, cohorts, buffer };
  }
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
  if (state.shape !== program.shape) throw foreignShape("step: the state", state.shape, program);
  throw new PatternError(
    "PATTERN_STATE_FOREIGN",
    `step: the state has layout ${state.version}, this engine reads ${stateVersion}; use a new store`,
  );
};

/** Says that state is of another pattern, or of another version of it. */
export const foreignShape = (
  what: string,
  shape: number,
  program: { readonly shape: number; readonly version: number },
): PatternError =>
  new PatternError(
    "PATTERN_STATE_FOREIGN",
    `${what} has shape ${shape}, the program (version ${program.version}) has ${program.shape}: it was written by another pattern, or by another version of this one; give the store a new name, or run the pattern that wrote it`,
  );

/**
 * Checks that the event comes after those that the state has taken in.
 *
 * @throws PatternError PATTERN_ORDER_BROKEN
 */
export const assertInOrder = (
  { seenMs, seenOffset }: { readonly seenMs: number; readonly seenOffset: number },
  event: PatternEvent<unknown>,
): void => {
  const { eventTimeMs, offset } = event;
  if (eventTimeMs > seenMs || (eventTimeMs === seenMs && offset > seenOffset)) return;
  throw orderBroken(seenMs, seenOffset, event);
};

/** Says that an event does not come after the last one that was taken in. */
export const orderBroken = (
  seenMs: number,
  seenOffset: number,
  { eventTimeMs, offset }: PatternEvent<unknown>,
): PatternError =>
  new PatternError(
    "PATTERN_ORDER_BROKEN",
    `step: an event at ${eventTimeMs}, offset ${offset}, was given after one at ${seenMs}, offset ${seenOffset}; give a key's events in order and each once, or use PatternOperator`,
  );

/** The first event time beyond which time alone changes the state: a match in the making is over after `dueMs`. */
export const dueMsOf = <E>(program: Program<E, string>, state: PatternState<E>): number => {
  if (state.form !== "constant") return state.dueMs;
  const last = state.latest.at(-1);
  return last === undefined ? neverMs : last.eventTimeMs + program.withinMs;
};
