// The answer of a step, whichever form of the program took it.

import type { PatternMatch, TimedOutMatch } from "./event.ts";
import type { PatternState } from "./state.ts";

/** What a step gives. */
export interface StepResult<E, S extends string> {
  /** The state after it; `undefined` when no match is in the making. */
  readonly state: PatternState<E> | undefined;
  /** Whether the state is another than before; `false` only when it surely is not. */
  readonly changed: boolean;
  /** Completed matches, in the order in which they completed. */
  readonly matches: readonly PatternMatch<E, S>[];
  /** Matches that ran out of time, if the program reports them. */
  readonly timedOut: readonly TimedOutMatch<E, S>[];
}
