// How much of a key is unsettled, and how much of that is too much.
//
//   C1. What is too much is judged by what is pending once all that may be settled is: a function of the key's records and
//       stream time. The weight that is kept between is only a bound, to look seldom.

import type { PatternEvent } from "./event.ts";
import type { KeyedPatternState } from "./keyed-state.ts";
import { PatternError } from "./pattern-error.ts";
import type { Live } from "./unsettled.ts";

/** The bound of what may be unsettled of each key. */
export class Crowd<E> {
  readonly #weightMax: number;
  readonly #weightOf: (value: E) => number;

  /** @throws PatternError PATTERN_COUNT_INVALID unless the most is at least 1 */
  constructor(weightMax: number, weightOf: (value: E) => number) {
    if (!(weightMax >= 1))
      throw new PatternError(
        "PATTERN_COUNT_INVALID",
        `PatternOperator: unsettledMax is ${weightMax}; expected a number of at least 1, or none for no bound`,
      );
    this.#weightMax = weightMax;
    this.#weightOf = weightOf;
  }

  /** Whether the key may have too much, with the event that it has just taken in. */
  isFull<S extends string>(
    { pending }: KeyedPatternState<E, S>,
    live: Live<E>,
    { value }: PatternEvent<E>,
  ): boolean {
    live.weight = live.weight < 0 ? this.#weigh(pending) : live.weight + this.#weightOf(value);
    return live.weight > this.#weightMax;
  }

  /** How many of the first pending records are too much; the newest is never (C1). Notes what is left. */
  excess<S extends string>({ pending }: KeyedPatternState<E, S>, live: Live<E>): number {
    live.weight = this.#weigh(pending);
    if (live.weight <= this.#weightMax) return 0;
    let kept = 0;
    let at = pending.length;
    while (at > 0) {
      const weight = this.#weightOf((pending[at - 1] as PatternEvent<E>).value);
      if (at < pending.length && kept + weight > this.#weightMax / 2) break;
      kept += weight;
      at--;
    }
    live.weight = kept;
    return at;
  }

  #weigh(pending: readonly PatternEvent<E>[]): number {
    let weight = 0;
    for (const { value } of pending) weight += this.#weightOf(value);
    return weight;
  }
}
