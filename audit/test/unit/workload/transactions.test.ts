// A bug here makes every audit green: a workload in which nothing happens that could go wrong.

import type { Transaction } from "@riffle/contracts";
import { explainTransactionInput, parseEventTime } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { hourLongModel } from "../../../model/options.ts";
import { modelPartition } from "../../../model/reference-model.ts";
import { makeTransactions } from "../../../workload/transactions.ts";

const startMs = Date.UTC(2026, 2, 1, 12);
const options = { transactions: 12_000, accounts: 2_000, startMs, spanMs: 3_600_000, fraudOneOf: 15 };

const made = (seed: number): Transaction[] => makeTransactions({ ...options, seed });

describe("a workload", () => {
  it("is made again from its seed, and from no other", () => {
    expect(made(7)).toEqual(made(7));
    expect(made(7)).not.toEqual(made(8));
  });

  it("has as many transactions as were asked for, all of them valid and within the span", () => {
    const transactions = made(1);
    expect(transactions).toHaveLength(options.transactions);
    expect(transactions.flatMap((one) => explainTransactionInput(one))).toEqual([]);
    const times = transactions.map(({ occurredAt }) => parseEventTime(occurredAt));
    expect(Math.min(...times)).toBeGreaterThanOrEqual(startMs);
    expect(Math.max(...times)).toBeLessThan(startMs + options.spanMs);
  });

  it("fills its span evenly, the end too", () => {
    const quarters = [0, 0, 0, 0];
    for (const { occurredAt } of made(1)) {
      const at = Math.floor((4 * (parseEventTime(occurredAt) - startMs)) / options.spanMs);
      quarters[at] = (quarters[at] ?? 0) + 1;
    }
    for (const count of quarters) expect(Math.abs(count - options.transactions / 4)).toBeLessThan(400);
  });

  it.each([1, 2, 3, 4, 5])(
    "of seed %d has alerts of all six rules, raised and withdrawn",
    (seed) => {
      const { alerts } = modelPartition(made(seed), hourLongModel);
      const kinds = new Set(alerts.map((line) => line.split(" ", 2).join(" ")));
      const rules = [
        "amount-above-mean",
        "card-testing",
        "dormant-account-awakened",
        "impossible-travel",
        "take-over",
        "velocity-burst",
      ];
      expect([...kinds].toSorted()).toEqual([
        ...rules.map((rule) => `raised ${rule}`),
        ...rules.map((rule) => `withdrawn ${rule}`),
      ]);
    },
    60_000,
  );
});
