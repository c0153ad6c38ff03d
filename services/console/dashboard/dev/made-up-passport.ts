// What follows from a made-up payment: the records on its way, and the windows of its account.

import type { AlertRow, Hop, Transaction, WindowView } from "../src/api/wire.ts";

const minuteMs = 60_000;
/** Of every topic. */
export const partitions = 12;

/** A payment and what became of it. */
export interface Payment {
  readonly transaction: Transaction;
  readonly atMs: number;
  readonly isRejected: boolean;
  readonly offset: number;
}

/** The partition of an account. */
export const partitionOf = (accountId: string): number =>
  [...accountId].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9_973, 7) % partitions;

/** The records on its way. */
export function hopsOf(
  { transaction, atMs, isRejected, offset }: Payment,
  alerts: readonly AlertRow[],
): Hop[] {
  const partition = partitionOf(transaction.accountId);
  const eventTime = transaction.occurredAt;
  const hop = (
    stage: Hop["stage"],
    service: string,
    topic: string,
    sincePreviousMs: number | null,
    afterMs: number,
  ): Hop => ({
    stage,
    service,
    topic,
    partition,
    offset,
    eventTime,
    atMs: Math.round(atMs + afterMs),
    sincePreviousMs,
  });
  const received = hop("received", "ingest", "transactions.received.v1", null, 0);
  if (isRejected) return [received, hop("rejected", "filter", "transactions.rejected.v1", 11, 11)];
  const counted = [
    received,
    hop("screened", "filter", "transactions.screened.v1", 12, 12),
    hop("counted", "aggregator", "aggregates.account.v1", 24, 36),
  ];
  if (alerts.length === 0) return counted;
  return [
    ...counted,
    hop("matched", "fraud-detector", "alerts.v1", 5, 41),
    hop("notified", "notifier", "notifications.v1", 58, 99),
  ];
}

/** The windows that hold an instant. @param transactions those of the account */
export function windowsOf(transactions: readonly Transaction[], atMs: number): WindowView[] {
  const window = (kind: WindowView["kind"], sizeMs: number, advanceMs?: number): WindowView => {
    const step = advanceMs ?? sizeMs;
    const start = Math.floor(atMs / step) * step;
    const inside = transactions.filter(({ occurredAt }) => {
      const at = Date.parse(occurredAt);
      return at >= start && at < start + sizeMs;
    });
    const amounts = inside.length === 0 ? [1_200] : inside.map(({ amount }) => amount);
    const sum = amounts.reduce((total, amount) => total + amount, 0);
    return {
      kind,
      sizeMs,
      ...(advanceMs === undefined ? {} : { advanceMs }),
      start,
      end: start + sizeMs,
      currency: "EUR",
      count: amounts.length,
      sum,
      min: Math.min(...amounts),
      max: Math.max(...amounts),
      average: sum / amounts.length,
      final: start + sizeMs < atMs,
    };
  };
  return [
    window("tumbling", minuteMs),
    window("hopping", 60 * minuteMs, 5 * minuteMs),
    window("sliding", 10 * minuteMs),
  ];
}
