// The windows of the aggregator: which there are, whose they are, and what their results look like.
//
// Sizes are no configuration: they are part of the stored state and of the result's key.

import { type AccountAggregate, addMoney, averageMoney, type EventWindow } from "@riffle/contracts";
import type { Totals, Window } from "@riffle/streams";

const minuteMs = 60_000;

/** An account's spending over 5 minutes, told every minute. */
export const hopping = { sizeMs: 5 * minuteMs, advanceMs: minuteMs, add: addMoney } as const;

/** An account's running average: the last 5 minutes, told at each transaction. */
export const sliding = { sizeMs: 5 * minuteMs, add: addMoney } as const;

/** Whose windows: never sum currencies. */
export interface Holder {
  readonly accountId: string;
  readonly currency: string;
}

// ISO 4217 codes are three letters, so the two parts can be told again without a length.
const currencyLength = 3;

/** The holder as a key of the stores: `EURacc_42`. */
export const holderKey = ({ accountId, currency }: Holder): string => `${currency}${accountId}`;

/** The holder that {@link holderKey} wrote. */
export const holderOf = (key: string): Holder => ({
  accountId: key.slice(currencyLength),
  currency: key.slice(0, currencyLength),
});

/** An interval as a hopping window of the contract. */
export const hoppingWindow = ({ startMs, endMs }: Window): EventWindow => ({
  kind: "hopping",
  sizeMs: hopping.sizeMs,
  advanceMs: hopping.advanceMs,
  start: startMs,
  end: endMs,
});

/** An interval as a sliding window of the contract. */
export const slidingWindow = ({ startMs, endMs }: Window): EventWindow => ({
  kind: "sliding",
  sizeMs: sliding.sizeMs,
  start: startMs,
  end: endMs,
});

/** What a holder's window comes to. */
export const aggregateOf = (
  { accountId, currency }: Holder,
  window: EventWindow,
  { count, sum, min, max }: Totals,
): AccountAggregate => ({
  accountId,
  currency,
  window,
  count,
  sum,
  min,
  max,
  average: averageMoney(sum, count),
  // A hopping window is told once, closed; a sliding one may miss a record that comes later.
  final: window.kind === "hopping",
});
