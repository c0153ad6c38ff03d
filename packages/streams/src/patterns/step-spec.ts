// What the language writes down: the steps of a pattern, before they are compiled.

import type { Test } from "./condition.ts";
import type { SkipStrategy } from "./skip.ts";

/**
 * What may stand between an event of a match and the one before it.
 *
 *   strict    nothing
 *   relaxed   whatever the step does not take: the first event that fits is the one
 *   any       anything, also events that fit: each of them gives a match of its own
 */
export type Contiguity = "strict" | "relaxed" | "any";

/** One step of a pattern. */
export interface StepSpec<E> {
  readonly name: string;
  /** Whether the step must not happen (`notNext` is strict, `notFollowedBy` relaxed). */
  readonly negated: boolean;
  /** From the event before the step to its first event. */
  readonly contiguity: Contiguity;
  /** Absent: every event. */
  readonly where?: Test<E>;
  /** How many events the step takes, when it takes any: `[min, max]`, `max` may be infinite. */
  readonly times: { readonly min: number; readonly max: number };
  readonly looping: boolean;
  readonly optional: boolean;
  readonly greedy: boolean;
  /** Between two events of the step. */
  readonly inner: Contiguity;
  /** Ends the loop. */
  readonly until?: Test<E>;
  /** Longest time from the match's event before, milliseconds, inclusive. */
  readonly gapMs?: number;
}

/** A whole pattern. */
export interface PatternSpec<E> {
  readonly steps: readonly StepSpec<E>[];
  /** Longest time from the first event to the last, milliseconds, inclusive. */
  readonly withinMs?: number;
  /** `undefined`: `noSkip`. */
  readonly skip?: SkipStrategy<string>;
}

/** A step that takes one event. */
export const singleStep = (name: string, contiguity: Contiguity, negated: boolean): StepSpec<unknown> => ({
  name,
  negated,
  contiguity,
  times: { min: 1, max: 1 },
  looping: false,
  optional: false,
  greedy: false,
  inner: "relaxed",
});
