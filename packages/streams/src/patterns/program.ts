// The program: a pattern as an immutable automaton, shared by all keys. What a single key holds is apart (state.ts).
//
// A match in the making stands in the state of the step that took its last event. From there it has transitions: to
// the same step once more (a loop), to the next step, and, past optional steps, to those behind them. A match in the
// making remembers which of its transitions are still open, one bit each; events that pass by close them:
//
//   P1. strict: any event that passes by closes it. relaxed: an event that the step's `where` holds for. any: none.
//   P2. `notFollowedBy`: such an event closes the transitions behind it. `notNext`: if it is the very next event.
//   P3. greedy: an event that a greedy loop could take closes the transitions that leave the loop.
//   P4. until: such an event closes the loop's transition to itself.
//   P5. With no transition open and no absence pending, the match in the making is over.

import { noMatch, type Test } from "./condition.ts";
import type { PatternEvent } from "./event.ts";
import { PatternError } from "./pattern-error.ts";
import type { SkipStrategy } from "./skip.ts";
import type { Contiguity } from "./step-spec.ts";

/** Index of a condition in {@link Program.conditions}; -1 for none. */
export type ConditionId = number;

/** One way for a match in the making to go on. */
export interface Transition {
  /** The step that takes the event: index in {@link Program.states}. */
  readonly to: number;
  /** Whether it is the loop of its own state. */
  readonly loops: boolean;
  readonly contiguity: Contiguity;
  readonly where: ConditionId;
  readonly until: ConditionId;
  /** Longest time since the match's last event; infinite when not bounded. */
  readonly gapMs: number;
  readonly notNext: readonly ConditionId[];
  readonly notFollowedBy: readonly ConditionId[];
  /** Bits of the transitions that, when an event could take them, close this one (P3). */
  readonly yieldsTo: number;
}

/** A match that is complete when something stays away. */
export interface Absence {
  readonly notNext: readonly ConditionId[];
  readonly notFollowedBy: readonly ConditionId[];
  readonly gapMs: number;
  readonly yieldsTo: number;
}

/** The state of a match in the making whose last event was taken by this step. */
export interface ProgramState {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly transitions: readonly Transition[];
  /** Bit of the loop's transition to itself, 0 when there is none. */
  readonly loopBit: number;
  /** Bits of the transitions to other steps, and {@link absenceBit}. */
  readonly exitBits: number;
  /** Whether a match may end here, with at least `min` events. */
  readonly accepts: boolean;
  /** Pending when the match may end here provided that something stays away. */
  readonly absence: Absence | undefined;
  /** {@link freshBit} when some transition or the absence has a `notNext`, else 0. */
  readonly freshBit: number;
}

/** The shape that needs constant state per key: small, `count` times or more, and then large (constant-form.ts). */
export interface ConstantForm {
  readonly small: ConditionId;
  readonly large: ConditionId;
  /** How many smalls are needed, and remembered. */
  readonly count: number;
}

/** A compiled pattern over events of type `E`, whose steps that take events are named `S`. */
export interface Program<E, S extends string> {
  /** A number made from the structure and the version of the pattern: state of another is refused. */
  readonly shape: number;
  /** The version of the pattern, as it was compiled. */
  readonly version: number;
  readonly stepNames: readonly S[];
  readonly states: readonly ProgramState[];
  /** How a match begins. Contiguity and gaps mean nothing here. */
  readonly begin: readonly Transition[];
  readonly conditions: readonly Test<E>[];
  /** Infinite when not bounded. */
  readonly withinMs: number;
  readonly skip: SkipStrategy<string>;
  /** Index of the skip strategy's step, -1 when it names none. */
  readonly skipStep: number;
  readonly hasGaps: boolean;
  readonly hasAbsence: boolean;
  /** Whether being able to do more can also forbid something: greedy loops (P3) and `notNext` (P2). */
  readonly hasVetoes: boolean;
  readonly reportsTimedOut: boolean;
  /** Whether a match in the making may be dropped when a better one can do all that it can (preference.ts). */
  readonly prunes: boolean;
  /** Whether matches in the making that stand in the same state are kept together (cohort.ts). */
  readonly cohorts: boolean;
  /** The most matches in the making of a key under the general automaton; infinite without a bound. */
  readonly partialsMax: number;
  /** Present when the pattern is run with constant state per key. */
  readonly constantForm: ConstantForm | undefined;
  /** Whether an event that no condition holds for can matter: something is strict, or iterative. */
  readonly everyEventCounts: boolean;
  /** Whether a late event can change the matches of others: all but patterns of one event. */
  readonly needsBuffering: boolean;
}

/** Bits of a match in the making beyond those of its transitions. */
export const absenceBit = 1 << 29;
/** Set until the first event has passed by. */
export const freshBit = 1 << 30;

/** Conditions per pattern: their results for one event are bits of one number. */
export const conditionsMax = 30;
/** Transitions per state: one bit each, below {@link absenceBit}. */
export const transitionsMax = 29;

/** The state with this index. */
export const stateAt = (program: { readonly states: readonly ProgramState[] }, at: number): ProgramState => {
  const found = program.states[at];
  if (found === undefined)
    throw new PatternError("PATTERN_STATE_FOREIGN", `step: the program has no state ${at}`);
  return found;
};

/** Whether the event can matter to the pattern; if not, leaving it out changes nothing. */
export const isRelevant = <E>(program: Program<E, string>, { value }: PatternEvent<E>): boolean => {
  if (program.everyEventCounts) return true;
  for (const { holds } of program.conditions) if (holds(value, noMatch)) return true;
  return false;
};
