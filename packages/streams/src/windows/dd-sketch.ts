// DDSketch: quantiles with a relative error, in bounded space.
//
// A value x > 0 is counted in bucket i = ceil(log x / log gamma), gamma = (1 + a) / (1 - a), which holds
// (gamma^(i-1), gamma^i]. Told is 2 gamma^i / (gamma + 1), at most a · x away from every x of the bucket. Values below
// 0 have buckets of their own, values about 0 one counter.
// Source: C. Masson, J. E. Rim, H. K. Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error
// guarantees" (PVLDB 12, 2019; arXiv:1908.10693).
//
//   Q1. The quantile q of n values is the one at index floor(q (n - 1)) of the sorted values; told is a number within
//       a · |x| of that x, as long as its bucket was not collapsed (Q3).
//   Q2. The merge of two sketches is exactly the sketch of all values. Order changes nothing.
//   Q3. At most `bucketsMax` buckets for each sign: beyond, those nearest to 0 are counted in the next, so that small
//       quantiles lose precision and large ones keep it. All amounts from 1 to 2^53-1 at 1 % need 1,838: none collapses.
//   Q4. |x| <= 1e-9 counts as 0.
//
// Our own rather than `@datadog/sketches-js`: its sketches are class instances over protobuf stores, which neither JSON
// nor this folder's purity admits, and what is needed of it is this file.

import { StreamsConfigError } from "../errors.ts";
import type { Aggregate } from "./aggregate.ts";
import type { NumberOf } from "./numbers.ts";

/** What is stored. Buckets are flat lists, `index, count, index, count`, by index. */
export interface DDSketchState {
  zeros: number;
  positive: number[];
  negative: number[];
}

/** How exactly quantiles are told. */
export interface QuantileOptions {
  /**
   * Relative error, above 0 and below 1. Half of it: twice the buckets.
   * @default 0.01: a value told as 100.00 lies within 99.00 and 101.01
   */
  readonly relativeError?: number;
  /**
   * Most buckets for each sign, at least 2 (Q3).
   * @default 2048: enough for every amount at 1 %
   */
  readonly bucketsMax?: number;
}

const zeroMax = 1e-9;

/**
 * A quantile of a number of each value (Q1). `quantile(0.5, of)` over `1, 2, 3, 4, 1000` tells 3 ± 1 %.
 *
 * @param q from 0, the smallest, to 1, the largest
 * @throws StreamsConfigError naming every option out of its range
 */
export const quantile = <V>(
  q: number,
  of: NumberOf<V>,
  options: QuantileOptions = {},
): Aggregate<V, DDSketchState, number> => {
  const several = quantiles([q], of, options);
  return { ...several, result: (state) => several.result(state)[0] ?? Number.NaN };
};

/**
 * Several quantiles of one sketch, in the order asked for.
 *
 * @throws StreamsConfigError naming every option out of its range
 */
export const quantiles = <V>(
  qs: readonly number[],
  of: NumberOf<V>,
  options: QuantileOptions = {},
): Aggregate<V, DDSketchState, readonly number[]> => {
  const { relativeError = 0.01, bucketsMax = 2048 } = options;
  assertOptions(qs, relativeError, bucketsMax);
  const gamma = (1 + relativeError) / (1 - relativeError);
  const logGamma = Math.log(gamma);
  return {
    initial: () => ({ zeros: 0, positive: [], negative: [] }),
    add: (state, value) => {
      const found = of(value);
      const size = Math.abs(found);
      if (size <= zeroMax) state.zeros++;
      else
        countIn(
          found > 0 ? state.positive : state.negative,
          Math.ceil(Math.log(size) / logGamma),
          1,
          bucketsMax,
        );
      return state;
    },
    merge: (into, more) => {
      into.zeros += more.zeros;
      mergeBuckets(into.positive, more.positive, bucketsMax);
      mergeBuckets(into.negative, more.negative, bucketsMax);
      return into;
    },
    result: (state) => {
      const total = state.zeros + counted(state.positive) + counted(state.negative);
      return qs.map((q) => valueAt(state, Math.floor(q * (total - 1)), gamma));
    },
  };
};

const countIn = (buckets: number[], index: number, times: number, bucketsMax: number): void => {
  let low = 0;
  let high = buckets.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((buckets[2 * middle] ?? 0) < index) low = middle + 1;
    else high = middle;
  }
  const at = 2 * low;
  if (buckets[at] === index) buckets[at + 1] = (buckets[at + 1] ?? 0) + times;
  else {
    buckets.splice(at, 0, index, times);
    if (buckets.length > 2 * bucketsMax) collapseLowest(buckets);
  }
};

/** The set of the highest indexes does not depend on order, nor does what is counted below them (Q2). */
const collapseLowest = (buckets: number[]): void => {
  const [, times = 0] = buckets.splice(0, 2);
  buckets[1] = (buckets[1] ?? 0) + times;
};

const mergeBuckets = (into: number[], more: readonly number[], bucketsMax: number): void => {
  // From the top: what is below the lowest bucket that stays is collapsed once and not pushed in and out.
  for (let i = more.length - 2; i >= 0; i -= 2)
    countIn(into, more[i] as number, more[i + 1] as number, bucketsMax);
};

const counted = (buckets: readonly number[]): number => {
  let times = 0;
  for (let i = 1; i < buckets.length; i += 2) times += buckets[i] as number;
  return times;
};

/** The value at an index of the sorted values: below 0 from the largest size down, 0, above 0. */
const valueAt = ({ zeros, positive, negative }: DDSketchState, index: number, gamma: number): number => {
  let before = 0;
  for (let i = negative.length - 2; i >= 0; i -= 2) {
    before += negative[i + 1] as number;
    if (before > index) return -middleOf(negative[i] as number, gamma);
  }
  before += zeros;
  if (before > index) return 0;
  for (let i = 0; i < positive.length; i += 2) {
    before += positive[i + 1] as number;
    if (before > index) return middleOf(positive[i] as number, gamma);
  }
  return Number.NaN;
};

const middleOf = (index: number, gamma: number): number => (2 * gamma ** index) / (gamma + 1);

const assertOptions = (qs: readonly number[], relativeError: number, bucketsMax: number): void => {
  const faults: string[] = [];
  for (const q of qs) if (!(q >= 0 && q <= 1)) faults.push(`windows.quantile: q is ${q}; give 0 to 1`);
  if (!(relativeError > 0 && relativeError < 1))
    faults.push(
      `windows.quantile: relativeError is ${relativeError}; give a number above 0 and below 1, 0.01 is 1 %`,
    );
  if (!Number.isInteger(bucketsMax) || bucketsMax < 2)
    faults.push(`windows.quantile: bucketsMax is ${bucketsMax}; give a whole number of at least 2`);
  if (faults.length > 0) throw new StreamsConfigError(faults);
};
