// What the models of windows share: a payment, its holder, and what a window comes to.

import type { AccountAggregate, EventWindow } from "@riffle/contracts";

/** A payment as windows see it. */
export interface Payment {
  readonly accountId: string;
  readonly currency: string;
  readonly amount: number;
  /** Event time, epoch milliseconds. */
  readonly timeMs: number;
  /** Stream time of the partition with this payment taken in, epoch milliseconds. */
  readonly streamTimeMs: number;
}

/** Count, sum, smallest and largest. */
export interface Totals {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** One kind of window, of all accounts of a partition. */
export interface WindowModel {
  /** Counts a payment where it is on time. @returns the windows it missed */
  count(payment: Payment): EventWindow[];
  /** Every window that has closed by this stream time: by end, then by currency and account. */
  finals(streamTimeMs: number): AccountAggregate[];
}

/** Currency first: how finals of one end are ordered. */
export const holderOf = ({ accountId, currency }: Pick<Payment, "accountId" | "currency">): string =>
  `${currency}${accountId}`;

/** The totals of one payment. */
export const totalsOf = (amount: number): Totals => ({ count: 1, sum: amount, min: amount, max: amount });

/** The totals of two lots of payments. */
export const together = (a: Totals, b: Totals): Totals => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
});

/** The value that tells of a window. */
export const aggregateOf = (
  { accountId, currency }: Pick<Payment, "accountId" | "currency">,
  window: EventWindow,
  totals: Totals,
): AccountAggregate => ({
  accountId,
  currency,
  window,
  ...totals,
  average: totals.sum / totals.count,
  final: window.kind !== "sliding",
});

/** By end, then by holder. */
export const inOrderOfClosing = (aggregates: readonly AccountAggregate[]): AccountAggregate[] =>
  aggregates.toSorted((a, b) => a.window.end - b.window.end || (holderOf(a) < holderOf(b) ? -1 : 1));
