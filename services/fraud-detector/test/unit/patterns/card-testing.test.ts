// A bug here lets a tested card be emptied, or blocks one at the baker's.

import type { Transaction } from "@riffle/contracts";
import { inspectPattern } from "@riffle/streams";
import { describe, expect, it } from "vitest";
import { cardTestingPattern, cardTestingStore } from "../../../src/patterns/card-testing.ts";
import { minuteMs, noonMs, RuleHarness, transaction } from "../detector.ts";

const matches = (...transactions: readonly Transaction[]): Promise<string[]> =>
  new RuleHarness("card-testing").feed(...transactions);

/** A small purchase, and a large one. */
const small = (id: string, afterMs: number, fields: Partial<Transaction> = {}) =>
  transaction(id, afterMs, fields);
const large = (id: string, afterMs: number, fields: Partial<Transaction> = {}) =>
  transaction(id, afterMs, { amount: 120_000, ...fields });

const smalls = [small("s1", 0), small("s2", 1_000), small("s3", 2_000)];

describe("card testing", () => {
  it("is run in constant state", () => {
    const parameters = { smallBelow: 100, largeAbove: 1_000, smallsMin: 3, withinMs: 300_000 };
    expect(inspectPattern(cardTestingPattern(parameters))).toMatchObject({
      constantState: true,
      unboundedState: [],
    });
  });

  it("three smalls and a large match, and each is named by the step that took it", async () => {
    const harness = new RuleHarness("card-testing");
    expect(await harness.feed(...smalls, large("l1", 3_000))).toEqual(["s1 s2 s3 l1"]);
    expect(harness.steps).toEqual(["small small small large"]);
  });

  it("a withdrawal names the steps of what it withdraws (C6)", async () => {
    const harness = new RuleHarness("card-testing");
    const late = small("s4", 2_500);
    expect(await harness.feed(...smalls, large("l1", 3_000), late)).toEqual([
      "s1 s2 s3 l1",
      "-s1 s2 s3 l1",
      "s2 s3 s4 l1",
    ]);
    expect(new Set(harness.steps)).toEqual(new Set(["small small small large"]));
  });

  it("two smalls and a large do not", async () => {
    expect(await matches(...smalls.slice(1), large("l1", 3_000))).toEqual([]);
  });

  it("a large before the third small does not match, and ends nothing", async () => {
    const early = [small("s1", 0), large("l1", 1), small("s2", 2), small("s3", 3)];
    expect(await matches(...early)).toEqual([]);
    expect(await matches(...early, large("l2", 4))).toEqual(["s1 s2 s3 l2"]);
  });

  it("other transactions may stand between (C2)", async () => {
    const between = [
      transaction("m1", 500, { amount: 50_000 }),
      transaction("d1", 600, { type: "deposit" }),
      large("l0", 700, { type: "transfer" }),
    ];
    const around = [small("s1", 0), ...between, small("s2", 800), small("s3", 900), large("l1", 950)];
    expect(await matches(...around)).toEqual(["s1 s2 s3 l1"]);
  });

  it("the latest three smalls count (C4)", async () => {
    expect(await matches(small("s0", -299_000), ...smalls, large("l1", 300_000))).toEqual(["s1 s2 s3 l1"]);
  });

  it.each(["withdrawal", "transfer", "deposit", "refund"] as const)(
    "a %s is neither small nor large (C2)",
    async (type) => {
      expect(await matches(...smalls.slice(1), small("x1", 2_500, { type }), large("l1", 3_000))).toEqual([]);
      expect(await matches(...smalls, large("l1", 3_000, { type }))).toEqual([]);
    },
  );

  it("exactly 5 minutes from the first small is within, one millisecond more is not (C1)", async () => {
    expect(await matches(...smalls, large("l1", 300_000))).toEqual(["s1 s2 s3 l1"]);
    expect(await matches(...smalls, large("l1", 300_001))).toEqual([]);
  });

  it("99.99 is small, 100.00 is not (C3)", async () => {
    const third = (amount: number) =>
      matches(...smalls.slice(1), small("s9", 2_500, { amount }), large("l1", 3_000));
    expect(await third(9_999)).toEqual(["s2 s3 s9 l1"]);
    expect(await third(10_000)).toEqual([]);
  });

  it("1,000.01 is large, 1,000.00 is not (C3)", async () => {
    const last = (amount: number) => matches(...smalls, large("l1", 3_000, { amount }));
    expect(await last(100_001)).toEqual(["s1 s2 s3 l1"]);
    expect(await last(100_000)).toEqual([]);
  });

  it("each purchase is judged in units of its own currency: 99 yen, 99.999 dinars and 1,001 yen (C3)", async () => {
    const mixed = (yen: number, dinars: number) =>
      matches(
        small("s1", 0, { amount: yen, currency: "JPY" }),
        small("s2", 1, { amount: dinars, currency: "KWD" }),
        small("s3", 2),
        large("l1", 3, { amount: 1_001, currency: "JPY" }),
      );
    expect(await mixed(99, 99_999)).toEqual(["s1 s2 s3 l1"]);
    expect(await mixed(100, 99_999)).toEqual([]);
    expect(await mixed(99, 100_000)).toEqual([]);
  });

  it("after a match the account starts afresh (C5)", async () => {
    const first = [...smalls, large("l1", 3_000)];
    expect(await matches(...first, large("l2", 4_000))).toEqual(["s1 s2 s3 l1"]);
    const again = [small("s4", 5_000), small("s5", 6_000), small("s6", 7_000), large("l2", 8_000)];
    expect(await matches(...first, ...again)).toEqual(["s1 s2 s3 l1", "s4 s5 s6 l2"]);
  });

  it("its sentence names every currency of the smalls, each with its own limit", async () => {
    const harness = new RuleHarness("card-testing");
    await harness.feed(
      small("s1", 0, { currency: "JPY", amount: 99 }),
      small("s2", minuteMs),
      small("s3", 2 * minuteMs),
      large("l1", 130_000),
    );
    expect(harness.reasons).toEqual([
      "3 purchases under 100 JPY or 100.00 EUR, then 1,200.00 EUR within 2 min 10 s",
    ]);
  });
});

