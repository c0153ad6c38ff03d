// Pattern → Program. Refuses what only the whole pattern shows to be wrong.

import { always, type Test } from "./condition.ts";
import type { Pattern } from "./pattern.ts";
import { PatternError } from "./pattern-error.ts";
import {
  type Absence,
  absenceBit,
  type ConditionId,
  type ConstantForm,
  conditionsMax,
  freshBit,
  type Program,
  type ProgramState,
  type Transition,
  transitionsMax,
} from "./program.ts";
import { noSkip, type SkipStrategy } from "./skip.ts";
import type { PatternSpec, StepSpec } from "./step-spec.ts";

/** How a pattern is compiled. */
export interface CompileOptions {
  /**
   * The version of the pattern, a whole number of at least 1. It goes into the shape, which stored state carries: raise it
   * when a condition decides otherwise than before. Conditions are functions, and nothing can tell that one has changed;
   * state of the old ones would be continued by the new ones. With another version it is refused, PATTERN_STATE_FOREIGN,
   * and the new pattern needs a store of its own. Steps, quantifiers, times and strategies are in the shape by themselves.
   *
   * @default 1
   */
  readonly version?: number;
  /**
   * Whether matches that run out of time are given out. They then have to be remembered each for itself, so neither
   * the constant form nor pruning is used.
   *
   * @default false
   */
  readonly reportTimedOut?: boolean;
  /**
   * Whether the constant form may be used where the pattern allows it. It gives the same matches; `false` is for
   * comparing it with the general automaton.
   *
   * @default true
   */
  readonly constantForm?: boolean;
  /**
   * Whether matches in the making that can never be given out may be dropped early. It gives the same matches;
   * `false` is for comparing.
   *
   * @default true
   */
  readonly prune?: boolean;
  /**
   * The most matches in the making that a key may have: when an event begins more, those that began first are let go, and
   * never complete. Bounds the state of a pattern that begins with every event of a kind. Which are let go is a function of
   * the key's events in order. It may be changed while state lives. The constant form needs none.
   *
   * @default no bound
   */
  readonly partialsMax?: number;
}

/**
 * Compiles a pattern, once; the program is shared by all keys.
 *
 * @throws PatternError PATTERN_ABSENCE_UNBOUNDED, PATTERN_GREEDY_LAST, PATTERN_TOO_LARGE, PATTERN_VERSION_INVALID,
 *   PATTERN_COUNT_INVALID
 */
export const compile = <E, S extends string>(
  pattern: Pattern<E, S>,
  {
    version = 1,
    reportTimedOut = false,
    constantForm = true,
    prune = true,
    partialsMax = Number.POSITIVE_INFINITY,
  }: CompileOptions = {},
): Program<E, S> => {
  assertVersion(version);
  assertPartialsMax(partialsMax);
  const { spec } = pattern;
  const conditions = new Conditions<E>();
  const states = spec.steps.flatMap((step, i) => (step.negated ? [] : [stateOf(spec, i, conditions)]));
  const begin = walk(spec, -1, conditions, []).transitions;
  const stepNames = spec.steps.filter(({ negated }) => !negated).map(({ name }) => name as S);
  const skip: SkipStrategy<string> = spec.skip ?? noSkip();
  const hasAbsence = states.some(({ absence }) => absence !== undefined);
  const isIterative = conditions.all.some(({ iterative }) => iterative);
  const hasGaps = spec.steps.some(({ gapMs }) => gapMs !== undefined);
  const prunes = prune && skip.kind === "skipPastLast" && !hasAbsence && !isIterative && !reportTimedOut;
  const couldBeCohorts = prunes && skip.evidence === "earliest" && !hasGaps;
  const cohorts = couldBeCohorts && partialsMax === Number.POSITIVE_INFINITY;
  const constant =
    constantForm && !reportTimedOut && !isIterative ? constantFormOf(spec, conditions) : undefined;
  return {
    // State by cohorts and state without are not each other's.
    shape: fingerprint([
      version,
      spec,
      constant !== undefined,
      reportTimedOut,
      prune,
      ...(cohorts === couldBeCohorts ? [] : ["partials"]),
    ]),
    version,
    stepNames,
    states,
    begin,
    conditions: conditions.all,
    withinMs: spec.withinMs ?? Number.POSITIVE_INFINITY,
    skip,
    skipStep: skip.step === undefined ? -1 : stepNames.map(String).indexOf(skip.step),
    hasGaps,
    hasAbsence,
    hasVetoes: spec.steps.some(
      ({ greedy, negated, contiguity }) => greedy || (negated && contiguity === "strict"),
    ),
    reportsTimedOut: reportTimedOut,
    prunes,
    cohorts,
    partialsMax,
    constantForm: constant,
    everyEventCounts: isIterative || spec.steps.some(isStrict),
    needsBuffering: spec.steps.length > 1 || spec.steps[0]?.looping === true,
  };
};

