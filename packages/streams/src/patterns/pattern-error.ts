// The errors of the pattern language and of stored pattern state.
//
//   E1. Every error has a code of the registry; a code is never reused for something else.
//   E2. A message says what was attempted, what was found and what to do instead.
//   E3. The builder throws at the call that is wrong. What only the whole pattern can show, `compile` throws.

/** Every code the patterns throw, with its meaning and what to do about it. */
export const patternErrors = {
  PATTERN_NAME_INVALID: {
    meaning: "A step has an empty name.",
    remedy: "Give the step a name; matches are read by it.",
  },
  PATTERN_NAME_DUPLICATE: {
    meaning: "Two steps of one pattern have the same name.",
    remedy: "Rename one of them; a match could not tell their events apart.",
  },
  PATTERN_DURATION_INVALID: {
    meaning: "A duration is not a whole number of milliseconds of at least 0.",
    remedy: "Give whole milliseconds, 300_000 for five minutes.",
  },
  PATTERN_TIMES_INVALID: {
    meaning:
      "A number of repetitions is not a whole number of at least 1, or its bounds are the wrong way round.",
    remedy: "Use times(n) or times(from, to) with 1 <= from <= to; for none at all, add optional().",
  },
  PATTERN_SET_TWICE: {
    meaning: "Something that a step or a pattern has once was given a second time.",
    remedy: "Remove one of the two calls.",
  },
  PATTERN_NOT_LOOPING: {
    meaning: "greedy, consecutive, allowCombinations or until stands on a step that takes a single event.",
    remedy: "Call oneOrMore(), times(...) or timesOrMore(...) first, or remove the call.",
  },
  PATTERN_UNTIL_BOUNDED: {
    meaning: "until stands on a step that ends by itself after a fixed number of events.",
    remedy: "Use until with oneOrMore() or timesOrMore(n).",
  },
  PATTERN_NEGATED: {
    meaning: "A quantifier, optional or a loop's option stands on a step that must not happen.",
    remedy: "notNext and notFollowedBy take conditions only; move the call before the negated step.",
  },
  PATTERN_NOT_AFTER_OPTIONAL: {
    meaning: "A negated step follows an optional one, so it is open after which event it counts.",
    remedy: "Make the step before it mandatory, or put the negated step before the optional one.",
  },
  PATTERN_CONDITION_MISSING: {
    meaning: "or() was called on a step that has no condition yet.",
    remedy: "Call where() first; a step without a condition takes every event.",
  },
  PATTERN_STEP_UNKNOWN: {
    meaning: "A skip strategy names a step that the pattern does not have, or one that takes no event.",
    remedy: "Call afterMatch() after that step, with the name of a step that is not negated.",
  },
  PATTERN_GAP_MISPLACED: {
    meaning:
      "withinGap has no gap to bound: nothing comes before the step, or it is negated and not the last.",
    remedy: "Put withinGap on the step whose events must come soon after the one before.",
  },
  PATTERN_ABSENCE_UNBOUNDED: {
    meaning: "The pattern ends with notFollowedBy and has no end in time: it could never be said to hold.",
    remedy: "Add within(ms), or withinGap(ms) on the notFollowedBy step.",
  },
  PATTERN_GREEDY_LAST: {
    meaning: "A greedy loop may end the pattern: the longest run is known only when something ends it.",
    remedy: "Add a mandatory step after the loop, or a notFollowedBy with within; or leave out greedy().",
  },
  PATTERN_TOO_LARGE: {
    meaning: "The pattern has more steps or conditions than the automaton has room for.",
    remedy: "Split the pattern, or join conditions into one function.",
  },
  PATTERN_VERSION_INVALID: {
    meaning: "The version of a pattern is not a whole number of at least 1.",
    remedy: "Give 1, 2, 3 …, a higher one whenever a condition decides otherwise than before.",
  },
  PATTERN_COUNT_INVALID: {
    meaning: "A bound on what a key may hold, partialsMax or unsettledMax, is less than 1 or no number.",
    remedy: "Give at least 1, or leave it out for no bound.",
  },
  PATTERN_STATE_FOREIGN: {
    meaning:
      "Stored state was written by another version of the engine, for another pattern, or for another version of it.",
    remedy:
      "Use a new store name for the changed pattern; partial matches of the old one cannot be continued.",
  },
  PATTERN_ORDER_BROKEN: {
    meaning: "An event was given to the automaton after one that is later than it.",
    remedy: "Use PatternOperator, which puts events in order within grace; step() takes them in order.",
  },
} as const;

/** A code of {@link patternErrors}. */
export type PatternErrorCode = keyof typeof patternErrors;

/** A pattern that cannot be, or state that is not its own. Nothing was built and nothing was changed. */
export class PatternError extends Error {
  readonly code: PatternErrorCode;

  constructor(code: PatternErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "PatternError";
    this.code = code;
  }
}
