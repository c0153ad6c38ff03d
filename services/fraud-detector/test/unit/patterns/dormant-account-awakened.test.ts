// A bug here lets a forgotten account be emptied, or asks about every holiday.

import type { Transaction } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { dormantAccountAwakenedStore } from "../../../src/patterns/dormant-account-awakened.ts";
import { dayMs, hourMs, noonMs, RuleHarness, transaction } from "../detector.ts";

const matches = (...transactions: readonly Transaction[]): Promise<string[]> =>
  new RuleHarness("dormant-account-awakened").feed(...transactions);

const silence = 90 * dayMs;
const first = transaction("a", 0);
const payment = (id: string, afterMs: number, fields: Partial<Transaction> = {}) =>
  transaction(id, afterMs, { amount: 90_000, type: "transfer", ...fields });

describe("dormant account awakened", () => {
  it("a payment after 90 days of silence matches, exactly 90 days is enough (D1)", async () => {
    const harness = new RuleHarness("dormant-account-awakened");
    expect(await harness.feed(first, payment("p", silence))).toEqual(["p"]);
    expect(harness.steps).toEqual(["awakening-payment"]);
    expect(harness.reasons).toEqual(["transfer of 900.00 EUR, the first transaction in 90 d"]);
    expect(await matches(first, payment("p", silence - 1))).toEqual([]);
  });

  it("whatever the account did, it was not silent (D1)", async () => {
    const refund = transaction("r", dayMs, { type: "refund" });
    expect(await matches(first, refund, payment("p", silence))).toEqual([]);
  });

  it("a small one may wake the account, the payment then follows within 24 hours, inclusive (D2)", async () => {
    const harness = new RuleHarness("dormant-account-awakened");
    const woken = transaction("w", silence);
    expect(await harness.feed(first, woken, payment("p", silence + dayMs))).toEqual(["w p"]);
    expect(harness.steps).toEqual(["awakening payment"]);
    expect(harness.reasons).toEqual(["transfer of 900.00 EUR, 1 d after the first transaction in 90 d"]);
    expect(await matches(first, woken, payment("p", silence + dayMs + 1))).toEqual([]);
  });

  it("other transactions may stand between the one that woke it and the payment (D2)", async () => {
    const between = [transaction("w", silence), transaction("x", silence + hourMs)];
    expect(await matches(first, ...between, payment("p", silence + 2 * hourMs))).toEqual(["w p"]);
  });

  it("500.01 is above, 500.00 is not, in units of its own currency (D3)", async () => {
    const found = (amount: number, currency: string) =>
      matches(first, payment("p", silence, { amount, currency }));
    expect(await found(50_001, "EUR")).toEqual(["p"]);
    expect(await found(50_000, "EUR")).toEqual([]);
    expect(await found(501, "JPY")).toEqual(["p"]);
    expect(await found(500, "JPY")).toEqual([]);
  });

  it.each([
    ["purchase", ["p"]],
    ["withdrawal", ["p"]],
    ["transfer", ["p"]],
    ["deposit", []],
    ["refund", []],
  ] as const)("a %s raises %j (D3)", async (type, expected) => {
    expect(await matches(first, payment("p", silence, { type }))).toEqual(expected);
  });

  it("a deposit wakes the account (D3)", async () => {
    const deposit = transaction("d", silence, { type: "deposit", amount: 900_000 });
    expect(await matches(first, deposit, payment("p", silence + 1))).toEqual(["d p"]);
  });

  it("there is one alert for each awakening (D4)", async () => {
    const again = [payment("q", silence + 1), payment("r", silence + 2)];
    expect(await matches(first, payment("p", silence), ...again)).toEqual(["p"]);
    expect(await matches(first, payment("p", silence), payment("q", 2 * silence))).toEqual(["p", "q"]);
  });

  it("the first transaction ever ends no silence (D5)", async () => {
    expect(await matches(payment("p", 0))).toEqual([]);
  });

  it("730 days of silence are remembered, a millisecond more is not (D5)", async () => {
    expect(await matches(first, payment("p", 730 * dayMs))).toEqual(["p"]);
    expect(await matches(first, payment("p", 730 * dayMs + 1))).toEqual([]);
  });

  it("a late transaction is no activity (D6)", async () => {
    const harness = new RuleHarness("dormant-account-awakened");
    const elsewhere = transaction("e", silence - 1_000, { accountId: "acc_7" });
    expect(await harness.feed(first, elsewhere, transaction("late", silence - 60_000))).toEqual([]);
    expect(await harness.feed(payment("p", silence))).toEqual(["p"]);
  });

  it("one out of order that woke the account before becomes evidence; one that breaks the silence withdraws", async () => {
    const env = { DORMANT_ACCOUNT_AWAKENED_SILENT_MS: "10000", DORMANT_ACCOUNT_AWAKENED_WITHIN_MS: "5000" };
    const harness = () => new RuleHarness("dormant-account-awakened", env);
    const woken = transaction("w", 12_000);
    expect(await harness().feed(first, payment("p", 15_000), woken)).toEqual(["p", "-p", "w p"]);
    expect(await harness().feed(first, payment("p", 15_000), transaction("x", 9_000))).toEqual(["p", "-p"]);
  });
});

describe("what is remembered of dormant accounts", () => {
  it("is small, and gone 730 days after the last transaction, at the full hour", async () => {
    const harness = new RuleHarness("dormant-account-awakened");
    await harness.feed(first);
    const store = harness.driver.store(dormantAccountAwakenedStore);
    await harness.driver.advanceStreamTime(noonMs + 730 * dayMs);
    expect(store.get("acc_42")).toEqual({ settled: { lastMs: noonMs }, pending: [] });
    await harness.driver.advanceStreamTime(noonMs + 730 * dayMs + hourMs);
    expect(store.size).toBe(0);
  });
});