const assertVersion = (version: number): void => {
  if (Number.isSafeInteger(version) && version >= 1) return;
  throw new PatternError(
    "PATTERN_VERSION_INVALID",
    `compile: version is ${version}; expected a whole number of at least 1`,
  );
};

const assertPartialsMax = (partialsMax: number): void => {
  if (partialsMax === Number.POSITIVE_INFINITY || (Number.isSafeInteger(partialsMax) && partialsMax >= 1))
    return;
  throw new PatternError(
    "PATTERN_COUNT_INVALID",
    `compile: partialsMax is ${partialsMax}; expected a whole number of at least 1`,
  );
};

/** The conditions of a pattern, each once, in the order in which they are met. */
class Conditions<E> {
  readonly all: Test<E>[] = [];

  idOf(test: Test<E> | undefined): ConditionId {
    if (test === undefined) return -1;
    const known = this.all.findIndex(({ holds }) => holds === test.holds);
    if (known >= 0) return known;
    if (this.all.length === conditionsMax)
      throw new PatternError(
        "PATTERN_TOO_LARGE",
        `compile: more than ${conditionsMax} conditions; join some of them into one function or split the pattern`,
      );
    return this.all.push(test) - 1;
  }
}

function stateOf<E>(spec: PatternSpec<E>, at: number, conditions: Conditions<E>): ProgramState {
  const step = stepAt(spec, at);
  const loop = step.times.max > 1 ? [loopOf(spec, at, conditions)] : [];
  const { transitions, ending } = walk(spec, at, conditions, loop);
  if (transitions.length > transitionsMax)
    throw new PatternError(
      "PATTERN_TOO_LARGE",
      `compile: from step "${step.name}" there are ${transitions.length} ways on, ${transitionsMax} is the limit; use fewer optional steps in a row`,
    );
  const absence = ending !== undefined && isAbsence(ending) ? bounded(spec, step, ending) : undefined;
  if (ending !== undefined && absence === undefined && ending.yieldsTo !== 0)
    throw new PatternError(
      "PATTERN_GREEDY_LAST",
      `compile: the pattern may end with a greedy loop (from step "${step.name}"), and the longest run is known only when something ends it; add a mandatory step after it or leave out greedy()`,
    );
  const loopBit = loop.length;
  const allBits = 2 ** transitions.length - 1;
  return {
    name: step.name,
    min: step.times.min,
    max: step.times.max,
    transitions,
    loopBit,
    exitBits: (allBits & ~loopBit) | (absence === undefined ? 0 : absenceBit),
    accepts: ending !== undefined && absence === undefined,
    absence,
    freshBit: [...transitions, ...(absence ? [absence] : [])].some(({ notNext }) => notNext.length > 0)
      ? freshBit
      : 0,
  };
}

/** Whether it matters that nothing at all stands before an event of the step. */
const isStrict = <E>({ contiguity, looping, inner }: StepSpec<E>): boolean =>
  contiguity === "strict" || (looping && inner === "strict");

const isAbsence = (ending: Absence): boolean => ending.notNext.length + ending.notFollowedBy.length > 0;

