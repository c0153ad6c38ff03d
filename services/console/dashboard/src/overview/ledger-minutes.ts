// The minutes of the ledger without holes. Pure.

import type { LedgerMinute } from "../api/wire.ts";

const minuteMs = 60_000;

/**
 * The last `minutes` minutes up to the one of `untilMs`, oldest first: those of `counted` as they are, the others with
 * nothing in them. The server tells only of minutes in which something was accepted.
 */
export function everyMinute(
  counted: readonly LedgerMinute[],
  untilMs: number,
  minutes: number,
): LedgerMinute[] {
  const known = new Map(counted.map((minute) => [Math.floor(Date.parse(minute.minute) / minuteMs), minute]));
  const last = Math.floor(untilMs / minuteMs);
  return Array.from({ length: minutes }, (_, i) => {
    const number = last - minutes + 1 + i;
    return known.get(number) ?? emptyMinute(number * minuteMs);
  });
}

const emptyMinute = (startMs: number): LedgerMinute => ({
  minute: new Date(startMs).toISOString(),
  received: 0,
  screened: 0,
  rejected: 0,
  deadLettered: 0,
  gap: 0,
});
