// The static check of a pattern: what it will need, and what in it cannot happen, before it runs.
//
// What a condition accepts cannot be seen from outside; two conditions are known to be the same when they are the same
// function. So the check finds what is sure, and is silent about the rest.

import { type CompileOptions, compile } from "./compile.ts";
import type { Pattern } from "./pattern.ts";
import type { Program, ProgramState } from "./program.ts";
import type { PatternSpec, StepSpec } from "./step-spec.ts";

/** How much a key needs. */
export type StateEstimate =
  /** At most this many matches in the making and events, however many events come. */
  | { readonly kind: "constant"; readonly partials: number; readonly events: number }
  /**
   * It grows with the number `n` of the key's events within `withinMs`: matches in the making at worst like n to the
   * power of `degree`, or like 2 to the power of n. Events never number more than n.
   */
  | { readonly kind: "within"; readonly withinMs: number; readonly degree: number | "exponential" }
  /** It can grow for as long as the key lives; {@link PatternInspection.unboundedState} says why. */
  | { readonly kind: "unbounded" };

/** What {@link inspectPattern} finds. */
export interface PatternInspection {
  /** Why state can grow without end; empty when it cannot. */
  readonly unboundedState: readonly string[];
  /** Steps that can take part in no match, with the reason: `b: …`. */
  readonly unreachableSteps: readonly string[];
  readonly statePerKey: StateEstimate;
  /** Whether the constant form is used (constant-form.ts). */
  readonly constantState: boolean;
  /** Whether a late record can change the matches of others, so that records are kept for grace. */
  readonly needsBuffering: boolean;
}

/**
 * Looks at a pattern without running it.
 *
 * Example, `a` followedBy `b` without within: `unboundedState` is ["step a waits for what follows without end
 * in time: add within(ms)"], `statePerKey` { kind: "unbounded" }. With within(10): { kind: "within", withinMs: 10,
 * degree: 1 }.
 *
 * @throws PatternError what `compile` throws
 */
export const inspectPattern = <E, S extends string>(
  pattern: Pattern<E, S>,
  options: CompileOptions = {},
): PatternInspection => {
  const { spec } = pattern;
  const program = compile(pattern, options);
  const constant = constantEstimate(program);
  const reasons = constant === undefined && spec.withinMs === undefined ? unboundedReasons(program) : [];
  return {
    unboundedState: reasons,
    unreachableSteps: [...impossible(spec), ...cutOff(spec, program)],
    statePerKey: constant ?? grown(spec, program, reasons),
    constantState: program.constantForm !== undefined,
    needsBuffering: program.needsBuffering,
  };
};

const grown = <E>(
  spec: PatternSpec<E>,
  program: Program<E, string>,
  reasons: readonly string[],
): StateEstimate => {
  if (reasons.length > 0) return { kind: "unbounded" };
  return { kind: "within", withinMs: spec.withinMs ?? longestGapMs(spec), degree: degreeOf(spec, program) };
};

/** Without `within`, a match in the making whose every step has a gap lives for the gaps of all its events. */
const longestGapMs = <E>({ steps }: PatternSpec<E>): number =>
  steps.reduce((total, { gapMs = 0, times }) => total + gapMs * times.max, 0);

/** Bounds that hold whatever comes: the constant form, patterns in which everything is strict, and pruned ones. */
const constantEstimate = <E>(program: Program<E, string>): StateEstimate | undefined => {
  const { constantForm, states } = program;
  if (constantForm !== undefined)
    return { kind: "constant", partials: constantForm.count, events: constantForm.count };
  const lengthMax = states.reduce((total, { max }) => total + max, 0);
  const places = states.reduce((total, { min, max }) => total + (Number.isFinite(max) ? max : min), 0);
  if (isSingle(program)) return { kind: "constant", partials: 0, events: 0 };
  // One event may begin a match in the making, and each lives for at most `lengthMax` events of the key.
  if (states.every(isStrictFrom) && Number.isFinite(lengthMax))
    return { kind: "constant", partials: places * lengthMax, events: lengthMax };
  // Of matches in the making in the same state with the same ways on, the best is kept.
  const isBest =
    program.prunes && program.skip.evidence === "latest" && !program.hasGaps && !program.hasVetoes;
  if (!isBest || !Number.isFinite(lengthMax)) return undefined;
  const ways = Math.max(...states.map(({ transitions }) => transitions.length));
  const partials = places * 2 ** ways;
  return { kind: "constant", partials, events: partials * lengthMax };
};

