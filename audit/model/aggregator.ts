// The aggregator's hopping windows and late transactions, the plain way: every window keeps its sum.
// A payment that would make a sum inexact is counted nowhere: its handler throws, and it is dead-lettered.

import { parseEventTime, type Transaction } from "@riffle/contracts";
import type { ModelOptions } from "./options.ts";

/** Only payments beyond it can burst a sum; the others are not kept one by one. */
const hugeAbove = Number.MAX_SAFE_INTEGER / 4;

interface Totals {
  count: number;
  sum: number;
  min: number;
  max: number;
}

/** Text of a closed window; the reader of the topic makes the same. */
export const windowLine = (
  accountId: string,
  currency: string,
  startMs: number,
  { count, sum, min, max }: Readonly<Totals>,
): string => `${accountId} ${currency} ${startMs} ${count} ${sum} ${min} ${max}`;

/** What an account holds in one currency, until it counts in no window any more. */
interface Held {
  readonly timeMs: number;
  readonly amount: number;
}

/**
 * Whether the sums of the account would lie beyond 2^53-1 with this amount: such a transaction is counted nowhere. What
 * is still held when is exact for payments of one instant, which is what the workload has of this kind.
 */
const overflows = (held: readonly Held[], amount: number): boolean =>
  !Number.isSafeInteger(held.reduce((sum, one) => sum + one.amount, amount));

/** Lines of the closed windows, ids of transactions that missed a window, and of those that no sum can hold. */
export const aggregate = (
  screened: readonly Transaction[],
  { graceMs, windowSizeMs, windowAdvanceMs, sessionGapMs }: ModelOptions,
): { readonly windows: string[]; readonly late: string[]; readonly overflowing: string[] } => {
  const open = new Map<string, { accountId: string; currency: string; startMs: number; totals: Totals }>();
  const late: string[] = [];
  const overflowing: string[] = [];
  const huge = new Map<string, Held[]>();
  /** A running average holds a payment for the size of its window, a session until the gap after it is over. */
  const heldMs = Math.max(windowSizeMs, sessionGapMs + 1) + graceMs;
  let streamTimeMs = -1;
  for (const { id, accountId, currency, amount, occurredAt } of screened) {
    const timeMs = parseEventTime(occurredAt);
    streamTimeMs = Math.max(streamTimeMs, timeMs);
    if (amount > hugeAbove && streamTimeMs < timeMs + heldMs) {
      const holder = `${accountId} ${currency}`;
      const held = (huge.get(holder) ?? []).filter((one) => streamTimeMs < one.timeMs + heldMs);
      if (overflows(held, amount)) {
        overflowing.push(id);
        continue;
      }
      huge.set(holder, [...held, { timeMs, amount }]);
    }
    const newestStartMs = Math.floor(timeMs / windowAdvanceMs) * windowAdvanceMs;
    let missed = false;
    for (let startMs = newestStartMs; startMs > timeMs - windowSizeMs; startMs -= windowAdvanceMs) {
      if (streamTimeMs >= startMs + windowSizeMs + graceMs) {
        missed = true;
        continue;
      }
      const key = `${accountId} ${currency} ${startMs}`;
      const window = open.get(key) ?? {
        accountId,
        currency,
        startMs,
        totals: { count: 0, sum: 0, min: Infinity, max: -Infinity },
      };
      window.totals.count++;
      window.totals.sum += amount;
      window.totals.min = Math.min(window.totals.min, amount);
      window.totals.max = Math.max(window.totals.max, amount);
      open.set(key, window);
    }
    // The window of the running average ends with the transaction itself: [time - size + 1, time + 1).
    if (missed || streamTimeMs >= timeMs + 1 + graceMs) late.push(id);
  }
  const windows = [...open.values()]
    .filter(({ startMs }) => streamTimeMs >= startMs + windowSizeMs + graceMs)
    .map(({ accountId, currency, startMs, totals }) => windowLine(accountId, currency, startMs, totals));
  return { windows, late, overflowing };
};
