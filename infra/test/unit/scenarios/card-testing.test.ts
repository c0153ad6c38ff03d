// A bug here looks like this: a scenario that expects what the pipeline happens to do.
//
// So its expectations are checked against an oracle that shares nothing with the pipeline: it has the whole account
// before it and looks back from each large purchase.

import { explainTransactionInput, type TransactionInput } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { cardTesting } from "../../../scenarios/card-testing.ts";
import { inEventTimeOrder } from "../../../scenarios/scenario.ts";

const endsAtMs = Date.parse("2026-01-02T03:04:05.678Z");
const scenario = cardTesting({ runId: "run-1", endsAtMs });

/** Every alert of one account, as the ids of its causes: a large one, the latest three small ones before it; then afresh. */
function oracle(transactions: readonly TransactionInput[]): string[][] {
  const at = ({ occurredAt }: TransactionInput) => Date.parse(occurredAt);
  const purchases = transactions.filter(({ type }) => type === "purchase").toSorted((a, b) => at(a) - at(b));
  const alerts: string[][] = [];
  let from = 0;
  for (const [index, last] of purchases.entries()) {
    const causes = purchases
      .slice(from, index)
      .filter(({ amount, ...rest }) => amount < 10_000 && at(last) - at({ amount, ...rest }) <= 300_000);
    if (last.amount > 100_000 && causes.length >= 3) {
      alerts.push([...causes.slice(-3), last].map(({ id }) => id));
      from = index + 1;
    }
  }
  return alerts;
}

describe("the oracle", () => {
  const at = (seconds: number, amount: number): TransactionInput => ({
    id: `t${seconds}`,
    accountId: "a",
    amount,
    currency: "EUR",
    type: "purchase",
    occurredAt: new Date(endsAtMs + seconds * 1000).toISOString(),
  });

  it("finds three small and a large one, and starts afresh after it", () => {
    const once = [at(0, 1), at(1, 1), at(2, 1), at(3, 100_001)];
    expect(oracle(once)).toEqual([["t0", "t1", "t2", "t3"]]);
    expect(oracle([...once, at(4, 1), at(5, 1), at(6, 100_001)])).toHaveLength(1);
  });

  it("finds nothing one step short of it", () => {
    expect(oracle([at(0, 1), at(1, 1), at(3, 100_001)])).toEqual([]);
    expect(oracle([at(0, 1), at(1, 1), at(2, 10_000), at(3, 100_001)])).toEqual([]);
    expect(oracle([at(0, 1), at(1, 1), at(2, 1), at(3, 100_000)])).toEqual([]);
    expect(oracle([at(0, 1), at(1, 1), at(2, 1), at(301, 100_001)])).toEqual([]);
  });
});

describe("the card-testing scenario", () => {
  it.each(scenario.stories)("$title: the oracle expects the same", ({ transactions, expected }) => {
    expect(oracle(transactions)).toEqual(expected);
  });

  it.each(scenario.stories)(
    "$title: then its sentinel raises one alert of its own",
    ({ transactions, sentinel, expected }) => {
      expect(oracle([...transactions, ...sentinel])).toEqual([...expected, sentinel.map(({ id }) => id)]);
    },
  );

  it("has frauds and near-misses, each on an account of its own", () => {
    const worth = scenario.stories.map(({ expected }) => expected.length);
    expect(worth.filter((count) => count === 1)).toHaveLength(2);
    expect(worth.filter((count) => count === 0)).toHaveLength(8);
    expect(new Set(scenario.stories.map(({ accountId }) => accountId)).size).toBe(scenario.stories.length);
  });

  it("sends what ingest accepts, in the order of event time, ending where it was told to", () => {
    const sent = inEventTimeOrder(scenario);
    const times = sent.map(({ occurredAt }) => Date.parse(occurredAt));
    expect(times).toEqual(times.toSorted((one, other) => one - other));
    expect(times.at(-1)).toBe(endsAtMs);
    expect(endsAtMs - Math.min(...times)).toBeLessThan(320_000);
    expect(sent.flatMap((transaction) => explainTransactionInput(transaction))).toEqual([]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(sent.length);
  });

  it("shares no id with another run", () => {
    const other = cardTesting({ runId: "run-2", endsAtMs });
    const ids = new Set(inEventTimeOrder(scenario).map(({ id }) => id));
    expect(inEventTimeOrder(other).filter(({ id }) => ids.has(id))).toEqual([]);
  });
});
