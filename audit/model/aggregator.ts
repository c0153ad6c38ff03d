// The aggregator's hopping windows and late transactions, the plain way: every window keeps its sum.

import { parseEventTime, type Transaction } from "@riffle/contracts";
import type { ModelOptions } from "./options.ts";

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

/** Lines of the closed windows, and ids of transactions that missed a window. */
export const aggregate = (
  screened: readonly Transaction[],
  { graceMs, windowSizeMs, windowAdvanceMs }: ModelOptions,
): { readonly windows: string[]; readonly late: string[] } => {
  const open = new Map<string, { accountId: string; currency: string; startMs: number; totals: Totals }>();
  const late: string[] = [];
  let streamTimeMs = -1;
  for (const { id, accountId, currency, amount, occurredAt } of screened) {
    const timeMs = parseEventTime(occurredAt);
    streamTimeMs = Math.max(streamTimeMs, timeMs);
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
  return { windows, late };
};
