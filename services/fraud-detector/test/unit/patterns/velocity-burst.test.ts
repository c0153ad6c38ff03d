// A bug here lets a program empty an account voucher by voucher, or stops a family at the fair.

import type { Transaction } from "@riffle/contracts";
import { inspectPattern } from "@riffle/streams";
import { describe, expect, it } from "vitest";
import { velocityBurstPattern, velocityBurstStore } from "../../../src/patterns/velocity-burst.ts";
import { noonMs, RuleHarness, transaction } from "../detector.ts";

const burst = (count: number, stepMs: number, fields: Partial<Transaction> = {}): Transaction[] =>
  Array.from({ length: count }, (_, i) => transaction(`t${i}`, i * stepMs, fields));

const ids = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => `t${from + i}`).join(" ");

const matches = (...transactions: readonly Transaction[]): Promise<string[]> =>
  new RuleHarness("velocity-burst").feed(...transactions);

describe("velocity burst", () => {
  it("is run in constant state", () => {
    expect(inspectPattern(velocityBurstPattern({ transactionsMin: 10, withinMs: 60_000 }))).toMatchObject({
      constantState: true,
      unboundedState: [],
    });
  });

  it("ten within the minute match, nine do not", async () => {
    const harness = new RuleHarness("velocity-burst");
    expect(await harness.feed(...burst(10, 1_000))).toEqual([ids(0, 9)]);
    expect(harness.steps).toEqual([`${"burst ".repeat(9)}last`]);
    expect(harness.reasons).toEqual(["10 transactions within 9 s"]);
    expect(await matches(...burst(9, 1_000))).toEqual([]);
  });

  it("exactly 60 seconds from the first to the tenth is within, a millisecond more is not (V1)", async () => {
    const nine = burst(9, 1_000);
    expect(await matches(...nine, transaction("t9", 60_000))).toEqual([ids(0, 9)]);
    expect(await matches(...nine, transaction("t9", 60_001))).toEqual([]);
  });

  it("any ten within the minute count, not those of a clock minute", async () => {
    const early = transaction("e", -59_000);
    expect(await matches(early, ...burst(10, 6_600))).toEqual([ids(0, 9)]);
  });

  it("types, amounts and currencies do not matter (V2)", async () => {
    const mixed = burst(10, 1_000).map((one, i): Transaction => {
      const type = i % 2 === 0 ? "transfer" : "withdrawal";
      return { ...one, type, amount: 1 + i * 100_000, currency: i < 5 ? "JPY" : "EUR" };
    });
    expect(await matches(...mixed)).toEqual([ids(0, 9)]);
  });

  it("after a match the account starts afresh: nineteen are one, twenty are two (V4)", async () => {
    expect(await matches(...burst(19, 1_000))).toEqual([ids(0, 9)]);
    expect(await matches(...burst(20, 1_000))).toEqual([ids(0, 9), ids(10, 19)]);
  });

  it("one that comes out of order shifts the tens behind it (V5)", async () => {
    const late = transaction("x", 2_500);
    expect(await matches(...burst(10, 1_000), late)).toEqual([
      ids(0, 9),
      `-${ids(0, 9)}`,
      `t0 t1 t2 x ${ids(3, 8)}`,
    ]);
  });

  it("accounts do not mix", async () => {
    const two = burst(18, 1_000).map((one, i) => ({ ...one, accountId: i % 2 === 0 ? "acc_1" : "acc_2" }));
    expect(await matches(...two)).toEqual([]);
  });

  it("the number and the time are configured", async () => {
    const env = { VELOCITY_BURST_TRANSACTIONS_MIN: "2", VELOCITY_BURST_WITHIN_MS: "10" };
    expect(await new RuleHarness("velocity-burst", env).feed(...burst(2, 10))).toEqual(["t0 t1"]);
    expect(await new RuleHarness("velocity-burst", env).feed(...burst(2, 11))).toEqual([]);
  });

  it("what is remembered is gone once nothing can follow it in time", async () => {
    const harness = new RuleHarness("velocity-burst");
    await harness.feed(transaction("t0", 0));
    await harness.driver.advanceStreamTime(noonMs + 60_000 + 2 * 30_000 + 3);
    expect(harness.driver.store(velocityBurstStore).size).toBe(0);
  });
});
