// Totals: what is known about a set of values when the values themselves are forgotten.

/** Count, sum, smallest and largest of at least one value. */
export interface Totals {
  count: number;
  sum: number;
  min: number;
  max: number;
}

/**
 * Adds two values exactly or throws; what it throws is charged to the record being observed. Windows hold money, so
 * the addition is the caller's: `addMoney` of the contracts refuses sums beyond 2^53-1.
 */
export type ExactAdd = (a: number, b: number) => number;

/** The totals of one value. */
export const totalsOf = (value: number): Totals => ({ count: 1, sum: value, min: value, max: value });

/**
 * Takes `more` into `into`. The sums are added as numbers: operators check with their {@link ExactAdd} before they
 * keep a value, so that no sum of kept values can be inexact.
 */
export const mergeTotals = (into: Totals, more: Totals): void => {
  into.count += more.count;
  into.sum += more.sum;
  if (more.min < into.min) into.min = more.min;
  if (more.max > into.max) into.max = more.max;
};
