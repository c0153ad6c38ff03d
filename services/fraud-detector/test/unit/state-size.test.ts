// A bug here makes the detector forget its accounts one morning, because there is no memory left to remember them in.

import { type Transaction, topics } from "@riffle/contracts";
import type { StoreSpec } from "@riffle/streams";
import { describe, expect, it } from "vitest";
import { ruleStores } from "../../src/rules.ts";
import { dayMs, detectorDriver, minuteMs, screened, transaction } from "./detector.ts";

type Bytes = Readonly<Record<keyof typeof ruleStores, number>>;

/** Fails where the only account takes more bytes of JSON than this, or less than half of it. */
const expectBytes = async (transactions: readonly Transaction[], idleMs: number, max: Bytes) => {
  const driver = detectorDriver();
  await driver.send(topics.transactionsScreened, ...transactions.map(screened));
  const lastMs = Math.max(...transactions.map(({ occurredAt }) => Date.parse(occurredAt)));
  await driver.advanceStreamTime(lastMs + idleMs);
  for (const [name, limit] of Object.entries(max)) {
    const store: StoreSpec<unknown> = ruleStores[name as keyof Bytes];
    const values = [...driver.store(store).entries()].map(([, value]) => JSON.stringify(value).length);
    const bytes = values.reduce((sum, one) => sum + one, 0);
    expect(bytes, name).toBeLessThanOrEqual(limit);
    expect(bytes, name).toBeGreaterThanOrEqual(limit / 2);
  }
};

/** About 300 bytes of JSON, as a point of sale would send it. */
const purchase = (i: number, afterMs: number): Transaction =>
  transaction(`txn_${String(i).padStart(12, "0")}`, afterMs, {
    accountId: "acct_000042",
    amount: 4_000 + (i % 7) * 100,
    channel: "card_present",
    merchantId: "merchant-4711",
    merchantCategory: "5411",
    country: "PT",
    latitude: 38.7223,
    longitude: -9.1393,
    deviceId: `device-${i % 2}`,
  });

describe("what an account costs, in bytes of JSON", () => {
  it("with a purchase a day for 40 days, and quiet since yesterday: days, a time and two devices", async () => {
    const days = Array.from({ length: 40 }, (_, i) => purchase(i, i * dayMs));
    await expectBytes(days, dayMs, {
      cardTesting: 0,
      impossibleTravel: 0,
      velocityBurst: 0,
      amountAboveMean: 1_800,
      dormantAccountAwakened: 60,
      takeOver: 130,
    });
  });

  it("with ten purchases in ten minutes, the last a moment ago: what a match could be made of", async () => {
    const ten = Array.from({ length: 10 }, (_, i) => purchase(i, i * minuteMs));
    await expectBytes(ten, 15_000, {
      cardTesting: 1_600,
      impossibleTravel: 1_200,
      velocityBurst: 3_800,
      amountAboveMean: 160,
      dormantAccountAwakened: 420,
      takeOver: 1_300,
    });
  });

  it("two years after its last transaction is nothing", async () => {
    await expectBytes([purchase(0, 0)], 731 * dayMs, {
      cardTesting: 0,
      impossibleTravel: 0,
      velocityBurst: 0,
      amountAboveMean: 0,
      dormantAccountAwakened: 0,
      takeOver: 0,
    });
  });
});
