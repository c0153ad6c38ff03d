// One step of the automaton: (program, state, event) → state, matches, timed out. Pure: no clock, no randomness.
//
// Events of a key must come in order, event time and then offset; putting them in order is the operator's work.
//
//   T1. Time first: before an event is looked at, whatever was over before its event time is over. A match in the
//       making is over when the event time in hand is beyond its deadline: at the deadline itself it still goes on.
//   T2. An event is offered to each match in the making as it was before the event, then begins matches of its own.
//   T3. Matches that the event completes are given out in order of preference, each discarding what its strategy says.
//   T4. When an event is given that comes before the last one, nothing is changed and PATTERN_ORDER_BROKEN is thrown.

import { advanceAutomaton, stepAutomaton } from "./automaton.ts";
import { advanceCohorts, stepCohorts } from "./cohort-automaton.ts";
import { advanceConstant, stepConstant } from "./constant-form.ts";
import type { PatternEvent } from "./event.ts";
import type { Program } from "./program.ts";
import { assertOwnState, copyState, type PatternState } from "./state.ts";
import type { StepResult } from "./step-result.ts";

/**
 * Takes one event of a key. The given state stays as it is.
 *
 * Example, `a` followedBy `b` within 10: a1@0 leaves state; then b1@10 gives the match a1 b1, b1@11 gives none.
 *
 * @throws PatternError PATTERN_STATE_FOREIGN, PATTERN_ORDER_BROKEN
 */
export const step = <E, S extends string>(
  program: Program<E, S>,
  state: PatternState<E> | undefined,
  event: PatternEvent<E>,
): StepResult<E, S> => stepOwned(program, state && copyState(state), event);

/**
 * Lets time pass without an event: everything whose deadline is before `streamTimeMs` is over.
 *
 * Example, `a` notFollowedBy `b` within 10 and a1@0: at 10 nothing, at 11 the match a1.
 */
export const advance = <E, S extends string>(
  program: Program<E, S>,
  state: PatternState<E>,
  streamTimeMs: number,
): StepResult<E, S> => advanceOwned(program, copyState(state), streamTimeMs);

/**
 * {@link step} for a caller that owns the state: it may be changed in place and must not be used afterwards.
 */
export const stepOwned = <E, S extends string>(
  program: Program<E, S>,
  state: PatternState<E> | undefined,
  event: PatternEvent<E>,
): StepResult<E, S> => {
  if (state !== undefined) assertOwnState(program, state);
  if (program.constantForm !== undefined) {
    const own = state?.form === "constant" ? state : undefined;
    return stepConstant(program, program.constantForm, own, event);
  }
  if (program.cohorts) return stepCohorts(program, state?.form === "cohorts" ? state : undefined, event);
  return stepAutomaton(program, state?.form === "automaton" ? state : undefined, event);
};

/** {@link advance} for a caller that owns the state. */
export const advanceOwned = <E, S extends string>(
  program: Program<E, S>,
  state: PatternState<E>,
  streamTimeMs: number,
): StepResult<E, S> => {
  assertOwnState(program, state);
  if (state.form === "constant") return advanceConstant(program, state, streamTimeMs);
  return state.form === "cohorts"
    ? advanceCohorts(program, state, streamTimeMs)
    : advanceAutomaton(program, state, streamTimeMs);
};