describe("card testing out of order (C6)", () => {
  it("smalls are taken in event-time order", async () => {
    expect(await matches(small("s3", 2_000), small("s1", 0), small("s2", 1_000), large("l1", 3_000))).toEqual(
      ["s1 s2 s3 l1"],
    );
  });

  it("smalls and a large of one millisecond are in order of their offsets", async () => {
    expect(await matches(small("s1", 0), small("s2", 0), small("s3", 0), large("l1", 0))).toEqual([
      "s1 s2 s3 l1",
    ]);
    expect(await matches(small("s1", 0), small("s2", 0), large("l1", 0), small("s3", 0))).toEqual([]);
  });

  it("a small that comes after the large which it precedes completes the pattern", async () => {
    expect(await matches(small("s1", 0), small("s2", 1), large("l1", 3), small("s3", 2))).toEqual([
      "s1 s2 s3 l1",
    ]);
  });

  it("a small later than the large in event time does not count, though it came first", async () => {
    expect(await matches(small("s1", 0), small("s2", 1), small("s3", 3), large("l1", 2))).toEqual([]);
  });

  it("a small from before a match changes its evidence: the alert is withdrawn and another raised", async () => {
    expect(await matches(...smalls, large("l1", 3_000), small("s4", 2_500))).toEqual([
      "s1 s2 s3 l1",
      "-s1 s2 s3 l1",
      "s2 s3 s4 l1",
    ]);
  });

  it("a large that comes before the one that matched takes its smalls", async () => {
    expect(await matches(...smalls, large("l2", 4_000), large("l1", 3_000))).toEqual([
      "s1 s2 s3 l2",
      "-s1 s2 s3 l2",
      "s1 s2 s3 l1",
    ]);
  });
});

describe("what card testing remembers", () => {
  it("is three smalls, however many there were, and what is younger than grace", async () => {
    const harness = new RuleHarness("card-testing");
    for (let i = 0; i < 200; i++) await harness.feed(small(`s${i}`, i * 1_000));
    const stored = harness.driver.store(cardTestingStore).get("acc_42");
    expect(JSON.stringify(stored?.settled).match(/"id"/g)).toHaveLength(3);
    expect(stored?.pending.length).toBeLessThanOrEqual(2 * 31);
  });

  it("is nothing of an account that was idle for within and twice grace", async () => {
    const harness = new RuleHarness("card-testing");
    await harness.feed(...smalls);
    await harness.driver.advanceStreamTime(noonMs + 2_000 + 5 * minuteMs);
    expect(harness.driver.store(cardTestingStore).size).toBe(1);
    await harness.driver.advanceStreamTime(noonMs + 2_000 + 6 * minuteMs + 2);
    expect(harness.driver.store(cardTestingStore).size).toBe(0);
  });
});
