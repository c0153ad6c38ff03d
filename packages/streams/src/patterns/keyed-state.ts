// What is stored of a key by the pattern operator, and what goes out.

import {
  type EventPlace,
  isBefore,
  type PatternEvent,
  type PatternMatch,
  type TimedOutMatch,
} from "./event.ts";
import { PatternError } from "./pattern-error.ts";
import type { Program } from "./program.ts";
import { assertOwnState, foreignShape, type PatternState } from "./state.ts";
import type { StepResult } from "./step-result.ts";

/** The version of {@link KeyedPatternState}: raised whenever its layout changes. */
export const keyedVersion = 2;

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
  /** The shape of the program (program.ts): state of another pattern, or of another version of it, is refused. */
  readonly shape: number;
  /** `null` when no match is in the making. */
  settled: PatternState<E> | null;
  /** In order. */
  pending: PatternEvent<E>[];
  given: Given<E, S>[];
  /**
   * The last record that was settled before its grace was over: one that comes before it is late for the key. Absent where
   * none was, and once grace has passed it.
   */
  settledEarly?: EventPlace | undefined;
}

/**
 * Checks that the stored state has this layout and is this program's.
 *
 * @throws PatternError PATTERN_STATE_FOREIGN
 */
export const assertKeyed = <E, S extends string>(
  program: Program<E, S>,
  { version, shape, settled }: KeyedPatternState<E, S>,
): void => {
  if (version !== keyedVersion)
    throw new PatternError(
      "PATTERN_STATE_FOREIGN",
      `PatternOperator: stored state has layout ${version}, this engine reads ${keyedVersion}; give the store a new name`,
    );
  if (shape !== program.shape) throw foreignShape("PatternOperator: stored state", shape, program);
  if (settled !== null) assertOwnState(program, settled);
};

/** A key of which nothing is known. */
export const newKeyed = <E, S extends string>({
  shape,
}: {
  readonly shape: number;
}): KeyedPatternState<E, S> => ({
  version: keyedVersion,
  shape,
  settled: null,
  pending: [],
  given: [],
});

/** The same in every run, for what is the same. */
export const identity = ({ kind, match }: Given<unknown, string>): string => `${kind} ${match.id}`;

/** What a step gives, in the order in which it goes out. */
export const givenOf = <E, S extends string>(
  result: Pick<StepResult<E, S>, "matches" | "timedOut"> | undefined,
): readonly Given<E, S>[] => {
  if (result === undefined) return nothing;
  const { matches, timedOut } = result;
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

/** What is given out of the key. */
export const outputsOfGiven = <E, S extends string>(
  key: string,
  given: readonly Given<E, S>[],
): readonly PatternOutput<E, S>[] => (given.length === 0 ? nothing : given.map((one) => ({ ...one, key })));

/** What a step gives, as outputs of the key. */
export const outputsOf = <E, S extends string>(
  key: string,
  result: StepResult<E, S>,
): readonly PatternOutput<E, S>[] => outputsOfGiven(key, givenOf(result));

/** What was given out of the key and does not hold. */
export const withdrawalsOf = <E, S extends string>(
  key: string,
  given: readonly Given<E, S>[],
): readonly PatternOutput<E, S>[] =>
  given.map((one) =>
    one.kind === "match"
      ? { kind: "withdrawn", key, match: one.match }
      : { kind: "timedOutWithdrawn", key, match: one.match },
  );

/** The last event of a match. */
export const lastEventOf = <E>({
  events,
}: {
  readonly events: Readonly<Record<string, readonly PatternEvent<E>[]>>;
}): PatternEvent<E> => {
  let last: PatternEvent<E> | undefined;
  for (const taken of Object.values(events)) {
    const of = taken.at(-1);
    if (of !== undefined && (last === undefined || isBefore(last, of))) last = of;
  }
  if (last === undefined)
    throw new PatternError("PATTERN_STATE_FOREIGN", "PatternOperator: a stored match has no event");
  return last;
};
