// The constant form: n smalls or more, then a large, within a time, newest evidence, starting afresh after a match.
//
// The general automaton would hold a match in the making for each small. Here the latest n smalls are enough:
//
//   K1. With `latest`, the match that a large completes begins as late as possible: with the n-th last small. Its
//       evidence is the last n smalls and the large, whichever way it is found.
//   K2. If those n smalls do not lie within the time before the large, no n smalls do: all others are earlier.
//   K3. After a match everything that began at or before it is discarded, so nothing but what comes later counts.
//   K4. A large that completes nothing discards nothing. An event that is both is a large if it completes the pattern,
//       and a small otherwise.
//   K5. A small is counted once: one that does not come after the last one is refused, PATTERN_ORDER_BROKEN.
//
// So state and time per event do not depend on how many smalls a key has within the time.
// (test/unit/patterns/constant-form.test.ts)

import { noMatch } from "./condition.ts";
import { isBefore, type PatternEvent, type PatternMatch } from "./event.ts";
import { matchOf } from "./match.ts";
import type { ConstantForm, Program } from "./program.ts";
import { type ConstantState, orderBroken, stateVersion } from "./state.ts";
import type { StepResult } from "./step-result.ts";

const none: readonly never[] = [];

/** Takes one event; see step.ts. */
export const stepConstant = <E, S extends string>(
  program: Program<E, S>,
  form: ConstantForm,
  state: ConstantState<E> | undefined,
  event: PatternEvent<E>,
): StepResult<E, S> => {
  const first = state?.latest[0];
  if (first !== undefined && state?.latest.length === form.count && holds(program, form.large, event)) {
    const isWithin = event.eventTimeMs - first.eventTimeMs <= program.withinMs;
    if (isWithin)
      return { state: undefined, changed: true, matches: [evidence(program, state, event)], timedOut: none };
  }
  if (!holds(program, form.small, event)) return { state, changed: false, matches: none, timedOut: none };
  const next = state ?? newState(program);
  const last = next.latest[next.latest.length - 1];
  if (last !== undefined && !isBefore(last, event)) throw orderBroken(last.eventTimeMs, last.offset, event);
  if (next.latest.length === form.count) next.latest.shift();
  next.latest.push(event);
  return { state: next, changed: true, matches: none, timedOut: none };
};

/** Lets time pass: smalls that no large can follow in time any more are forgotten. */
export const advanceConstant = <E, S extends string>(
  program: Program<E, S>,
  state: ConstantState<E>,
  streamTimeMs: number,
): StepResult<E, S> => {
  const latest = state.latest.filter(({ eventTimeMs }) => eventTimeMs + program.withinMs >= streamTimeMs);
  const changed = latest.length < state.latest.length;
  const next = latest.length === 0 ? undefined : { ...state, latest };
  return { state: next, changed, matches: none, timedOut: none };
};

const newState = <E>({ shape }: Program<E, string>): ConstantState<E> => ({
  version: stateVersion,
  shape,
  form: "constant",
  latest: [],
});

const evidence = <E, S extends string>(
  program: Program<E, S>,
  state: ConstantState<E>,
  large: PatternEvent<E>,
): PatternMatch<E, S> => {
  const links = [...state.latest.map((event) => ({ step: 0, event })), { step: 1, event: large }];
  return matchOf(program, links, large.eventTimeMs);
};

/** Conditions of this form are simple: they look at the event alone. */
const holds = <E>(program: Program<E, string>, id: number, event: PatternEvent<E>): boolean =>
  program.conditions[id]?.holds(event.value, noMatch) === true;
