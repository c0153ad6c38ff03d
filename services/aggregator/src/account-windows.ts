// The windows of the aggregator: which there are, whose they are, and what their results look like.
//
// Sizes are no configuration: they are part of the stored state and of the result's key. The gap of sessions is: what is
// stored of a session are its ends, and the gap is in the result's key.

import {
  type AccountAggregate,
  addMoney,
  averageMoney,
  type EventWindow,
  type WindowKind,
} from "@riffle/contracts";
import { type Totals, totals, type Window } from "@riffle/streams";

const minuteMs = 60_000;

/** Count, sum, smallest and largest of amounts, in minor units of one currency; the sum is exact or refused. */
export const amounts = totals((amount: number) => amount, addMoney);

/** An account's spending in each five minutes of the clock. */
export const tumbling = { sizeMs: 5 * minuteMs } as const;

/** An account's spending over 5 minutes, told every minute. */
export const hopping = { sizeMs: 5 * minuteMs, advanceMs: minuteMs } as const;

/** An account's running average: the last 5 minutes, told at each transaction. */
export const sliding = { sizeMs: 5 * minuteMs } as const;

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

/**
 * An interval as a window of the contract.
 *
 * @param sizeMs length of hopping, tumbling and sliding windows, gap of sessions
 */
export const eventWindow = (kind: WindowKind, sizeMs: number, { startMs, endMs }: Window): EventWindow => ({
  kind,
  sizeMs,
  ...(kind === "hopping" ? { advanceMs: hopping.advanceMs } : {}),
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
  // All are told once, closed, but for sliding windows, which may miss a record that comes later.
  final: window.kind !== "sliding",
});
