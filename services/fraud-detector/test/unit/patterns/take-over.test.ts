// A bug here lets whoever has the code move the money, or stops everybody who has bought a telephone.

import type { Transaction } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { takeOverStore } from "../../../src/patterns/take-over.ts";
import { dayMs, hourMs, minuteMs, noonMs, RuleHarness, transaction } from "../detector.ts";

const matches = (...transactions: readonly Transaction[]): Promise<string[]> =>
  new RuleHarness("take-over").feed(...transactions);

const use = (id: string, afterMs: number, deviceId: string, fields: Partial<Transaction> = {}) =>
  transaction(id, afterMs, { deviceId, ...fields });
const transfer = (id: string, afterMs: number, deviceId?: string) =>
  transaction(id, afterMs, {
    type: "transfer",
    amount: 400_000,
    ...(deviceId === undefined ? {} : { deviceId }),
  });

const own = use("o", -hourMs, "phone");

describe("take-over", () => {
  it("a new device and then a transfer match", async () => {
    const harness = new RuleHarness("take-over");
    expect(await harness.feed(own, use("n", 0, "theirs"), transfer("t", 12 * minuteMs, "theirs"))).toEqual([
      "n t",
    ]);
    expect(harness.steps).toEqual(["device transfer"]);
    expect(harness.reasons).toEqual([
      "transfer of 4,000.00 EUR 12 min after the first transaction from a new device",
    ]);
  });

  it("exactly 30 minutes is within, a millisecond more is not (T1)", async () => {
    const series = [own, use("n", 0, "theirs")];
    expect(await matches(...series, transfer("t", 30 * minuteMs, "theirs"))).toEqual(["n t"]);
    expect(await matches(...series, transfer("t", 30 * minuteMs + 1, "theirs"))).toEqual([]);
  });

  it("the first device of an account is not new (T2)", async () => {
    expect(await matches(use("n", 0, "phone"), transfer("t", 1, "phone"))).toEqual([]);
    expect(await matches(transaction("x", -1), use("n", 0, "phone"), transfer("t", 1, "phone"))).toEqual([]);
  });

  it("a known device is not new (T2)", async () => {
    expect(await matches(own, use("n", 0, "phone"), transfer("t", 1, "phone"))).toEqual([]);
  });

  it("the transfer comes from the new device or names none, and not from a known one (T3)", async () => {
    const series = [own, use("n", 0, "theirs")];
    expect(await matches(...series, transfer("t", 1))).toEqual(["n t"]);
    expect(await matches(...series, transfer("t", 1, "phone"))).toEqual([]);
    expect(await matches(...series, transfer("t", 1, "phone"), transfer("u", 2, "theirs"))).toEqual(["n u"]);
  });

  it.each(["purchase", "withdrawal", "deposit", "refund"] as const)("a %s is no transfer", async (type) => {
    const payment = use("t", 1, "theirs", { type, amount: 400_000 });
    expect(await matches(own, use("n", 0, "theirs"), payment)).toEqual([]);
  });

  it("a transfer that is the first from the new device begins the pattern and does not complete it (T4)", async () => {
    expect(await matches(own, transfer("t", 0, "theirs"))).toEqual([]);
    expect(await matches(own, transfer("t", 0, "theirs"), transfer("u", 1, "theirs"))).toEqual(["t u"]);
  });

  it("the ten devices that were seen last are known, the eleventh is new again (T5)", async () => {
    const others = (count: number) =>
      Array.from({ length: count }, (_, i) => use(`d${i}`, -minuteMs * (20 - i), `d${i}`));
    const series = [use("n", 0, "phone"), transfer("t", 1, "phone")];
    expect(await matches(own, ...others(9), ...series)).toEqual([]);
    expect(await matches(own, ...others(10), ...series)).toEqual(["n t"]);
    const usedAgain = use("o2", -minuteMs * 20, "phone");
    expect(await matches(own, usedAgain, ...others(9), ...series)).toEqual([]);
  });

  it("a device is known for 400 days after it was last seen (T5)", async () => {
    const old = [use("a", -400 * dayMs, "old"), use("b", -dayMs, "phone")];
    const back = (afterMs: number) => [use("n", afterMs, "old"), transfer("t", afterMs + 1, "old")];
    expect(await matches(...old, ...back(0))).toEqual([]);
    expect(await matches(...old, ...back(1))).toEqual(["n t"]);
  });

  it("after a match the account starts afresh (T6)", async () => {
    const series = [own, use("n", 0, "theirs"), transfer("t", 1, "theirs"), transfer("u", 2, "theirs")];
    expect(await matches(...series)).toEqual(["n t"]);
  });

  it("of two new devices the latest is the evidence of a transfer that names none", async () => {
    expect(await matches(own, use("n", 0, "one"), use("m", 1, "two"), transfer("t", 2))).toEqual(["m t"]);
    expect(await matches(own, use("n", 0, "one"), use("m", 1, "two"), transfer("t", 2, "one"))).toEqual([
      "n t",
    ]);
  });

  it("a use out of order makes a new device a known one: the alert is withdrawn (T6)", async () => {
    const own2 = use("o", -minuteMs, "phone");
    const series = [own2, use("n", 5_000, "tablet"), transfer("t", 6_000, "tablet")];
    // The account has used the tablet before its telephone.
    const firstUse = use("x", -1, "tablet");
    expect(await matches(...series, { ...firstUse, occurredAt: transaction("x", 4_000).occurredAt })).toEqual(
      ["n t", "-n t", "x t"],
    );
    const env = { GRACE_MS: "3600000" };
    const patient = new RuleHarness("take-over", env);
    expect(await patient.feed(...series, use("x", -2 * minuteMs, "tablet"))).toEqual(["n t", "-n t"]);
  });
});

describe("what is remembered of devices", () => {
  it("is ten at most, and the first transaction of a new one", async () => {
    const harness = new RuleHarness("take-over");
    for (let i = 0; i < 100; i++) await harness.feed(use(`d${i}`, i * minuteMs, `device-${i}`));
    const stored = harness.driver.store(takeOverStore).get("acc_42");
    expect(stored?.settled?.known).toHaveLength(10);
    expect(JSON.stringify(stored).length).toBeLessThan(20_000);
  });

  it("is nothing of an account without devices for 400 days, nor of one that never had one", async () => {
    const harness = new RuleHarness("take-over");
    await harness.feed(own, transaction("x", 0, { accountId: "acc_7", type: "transfer" }));
    await harness.driver.advanceStreamTime(noonMs - hourMs + 400 * dayMs);
    expect([...harness.driver.store(takeOverStore).entries()].map(([key]) => key)).toEqual(["acc_42"]);
    await harness.driver.advanceStreamTime(noonMs + 400 * dayMs + hourMs);
    expect(harness.driver.store(takeOverStore).size).toBe(0);
  });
});
