// A bug here lets a jeweller be paid from a grocery card, or asks the owner about every Christmas.

import type { Transaction } from "@riffle/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addExact, type ExactInteger, squareExact } from "../../../src/exact-integer.ts";
import { amountAboveMeanStore, isFarAbove } from "../../../src/patterns/amount-above-mean.ts";
import { dayMs, hourMs, minuteMs, noonMs, RuleHarness, transaction } from "../detector.ts";

const matches = (...transactions: readonly Transaction[]): Promise<string[]> =>
  new RuleHarness("amount-above-mean").feed(...transactions);

/** Payments of these amounts, a minute apart, the last a minute before noon. */
const earlier = (amounts: readonly number[], fields: Partial<Transaction> = {}): Transaction[] =>
  amounts.map((amount, i) => transaction(`e${i}`, (i - amounts.length) * minuteMs, { amount, ...fields }));

const ten = (amount: number): number[] => Array.from({ length: 10 }, () => amount);
const payment = (amount: number, fields: Partial<Transaction> = {}) =>
  transaction("x", 0, { amount, ...fields });

const larger = (count: number): Transaction[] =>
  Array.from({ length: count }, (_, i) => transaction(`y${i}`, -2, { amount: 49_999 }));

describe("amount above the mean", () => {
  it("a payment far above the mean of ten matches", async () => {
    const harness = new RuleHarness("amount-above-mean");
    expect(await harness.feed(...earlier([3_000, 5_000, ...ten(4_000)]), payment(290_000))).toEqual(["x"]);
    expect(harness.steps).toEqual(["payment"]);
    expect(harness.reasons).toEqual([
      "2,900.00 EUR, 72.5 times the mean of 40.00 EUR of 12 earlier payments",
    ]);
  });

  it("exactly the tenth earlier payment is enough, nine are not (M2)", async () => {
    expect(await matches(...earlier(ten(4_000)), payment(290_000))).toEqual(["x"]);
    expect(await matches(...earlier(ten(4_000).slice(1)), payment(290_000))).toEqual([]);
  });

  it("exactly 500.00 is enough, 499.99 is not, in units of its own currency (M2)", async () => {
    expect(await matches(...earlier(ten(4_000)), payment(50_000))).toEqual(["x"]);
    expect(await matches(...earlier(ten(4_000)), payment(49_999))).toEqual([]);
    const yen = { currency: "JPY" };
    expect(await matches(...earlier(ten(40), yen), payment(500, yen))).toEqual(["x"]);
    expect(await matches(...earlier(ten(40), yen), payment(499, yen))).toEqual([]);
  });

  it("exactly 3 times the mean is not above it (M2)", async () => {
    expect(await matches(...earlier(ten(20_000)), payment(60_000))).toEqual([]);
    expect(await matches(...earlier(ten(20_000)), payment(60_001))).toEqual(["x"]);
  });

  it("exactly 4 deviations above the mean is not above it (M2)", async () => {
    // Half of them 10,000 below the mean of 20,000, half above: the deviation is 10,000.
    const spread = earlier(ten(0).map((_, i) => (i % 2 === 0 ? 10_000 : 30_000)));
    const env = { AMOUNT_ABOVE_MEAN_TIMES: "1" };
    const found = (amount: number) =>
      new RuleHarness("amount-above-mean", env).feed(...spread, payment(amount));
    expect(await found(60_000)).toEqual([]);
    expect(await found(60_001)).toEqual(["x"]);
  });

  it("it does not count into its own mean, and does count into that of the next (M1)", async () => {
    const harness = new RuleHarness("amount-above-mean");
    expect(await harness.feed(...earlier(ten(4_000)), payment(290_000))).toEqual(["x"]);
    expect(await harness.feed(transaction("y", minuteMs, { amount: 290_000 }))).toEqual([]);
  });

  it("payments of its UTC day and the 30 before count, those of the day before do not (M1)", async () => {
    // Noon is noon UTC: 30 days and 12 hours before it the first of the 30 days begins.
    const old = (atMs: number) => ten(4_000).map((amount, i) => transaction(`e${i}`, atMs, { amount }));
    const beginMs = -30 * dayMs - 12 * hourMs;
    expect(await matches(...old(beginMs), payment(290_000))).toEqual(["x"]);
    expect(await matches(...old(beginMs - 1), payment(290_000))).toEqual([]);
  });

  it("currencies and what is no payment do not count (M3)", async () => {
    expect(await matches(...earlier(ten(4_000), { currency: "USD" }), payment(290_000))).toEqual([]);
    expect(await matches(...earlier(ten(4_000), { type: "deposit" }), payment(290_000))).toEqual([]);
    expect(await matches(...earlier(ten(4_000)), payment(290_000, { type: "refund" }))).toEqual([]);
    expect(await matches(...earlier(ten(4_000)), payment(290_000, { type: "transfer" }))).toEqual(["x"]);
  });

  it("a payment out of order raises an alert on one that is there already (M5)", async () => {
    const [last, ...others] = earlier(ten(4_000)).toReversed();
    const near = { ...(last as Transaction), occurredAt: transaction("n", -1).occurredAt };
    expect(await matches(...others.toReversed(), payment(290_000), near)).toEqual(["x"]);
  });

  it("a payment out of order that makes the mean larger withdraws the alert, and one that makes it smaller raises it again (M5)", async () => {
    const harness = new RuleHarness("amount-above-mean", { AMOUNT_ABOVE_MEAN_DEVIATIONS: "0" });
    await harness.feed(...earlier(ten(4_000)));
    expect(await harness.feed(payment(50_000))).toEqual(["x"]);
    // Below 500.00 they raise nothing themselves, and with the fourth of them 500.00 is no more than 3 times the mean.
    expect(await harness.feed(...larger(3))).toEqual([]);
    expect(await harness.feed(...larger(4).slice(3))).toEqual(["-x"]);
    expect(await harness.feed(transaction("z", -1, { amount: 1 }))).toEqual(["x"]);
  });

  it("the figures in a sentence are those known when the alert was raised, also in its withdrawal (M5)", async () => {
    const harness = new RuleHarness("amount-above-mean", { AMOUNT_ABOVE_MEAN_DEVIATIONS: "0" });
    await harness.feed(...earlier(ten(4_000)), payment(50_000));
    harness.driver.restart();
    expect(await harness.feed(transaction("w", -3, { amount: 5_000 }))).toEqual([]);
    expect(await harness.feed(...larger(5))).toEqual(["-x"]);
    const said = "500.00 EUR, 12.5 times the mean of 40.00 EUR of 10 earlier payments";
    expect(harness.reasons).toEqual([said, said]);
  });
});

