// What is stored of a key by the pattern operator, and what goes out.

import { isBefore, type PatternEvent, type PatternMatch, type TimedOutMatch } from "./event.ts";
import { PatternError } from "./pattern-error.ts";
import type { PatternState } from "./state.ts";
import type { StepResult } from "./step-result.ts";

/** The version of {@link KeyedPatternState}: raised whenever its layout changes. */
export const keyedVersion = 1;

const nothing: readonly never[] = [];

/** What the operator gives out. */
export type PatternOutput<E, S extends string> =
  | { readonly kind: "match"; readonly key: string; readonly match: PatternMatch<E, S> }
  | { readonly kind: "timedOut"; readonly key: string; readonly match: TimedOutMatch<E, S> }
  /** A match given out earlier does not hold: a record came out of order. */
  | { readonly kind: "withdrawn"; readonly key: string; readonly match: PatternMatch<E, S> }
  /** What timed out earlier did not. */
  | { readonly kind: "timedOutWithdrawn"; readonly key: string; readonly match: TimedOutMatch<E, S> }
  /** The record came after its grace and changed nothing. */
  | { readonly kind: "late"; readonly key: string; readonly event: PatternEvent<E> };

/** A match that was given out and may still be withdrawn. */
export type Given<E, S extends string> =
  | { readonly kind: "match"; readonly match: PatternMatch<E, S> }
  | { readonly kind: "timedOut"; readonly match: TimedOutMatch<E, S> };

/** What is stored of a key. Plain data: the JSON serde is enough when the events are. */
export interface KeyedPatternState<E, S extends string> {
  readonly version: number;
  /** `null` when no match is in the making. */
  settled: PatternState<E> | null;
  /** In order. */
  pending: PatternEvent<E>[];
  given: Given<E, S>[];
}

/**
 * Checks that the stored state has this layout.
 *
 * @throws PatternError PATTERN_STATE_FOREIGN
 */
export const assertKeyedVersion = ({ version }: KeyedPatternState<unknown, string>): void => {
  if (version === keyedVersion) return;
  throw new PatternError(
    "PATTERN_STATE_FOREIGN",
    `PatternOperator: stored state has version ${version}, this engine reads ${keyedVersion}; use a new store`,
  );
};

/** A key of which nothing is known. */
export const newKeyed = <E, S extends string>(): KeyedPatternState<E, S> => ({
  version: keyedVersion,
  settled: null,
  pending: [],
  given: [],
});

/** The same in every run, for what is the same. */
export const identity = ({ kind, match }: Given<unknown, string>): string => `${kind} ${match.id}`;

/** What a step gives, in the order in which it goes out. */
export const givenOf = <E, S extends string>({
  matches,
  timedOut,
}: Pick<StepResult<E, S>, "matches" | "timedOut">): readonly Given<E, S>[] => {
  if (matches.length === 0 && timedOut.length === 0) return nothing;
  return [
    ...timedOut.map((match) => ({ kind: "timedOut", match }) as const),
    ...matches.map((match) => ({ kind: "match", match }) as const),
  ];
};

/** Both, without a copy when one is empty. */
export const joined = <T>(a: readonly T[], b: readonly T[]): readonly T[] => {
  if (a.length === 0) return b;
  return b.length === 0 ? a : [...a, ...b];
};

/** What a step gives, as outputs of the key. */
export const outputsOf = <E, S extends string>(
  key: string,
  result: StepResult<E, S>,
): readonly PatternOutput<E, S>[] => {
  const given = givenOf(result);
  return given.length === 0 ? nothing : given.map((one) => ({ ...one, key }));
};

/** Puts the event in its place; most are among the last. */
export const insert = <E>(pending: PatternEvent<E>[], event: PatternEvent<E>): void => {
  let at = pending.length;
  for (let other = pending[at - 1]; other !== undefined && isBefore(event, other); other = pending[at - 1])
    at--;
  pending.splice(at, 0, event);
};
