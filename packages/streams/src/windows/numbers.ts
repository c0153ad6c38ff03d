// The aggregates of numbers: count, sum, min, max, mean, variance.
//
//   N1. `of` says which number of a value is meant. It is called once or twice per record and must be pure.
//   N2. Sums are made by the caller's addition; money gives one that is exact or throws (A4 in aggregate.ts).
//   N3. Variance is kept as count, mean and sum of squared deviations (Welford), merged as Chan, Golub and LeVeque do:
//       a sum of squares would cancel away every digit of a small spread around a large mean.
//       Sources: B. P. Welford, "Note on a method for calculating corrected sums of squares and products" (1962);
//       T. F. Chan, G. H. Golub, R. J. LeVeque, "Updating formulae and a pairwise algorithm for computing sample
//       variances" (1979).

import type { Aggregate, Guard } from "./aggregate.ts";

/** Which number of a value is meant. */
export type NumberOf<V> = (value: V) => number;

/**
 * Adds two values exactly or throws; what it throws is charged to the record being observed. Windows hold money, so
 * the addition is the caller's: `addMoney` of the contracts refuses sums beyond 2^53-1.
 */
export type ExactAdd = (a: number, b: number) => number;

/** Adds as numbers: exact for whole numbers while the sum stays within 2^53-1, else rounded. */
export const addNumbers: ExactAdd = (a, b) => a + b;

/** How many values there are. Over `3, 4, 4`: 3. */
export const count = (): Aggregate<unknown, number, number> => ({
  initial: () => 0,
  add: (counted) => counted + 1,
  merge: (into, more) => into + more,
  result: (counted) => counted,
});

/** Refuses a record when the sum over all panes of its key would not be exact. */
export const sumGuard = <V, A>(
  of: NumberOf<V>,
  add: ExactAdd,
  sumOfPane: (pane: A) => number,
): Guard<V, A> => ({
  admit: (held, value) => add(held, of(value)),
  release: (held, pane) => held - sumOfPane(pane),
});

/**
 * The sum of a number of each value. Over `3, 4, 4`: 11.
 *
 * @param of values of at least 0 when `add` can throw: a negative one would make room that is not there (A4)
 * @param add exact or throwing addition; as numbers unless given
 */
export const sum = <V>(of: NumberOf<V>, add: ExactAdd = addNumbers): Aggregate<V, number, number> => ({
  ...(add === addNumbers ? {} : { guards: [sumGuard<V, number>(of, add, (pane) => pane)] }),
  initial: () => 0,
  add: (summed, value) => add(summed, of(value)),
  merge: (into, more) => add(into, more),
  result: (summed) => summed,
});

const extreme = <V>(of: NumberOf<V>, isMore: (a: number, b: number) => boolean) => {
  const better = (held: number | null, found: number): number =>
    held === null || isMore(found, held) ? found : held;
  const aggregate: Aggregate<V, number | null, number> = {
    // Infinity is no JSON.
    initial: () => null,
    add: (held, value) => better(held, of(value)),
    merge: (into, more) => (more === null ? into : better(into, more)),
    result: (held) => held ?? Number.NaN,
  };
  return aggregate;
};

/** The smallest number. Over `3, 4, 4`: 3. */
export const min = <V>(of: NumberOf<V>): Aggregate<V, number | null, number> => extreme(of, (a, b) => a < b);

/** The largest number. Over `3, 4, 4`: 4. */
export const max = <V>(of: NumberOf<V>): Aggregate<V, number | null, number> => extreme(of, (a, b) => a > b);

/** What is stored of a mean. */
export interface MeanState {
  count: number;
  sum: number;
}

/**
 * The mean, as the double nearest to sum / count. Over `3, 4, 4`: 3.6666666666666665.
 *
 * @param add as of {@link sum}
 */
export const mean = <V>(of: NumberOf<V>, add: ExactAdd = addNumbers): Aggregate<V, MeanState, number> => ({
  ...(add === addNumbers ? {} : { guards: [sumGuard<V, MeanState>(of, add, (pane) => pane.sum)] }),
  initial: () => ({ count: 0, sum: 0 }),
  add: (held, value) => {
    held.sum = add(held.sum, of(value));
    held.count++;
    return held;
  },
  merge: (into, more) => {
    into.sum = add(into.sum, more.sum);
    into.count += more.count;
    return into;
  },
  result: (held) => held.sum / held.count,
});

/** What is stored of a variance (N3). */
export interface VarianceState {
  count: number;
  mean: number;
  /** Sum of squared deviations from the mean. */
  m2: number;
}

/** What a variance tells. */
export interface Spread {
  readonly mean: number;
  /** Of the values themselves: divided by their number. */
  readonly population: number;
  /** Estimated for what they are drawn from: divided by their number less one; 0 for a single value. */
  readonly sample: number;
}

/**
 * Mean and variance. Over `3, 4, 4`: mean 3.6667, population 0.2222, sample 0.3333. The order of values may change the
 * last bits (A3).
 */
export const variance = <V>(of: NumberOf<V>): Aggregate<V, VarianceState, Spread> => ({
  initial: () => ({ count: 0, mean: 0, m2: 0 }),
  add: (held, value) => {
    const found = of(value);
    const delta = found - held.mean;
    held.count++;
    held.mean += delta / held.count;
    held.m2 += delta * (found - held.mean);
    return held;
  },
  merge: (into, more) => {
    if (more.count === 0) return into;
    const together = into.count + more.count;
    const delta = more.mean - into.mean;
    into.mean += (delta * more.count) / together;
    into.m2 += more.m2 + (delta * delta * into.count * more.count) / together;
    into.count = together;
    return into;
  },
  result: ({ count: counted, mean: at, m2 }) => ({
    mean: at,
    population: m2 / counted,
    sample: counted > 1 ? m2 / (counted - 1) : 0,
  }),
});