const isSingle = ({
  states,
}: Program<never, string> | { readonly states: readonly ProgramState[] }): boolean =>
  states.length === 1 && states[0]?.max === 1 && states[0].absence === undefined;

const isStrictFrom = ({ transitions, absence }: ProgramState): boolean =>
  transitions.every(({ contiguity }) => contiguity === "strict") &&
  (absence === undefined || absence.notFollowedBy.length === 0);

const unboundedReasons = <E>(program: Program<E, string>): string[] =>
  program.states.flatMap(({ name, max, transitions, absence }) => {
    const isOpenEnded =
      absence !== undefined && absence.notFollowedBy.length > 0 && absence.gapMs === Infinity;
    const waits = transitions.some(({ contiguity, gapMs }) => contiguity !== "strict" && gapMs === Infinity);
    if (max === Infinity) return [`step ${name} is a loop without end in time: add within(ms)`];
    return waits || isOpenEnded
      ? [`step ${name} waits for what follows without end in time: add within(ms)`]
      : [];
  });

/** How many ways there are for one event to add to the matches in the making. */
const degreeOf = <E>(spec: PatternSpec<E>, program: Program<E, string>): number | "exponential" => {
  const steps = spec.steps.filter(({ negated }) => !negated);
  const isExponential = steps.some(({ inner, times }) => inner === "any" && times.max === Infinity);
  if (isExponential && !program.prunes) return "exponential";
  if (program.prunes) return 1;
  return steps.reduce((degree, step, i) => degree + choicesOf(step, i === 0, i === steps.length - 1), 0);
};

const choicesOf = <E>(step: StepSpec<E>, isFirst: boolean, isLast: boolean): number => {
  const entry = isFirst || step.contiguity === "any" ? 1 : 0;
  const combinations = step.inner === "any" && Number.isFinite(step.times.max) ? step.times.max - 1 : 0;
  const exits = step.looping && !step.greedy && !isLast && step.times.max === Infinity ? 1 : 0;
  return entry + combinations + exits;
};

/** Steps that a negated step with the same condition, or with none, leaves no event for. */
const impossible = <E>({ steps }: PatternSpec<E>): string[] =>
  steps.flatMap((step, i) => {
    const before = steps[i - 1];
    if (before === undefined || step.negated) return [];
    const isSame = before.where === undefined || before.where.holds === step.where?.holds;
    if (before.negated && before.contiguity === "strict" && isSame && step.contiguity === "strict")
      return [`${step.name}: notNext "${before.name}" forbids the only event it could take`];
    if (isSame && isInsatiable(before))
      return [`${step.name}: the greedy loop "${before.name}" takes every event that would fit`];
    return [];
  });

/** A greedy loop that nothing but time ends. */
const isInsatiable = <E>({ greedy, times, inner, until, gapMs }: StepSpec<E>): boolean =>
  greedy && times.max === Infinity && inner !== "strict" && until === undefined && gapMs === undefined;

/** Steps behind a point at which the match is complete already and its strategy discards what could go on. */
const cutOff = <E>({ steps, skip }: PatternSpec<E>, { states }: Program<E, string>): string[] => {
  const isCut = skip?.kind === "skipPastLast" || skip?.kind === "skipToNext";
  const first = states.findIndex(({ accepts }) => accepts);
  if (!isCut || first < 0) return [];
  const reached = states[first]?.name ?? "";
  const isCertain = steps
    .slice(
      0,
      steps.findIndex(({ name }) => name === reached),
    )
    .every(({ optional }) => !optional);
  if (!isCertain) return [];
  return states
    .slice(first + 1)
    .map(
      ({ name }) =>
        `${name}: the match is complete with "${reached}", and ${skip.kind} discards what goes on`,
    );
};
