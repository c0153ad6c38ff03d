// A bug here looks like this: a scenario that expects what the pipeline happens to do.
//
// So its expectations are checked against oracles that share nothing with the pipeline.

import { explainTransactionInput, type TransactionInput } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { scenarios } from "../../../scenarios/catalogue.ts";
import type { Story } from "../../../scenarios/scenario.ts";
import { type Oracle, oracles } from "./oracles.ts";

const endsAtMs = Date.parse("2026-01-02T03:04:05.678Z");
/** What the fraud detector takes for on time, less what sending takes. */
const onTimeMs = 20_000;

const timeOf = ({ occurredAt }: TransactionInput): number => Date.parse(occurredAt);
const inOrder = (transactions: readonly TransactionInput[]): TransactionInput[] =>
  transactions.toSorted((a, b) => timeOf(a) - timeOf(b));

/** The causes of what stands once all alerts have come. */
const standing = ({ expected }: Story): string[] => {
  const stands = new Set<string>();
  for (const { status, causes } of expected) {
    const key = causes.join(" ");
    expect(stands.has(key)).toBe(status === "withdrawn");
    if (status === "raised") stands.add(key);
    else stands.delete(key);
  }
  return [...stands];
};

describe.each([...scenarios])("the scenario %s", (name, make) => {
  const scenario = make({ runId: "run-1", endsAtMs });
  const oracle = oracles.get(name) as Oracle;
  const found = (transactions: readonly TransactionInput[]): string[] =>
    oracle(inOrder(transactions)).map((causes) => causes.join(" "));

  it("is about the rule of its name", () => {
    expect([scenario.name, scenario.rule]).toEqual([name, name]);
  });

  it.each(scenario.stories)("$title: the oracle expects the same", (story) => {
    expect(found(story.transactions)).toEqual(standing(story));
  });

  it.each(scenario.stories)("$title: then its sentinel raises one alert of its own", (story) => {
    const { transactions, sentinel, sentinelCauses } = story;
    expect(found([...transactions, ...sentinel])).toEqual([...standing(story), sentinelCauses.join(" ")]);
    expect(sentinel.map(({ id }) => id)).toEqual(expect.arrayContaining([...sentinelCauses]));
  });

  it("has frauds, near-misses and something withdrawn or late, each on an account of its own", () => {
    const worth = scenario.stories.map(({ expected }) => expected.length);
    expect(worth.filter((count) => count > 0).length).toBeGreaterThan(1);
    expect(worth.filter((count) => count === 0).length).toBeGreaterThan(3);
    expect(
      scenario.stories.some(({ expected }) => expected.some(({ status }) => status === "withdrawn")),
    ).toBe(true);
    expect(scenario.sent.map(({ id }) => id)).not.toEqual(inOrder(scenario.sent).map(({ id }) => id));
    expect(new Set(scenario.stories.map(({ accountId }) => accountId)).size).toBe(scenario.stories.length);
  });

  it("sends what ingest accepts, the sentinels last, all of it so near in time that nothing is late", () => {
    const times = scenario.sent.map(timeOf);
    expect(Math.max(...times)).toBe(endsAtMs);
    expect(endsAtMs - Math.min(...times)).toBeLessThan(onTimeMs);
    expect(scenario.sent.flatMap((transaction) => explainTransactionInput(transaction))).toEqual([]);
    const ids = scenario.sent.map(({ id }) => id);
    const told = scenario.stories.flatMap(({ transactions, sentinel }) => [...transactions, ...sentinel]);
    expect(ids.toSorted()).toEqual(told.map(({ id }) => id).toSorted());
    const sentinels = ids.findIndex((id) => id.includes("sentinel"));
    expect(ids.slice(sentinels).every((id) => id.includes("sentinel"))).toBe(true);
  });

  it("shares no id with another run", () => {
    const ids = new Set(scenario.sent.map(({ id }) => id));
    expect(make({ runId: "run-2", endsAtMs }).sent.filter(({ id }) => ids.has(id))).toEqual([]);
  });
});
