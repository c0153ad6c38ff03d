// Totals: count, sum, smallest and largest in one accumulator.
//
// The fast path. The same four put together with `aggregates` mean the same and cost several times as much per record,
// because their parts are called one by one through names. One object with four numbers stays in one shape, is changed
// in place, and allocates nothing.

import type { Aggregate } from "./aggregate.ts";
import { addNumbers, type ExactAdd, type NumberOf, sumGuard } from "./numbers.ts";

/** Count, sum, smallest and largest of at least one value. */
export interface Totals {
  count: number;
  sum: number;
  min: number;
  max: number;
}

/**
 * Count, sum, smallest and largest of a number of each value. Over `5, 3, 9`: `{ count: 3, sum: 17, min: 3, max: 9 }`.
 *
 * @param of which number; of at least 0 when `add` can throw (A4 in aggregate.ts)
 * @param add exact or throwing addition; as numbers unless given
 */
export const totals = <V>(of: NumberOf<V>, add: ExactAdd = addNumbers): Aggregate<V, Totals, Totals> => ({
  ...(add === addNumbers ? {} : { guards: [sumGuard<V, Totals>(of, add, (pane) => pane.sum)] }),
  initial: () => ({ count: 0, sum: 0, min: 0, max: 0 }),
  add: (held, value) => {
    const found = of(value);
    held.sum = add(held.sum, found);
    if (held.count === 0 || found < held.min) held.min = found;
    if (held.count === 0 || found > held.max) held.max = found;
    held.count++;
    return held;
  },
  merge: (into, more) => {
    if (more.count === 0) return into;
    into.sum = add(into.sum, more.sum);
    if (into.count === 0 || more.min < into.min) into.min = more.min;
    if (into.count === 0 || more.max > into.max) into.max = more.max;
    into.count += more.count;
    return into;
  },
  result: ({ count, sum, min, max }) => ({ count, sum, min, max }),
});
