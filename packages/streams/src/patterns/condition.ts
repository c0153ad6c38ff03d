// Conditions: which events a step takes.
//
// A condition that declares one parameter is simple: it looks at the event alone and is asked once per event and key,
// however many matches are in the making. One that declares a second parameter is iterative: it also sees what the
// match in the making holds so far, and is asked for each of them.

import type { PatternEvent } from "./event.ts";

/** What a match in the making holds, as an iterative condition sees it. Valid during the call only. */
export interface MatchSoFar<E, S extends string> {
  /** The event in hand, with its time and offset. */
  readonly current: PatternEvent<E>;
  /** The events that the step has taken, in order; the event in hand is not among them. */
  events(step: S): readonly PatternEvent<E>[];
}

/**
 * Decides about an event. Must be pure: it may be asked again for the same event, after a restart or a late event.
 * It is iterative when it declares the second parameter (`condition.length` is 2).
 */
export type Condition<E, S extends string> = (event: E, match: MatchSoFar<E, S>) => boolean;

/** A condition with its kind decided. */
export interface Test<E> {
  readonly holds: Condition<E, string>;
  readonly iterative: boolean;
}

/** Takes every event: a step without `where`. */
export const always: Test<unknown> = { holds: () => true, iterative: false };

/** The condition as a test. */
export const testOf = <E, S extends string>(condition: Condition<E, S>): Test<E> => ({
  holds: condition,
  iterative: condition.length >= 2,
});

/** Both hold. The second is not asked when the first does not. */
export const both = <E>(a: Test<E>, b: Test<E>): Test<E> => ({
  holds: (event, match) => a.holds(event, match) && b.holds(event, match),
  iterative: a.iterative || b.iterative,
});

/** One of them holds, or both. */
export const either = <E>(a: Test<E>, b: Test<E>): Test<E> => ({
  holds: (event, match) => a.holds(event, match) || b.holds(event, match),
  iterative: a.iterative || b.iterative,
});

/** What a simple condition is given, which does not look at it. */
export const noMatch: MatchSoFar<never, string> = {
  get current(): never {
    throw notIterative();
  },
  events: () => {
    throw notIterative();
  },
};

const notIterative = (): TypeError =>
  new TypeError("a condition that looks at the match must declare it: (event, match) => …");
