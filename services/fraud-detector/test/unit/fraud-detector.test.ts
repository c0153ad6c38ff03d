// A bug here raises an alert nobody can reproduce, or none.

import { alertId, headerNames, type Transaction, topics } from "@riffle/contracts";
import { stageOf } from "@riffle/service-kit";
import { type DrivenRecord, StageDriver } from "@riffle/streams/testing";
import { describe, expect, it } from "vitest";
import { cardTesting, FraudDetector } from "../../src/fraud-detector.ts";
import { defaultRules, letter, noonMs } from "./purchases.ts";

const { transactionsScreened, alerts } = topics;
const graceMs = 30_000;

const detectorDriver = (): StageDriver =>
  new StageDriver(
    stageOf(
      "fraud-detector",
      topics.fraudDetectorDeadLetters,
      new FraudDetector({ cardTesting: defaultRules, graceMs }),
    ),
  );

const screened = (value: Transaction): DrivenRecord<Transaction> => ({
  key: value.accountId,
  value,
  timestampMs: Date.parse(value.occurredAt),
});

const story = (accountId = "acc_42"): Transaction[] => [
  letter("s1", 0, { accountId }),
  letter("s2", 60_000, { accountId }),
  letter("s3", 120_000, { accountId }),
  letter("l1", 130_000, { accountId }),
];

describe("the fraud detector", () => {
  it("raises an alert with its evidence, version and a sentence, at the large purchase", async () => {
    const driver = detectorDriver();
    const headers = { [headerNames.receivedAt]: "17" };
    await driver.send(transactionsScreened, ...story().map((t) => ({ ...screened(t), headers })));
    expect(driver.emitted(alerts)).toEqual([
      {
        key: "acc_42",
        timestampMs: noonMs + 130_000,
        headers: { [headerNames.schema]: "alert/1", ...headers },
        value: {
          id: alertId("card-testing", 1, "acc_42", ["s1", "s2", "s3", "l1"]),
          rule: "card-testing",
          ruleVersion: 1,
          severity: "high",
          accountId: "acc_42",
          status: "raised",
          reason: "3 purchases under 100.00 EUR, then 1,200.00 EUR within 2 min 10 s",
          evidence: story(),
          firstAt: "2026-03-01T12:00:00.000Z",
          lastAt: "2026-03-01T12:02:10.000Z",
          amount: 120_000,
          currency: "EUR",
        },
      },
    ]);
  });

  it("names every currency of the smalls, each with its own limit", async () => {
    const driver = detectorDriver();
    const [s1, ...rest] = story();
    await driver.send(
      transactionsScreened,
      screened({ ...(s1 as Transaction), currency: "JPY", amount: 99 }),
    );
    await driver.send(transactionsScreened, ...rest.map(screened));
    expect(driver.emitted(alerts)[0]?.value.reason).toBe(
      "3 purchases under 100 JPY or 100.00 EUR, then 1,200.00 EUR within 2 min 10 s",
    );
  });

  it("accounts do not mix", async () => {
    const driver = detectorDriver();
    const [s1, s2, s3, l1] = story() as [Transaction, Transaction, Transaction, Transaction];
    const other = { ...s3, accountId: "acc_7" };
    await driver.send(transactionsScreened, screened(s1), screened(s2), screened(other), screened(l1));
    expect(driver.emitted(alerts)).toEqual([]);
  });

  it("a restart between any two records changes no byte, nor does how they are batched", async () => {
    const records = [...story(), ...story("acc_7")]
      .sort((a, b) => (a.occurredAt < b.occurredAt ? -1 : 1))
      .map(screened);
    const bytes = (driver: StageDriver) =>
      driver.rawEmitted(alerts.name).map((r) => `${r.timestampMs} ${r.value}`);
    const oneByOne = detectorDriver();
    for (const record of records) {
      await oneByOne.send(transactionsScreened, record);
      oneByOne.restart();
    }
    expect(bytes(oneByOne)).toHaveLength(2);
    for (let size = 2; size <= records.length; size++) {
      const batched = detectorDriver();
      for (let from = 0; from < records.length; from += size)
        await batched.send(transactionsScreened, ...records.slice(from, from + size));
      expect(bytes(batched)).toEqual(bytes(oneByOne));
    }
  });
});

describe("the fraud detector's memory", () => {
  const idleMs = defaultRules.withinMs + graceMs;
  const [s1, s2, s3, l1] = story() as [Transaction, Transaction, Transaction, Transaction];
  const newestMs = Date.parse(s3.occurredAt);
  const elsewhere = (atMs: number) => screened(letter("d9", atMs - noonMs, { accountId: "acc_9" }));

  it("an account is remembered up to within + grace after its newest small, and then forgotten", async () => {
    const driver = detectorDriver();
    await driver.send(transactionsScreened, ...[s1, s2, s3].map(screened));
    await driver.advanceStreamTime(newestMs + idleMs);
    expect(driver.store(cardTesting).size).toBe(1);
    await driver.advanceStreamTime(newestMs + idleMs + 1);
    expect(driver.store(cardTesting).size).toBe(0);
  });

  it("what a large purchase out of order finds depends on stream time, never on batches", async () => {
    for (const [streamTimeMs, found] of [
      [newestMs + idleMs, 1],
      [newestMs + idleMs + 1, 0],
    ] as const) {
      const records = [...[s1, s2, s3].map(screened), elsewhere(streamTimeMs), screened(l1)];
      const together = detectorDriver();
      await together.send(transactionsScreened, ...records);
      const apart = detectorDriver();
      for (const record of records) await apart.send(transactionsScreened, record);
      expect([together.emitted(alerts).length, apart.emitted(alerts).length]).toEqual([found, found]);
    }
  });

  it("a newer small prolongs it", async () => {
    const driver = detectorDriver();
    await driver.send(transactionsScreened, screened(s1));
    await driver.send(transactionsScreened, screened(letter("s9", idleMs)));
    await driver.advanceStreamTime(noonMs + 2 * idleMs);
    expect(driver.store(cardTesting).size).toBe(1);
    await driver.advanceStreamTime(noonMs + 2 * idleMs + 1);
    expect(driver.store(cardTesting).size).toBe(0);
  });

  it("stays flat while accounts come and go", async () => {
    const driver = detectorDriver();
    let sizeMax = 0;
    for (let i = 0; i < 2_000; i++) {
      await driver.send(
        transactionsScreened,
        screened(letter(`s${i}`, i * 10_000, { accountId: `acc_${i}` })),
      );
      sizeMax = Math.max(sizeMax, driver.store(cardTesting).size);
    }
    expect(sizeMax).toBe(idleMs / 10_000 + 1);
  });
});
