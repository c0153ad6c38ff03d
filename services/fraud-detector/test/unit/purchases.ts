// Builders of the fraud detector's tests. `s1` is a small purchase, `l1` a large one, `d1` a deposit.

import { formatEventTime, type Transaction } from "@riffle/contracts";
import type { CardTestingRules, Placed } from "../../src/patterns/card-testing.ts";

export const noonMs = Date.UTC(2026, 2, 1, 12);

export const defaultRules: CardTestingRules = {
  smallBelow: 100,
  largeAbove: 1_000,
  smallsMin: 3,
  withinMs: 300_000,
};

/** A transaction `afterMs` after noon. Its letter says what it is. */
export const letter = (id: string, afterMs: number, fields: Partial<Transaction> = {}): Transaction => ({
  id,
  accountId: "acc_42",
  amount: id.startsWith("l") ? 120_000 : 200,
  currency: "EUR",
  occurredAt: formatEventTime(noonMs + afterMs),
  type: id.startsWith("d") ? "deposit" : "purchase",
  ...fields,
});

/** The same, placed: the offset is that of its arrival. */
export const placed = (offset: number, transaction: Transaction): Placed => ({
  eventTimeMs: Date.parse(transaction.occurredAt),
  offset,
  transaction,
});