/** The absence, if it has an end: by time, or because it is decided by the very next event. */
function bounded<E>(spec: PatternSpec<E>, step: StepSpec<E>, absence: Absence): Absence {
  const hasEnd = spec.withinMs !== undefined || Number.isFinite(absence.gapMs);
  if (absence.notFollowedBy.length > 0 && !hasEnd)
    throw new PatternError(
      "PATTERN_ABSENCE_UNBOUNDED",
      `compile: after step "${step.name}" the pattern may end with notFollowedBy, and it has no end in time; add within(ms), or withinGap(ms) on that step`,
    );
  return absence;
}

function loopOf<E>(spec: PatternSpec<E>, at: number, conditions: Conditions<E>): Transition {
  return {
    ...transitionTo(spec, at, conditions),
    loops: true,
    contiguity: stepAt(spec, at).inner,
  };
}

function transitionTo<E>(spec: PatternSpec<E>, at: number, conditions: Conditions<E>): Transition {
  const step = stepAt(spec, at);
  return {
    to: spec.steps.slice(0, at).filter(({ negated }) => !negated).length,
    loops: false,
    contiguity: step.contiguity,
    where: conditions.idOf(step.where ?? always),
    until: conditions.idOf(step.until),
    gapMs: step.gapMs ?? Number.POSITIVE_INFINITY,
    notNext: [],
    notFollowedBy: [],
    yieldsTo: 0,
  };
}

/** The ways on from a step: the steps that may come next, and how the match may end there. */
function walk<E>(
  spec: PatternSpec<E>,
  from: number,
  conditions: Conditions<E>,
  loop: readonly Transition[],
): { readonly transitions: readonly Transition[]; readonly ending: Absence | undefined } {
  const transitions = [...loop];
  const notNext: ConditionId[] = [];
  const notFollowedBy: ConditionId[] = [];
  let yieldsTo = from >= 0 && stepAt(spec, from).greedy ? loop.length : 0;
  let gapMs = Number.POSITIVE_INFINITY;
  for (const [at, step] of spec.steps.entries()) {
    if (at <= from) continue;
    if (step.negated) {
      const conditionsSoFar = step.contiguity === "strict" ? notNext : notFollowedBy;
      conditionsSoFar.push(conditions.idOf(step.where ?? always));
      gapMs = step.gapMs ?? gapMs;
      continue;
    }
    const nots = { notNext: [...notNext], notFollowedBy: [...notFollowedBy] };
    transitions.push({ ...transitionTo(spec, at, conditions), ...nots, yieldsTo });
    if (!step.optional) return { transitions, ending: undefined };
    if (step.greedy) yieldsTo |= 1 << (transitions.length - 1);
  }
  return { transitions, ending: { notNext, notFollowedBy, gapMs, yieldsTo } };
}

/** The shape with constant state: see constant-form.ts for why the answer is the same. */
function constantFormOf<E>(spec: PatternSpec<E>, conditions: Conditions<E>): ConstantForm | undefined {
  const [small, large, ...others] = spec.steps;
  if (small === undefined || large === undefined || others.length > 0) return undefined;
  const { min, max } = small.times;
  const isSmall = !small.optional && !small.greedy && small.until === undefined && small.inner === "relaxed";
  const isCounted = max === min || max === Number.POSITIVE_INFINITY;
  const isLarge = !large.negated && !large.looping && !large.optional && large.contiguity !== "strict";
  const isBounded = spec.withinMs !== undefined && small.gapMs === undefined && large.gapMs === undefined;
  const isLatest = spec.skip?.kind === "skipPastLast" && spec.skip.evidence === "latest";
  if (!(isSmall && isCounted && isLarge && isBounded && isLatest)) return undefined;
  return {
    small: conditions.idOf(small.where ?? always),
    large: conditions.idOf(large.where ?? always),
    count: min,
  };
}

const stepAt = <E>(spec: PatternSpec<E>, at: number): StepSpec<E> => {
  const step = spec.steps[at];
  if (step === undefined) throw new PatternError("PATTERN_NAME_INVALID", `compile: there is no step ${at}`);
  return step;
};

/** FNV-1a, 32 bits, of the structure as text. Functions are not part of it: a condition has no readable identity. */
const fingerprint = (structure: unknown): number => {
  const text = JSON.stringify(structure, (_, value) =>
    value === Number.POSITIVE_INFINITY ? "infinite" : value,
  );
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};