describe("sums of amounts", () => {
  const amounts = fc.array(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), { maxLength: 20 });

  it("are exact beyond 2^53, and survive JSON", () => {
    fc.assert(
      fc.property(amounts, (items) => {
        let sum: ExactInteger = 0;
        let squares: ExactInteger = 0;
        for (const n of items) {
          sum = addExact(sum, n);
          squares = JSON.parse(JSON.stringify(addExact(squares, squareExact(n)))) as ExactInteger;
        }
        expect(BigInt(sum)).toBe(items.reduce((total, n) => total + BigInt(n), 0n));
        expect(BigInt(squares)).toBe(items.reduce((total, n) => total + BigInt(n) ** 2n, 0n));
      }),
    );
  });

  it("decide as fractions would: no answer depends on rounding (M4)", () => {
    const input = fc.record({
      items: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 }),
      amount: fc.integer({ min: 1, max: 400 }),
      timesMean: fc.integer({ min: 1, max: 4 }),
      deviations: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(input, ({ items, amount, timesMean, deviations }) => {
        const count = items.length;
        const sum = items.reduce((total, n) => total + n, 0);
        const squares = items.reduce((total, n) => total + n * n, 0);
        // Small numbers: the squared distance from the mean, times count squared, is exact in floating point.
        const spread = items.reduce((total, n) => total + (count * n - sum) ** 2, 0) / count;
        const above = count * amount - sum;
        const expected =
          amount * count > timesMean * sum && above > 0 && above ** 2 > deviations ** 2 * spread;
        expect(isFarAbove({ timesMean, deviations }, { count, sum, squares }, amount)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("what the mean remembers", () => {
  it("is one entry for each day with payments, 31 at most", async () => {
    const harness = new RuleHarness("amount-above-mean");
    for (let i = 0; i < 200; i++) await harness.feed(transaction(`e${i}`, i * (dayMs / 2)));
    const stored = harness.driver.store(amountAboveMeanStore).get("EURacc_42");
    expect(stored?.settled?.length).toBe(31);
    expect(stored?.pending).toHaveLength(1);
  });

  it("is nothing of an account without payments for 31 days", async () => {
    const harness = new RuleHarness("amount-above-mean");
    await harness.feed(transaction("e", 0));
    const dayEndMs = noonMs + dayMs / 2;
    await harness.driver.advanceStreamTime(dayEndMs + 30 * dayMs);
    expect(harness.driver.store(amountAboveMeanStore).size).toBe(1);
    await harness.driver.advanceStreamTime(dayEndMs + 30 * dayMs + hourMs);
    expect(harness.driver.store(amountAboveMeanStore).size).toBe(0);
  });
});
