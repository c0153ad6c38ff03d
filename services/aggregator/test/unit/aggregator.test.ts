// A bug here tells an account's spending wrongly, twice, or in a currency it was not in.

import {
  type AccountAggregate,
  aggregateKey,
  formatEventTime,
  type Transaction,
  topics,
  type WindowKind,
} from "@riffle/contracts";
import { stageOf } from "@riffle/service-kit";
import { type DrivenRecord, StageDriver } from "@riffle/streams/testing";
import { describe, expect, it } from "vitest";
import { Aggregator } from "../../src/aggregator.ts";
import { windowStores } from "../../src/task-windows.ts";

const { transactionsScreened, aggregatesAccount, aggregatorLate } = topics;
const noonMs = Date.UTC(2026, 2, 1, 12);
const minuteMs = 60_000;
const graceMs = 30_000;
const sessionGapMs = 5 * minuteMs;

const aggregatorDriver = (): StageDriver =>
  new StageDriver(
    stageOf("aggregator", topics.aggregatorDeadLetters, new Aggregator({ graceMs, sessionGapMs })),
  );

let sent = 0;
const screened = (
  afterMs: number,
  amount: number,
  fields: Partial<Transaction> = {},
): DrivenRecord<Transaction> => {
  const value: Transaction = {
    id: `t${++sent}`,
    accountId: "acc_1",
    amount,
    currency: "EUR",
    occurredAt: formatEventTime(noonMs + afterMs),
    type: "purchase",
    ...fields,
  };
  return { key: value.accountId, value, timestampMs: noonMs + afterMs };
};

/** `acc_1 EUR [-4,1) 2 records, 300`: minutes from noon. */
const told = ({ accountId, currency, window, count, sum }: AccountAggregate): string => {
  const minute = (atMs: number): number => (atMs - noonMs) / minuteMs;
  return `${accountId} ${currency} [${minute(window.start)},${minute(window.end)}) ${count} records, ${sum}`;
};

const toldOf = (driver: StageDriver, kind: WindowKind): string[] =>
  driver
    .emitted(aggregatesAccount)
    .filter(({ value }) => value.window.kind === kind)
    .map(({ value }) => told(value));

const hoppingTold = (driver: StageDriver): string[] => toldOf(driver, "hopping");

const slidingValues = (driver: StageDriver): AccountAggregate[] =>
  driver
    .emitted(aggregatesAccount)
    .map(({ value }) => value)
    .filter(({ window }) => window.kind === "sliding");

describe("the aggregator's hopping windows", () => {
  it("a transaction is in five windows, each told once when it has closed", async () => {
    const driver = aggregatorDriver();
    await driver.send(transactionsScreened, screened(0, 100), screened(59_999, 200));
    await driver.advanceStreamTime(noonMs + 10 * minuteMs);
    await driver.advanceStreamTime(noonMs + 20 * minuteMs);
    expect(hoppingTold(driver)).toEqual([
      "acc_1 EUR [-4,1) 2 records, 300",
      "acc_1 EUR [-3,2) 2 records, 300",
      "acc_1 EUR [-2,3) 2 records, 300",
      "acc_1 EUR [-1,4) 2 records, 300",
      "acc_1 EUR [0,5) 2 records, 300",
    ]);
  });

  it("a result is final, keyed by its window, at the window's end, with count, sum, smallest, largest and average", async () => {
    const driver = aggregatorDriver();
    await driver.send(transactionsScreened, screened(0, 100), screened(1, 201));
    await driver.advanceStreamTime(noonMs + minuteMs + graceMs);
    const closed = driver.emitted(aggregatesAccount).findLast(({ value }) => value.window.kind === "hopping");
    expect(closed?.timestampMs).toBe(noonMs + minuteMs);
    expect(closed?.key).toBe(closed && aggregateKey(closed.value));
    expect(closed?.value).toEqual({
      accountId: "acc_1",
      currency: "EUR",
      window: {
        kind: "hopping",
        sizeMs: 5 * minuteMs,
        advanceMs: minuteMs,
        start: noonMs - 4 * minuteMs,
        end: noonMs + minuteMs,
      },
      count: 2,
      sum: 301,
      min: 100,
      max: 201,
      average: 150.5,
      final: true,
    });
  });

  it("currencies are never summed, nor accounts", async () => {
    const driver = aggregatorDriver();
    await driver.send(
      transactionsScreened,
      screened(0, 1),
      screened(0, 2, { currency: "USD" }),
      screened(0, 4, { accountId: "acc_2" }),
    );
    await driver.advanceStreamTime(noonMs + minuteMs + graceMs);
    expect(hoppingTold(driver)).toEqual([
      "acc_1 EUR [-4,1) 1 records, 1",
      "acc_2 EUR [-4,1) 1 records, 4",
      "acc_1 USD [-4,1) 1 records, 2",
    ]);
  });

  it("nothing is told one millisecond before end + grace", async () => {
    const driver = aggregatorDriver();
    await driver.send(transactionsScreened, screened(0, 100));
    await driver.advanceStreamTime(noonMs + minuteMs + graceMs - 1);
    expect(hoppingTold(driver)).toEqual([]);
  });
});

describe("the aggregator's tumbling windows", () => {
  it("a transaction is in one window of five minutes of the clock; one at its end is in the next", async () => {
    const driver = aggregatorDriver();
    await driver.send(
      transactionsScreened,
      screened(0, 1),
      screened(5 * minuteMs - 1, 2),
      screened(5 * minuteMs, 4),
    );
    await driver.advanceStreamTime(noonMs + 5 * minuteMs + graceMs - 1);
    expect(toldOf(driver, "tumbling")).toEqual([]);
    await driver.advanceStreamTime(noonMs + 5 * minuteMs + graceMs);
    expect(toldOf(driver, "tumbling")).toEqual(["acc_1 EUR [0,5) 2 records, 3"]);
    await driver.advanceStreamTime(noonMs + 60 * minuteMs);
    expect(toldOf(driver, "tumbling")).toEqual([
      "acc_1 EUR [0,5) 2 records, 3",
      "acc_1 EUR [5,10) 1 records, 4",
    ]);
  });
});

describe("the aggregator's sessions", () => {
  const sessions = (driver: StageDriver): unknown[] =>
    driver
      .emitted(aggregatesAccount)
      .filter(({ value }) => value.window.kind === "session")
      .map(({ timestampMs, value: { count, final, window } }) => {
        expect([timestampMs, final]).toEqual([window.end, true]);
        return [window.start - noonMs, window.end - noonMs, count];
      });

  it("transactions exactly the gap apart are one, one millisecond more makes two", async () => {
    const driver = aggregatorDriver();
    const third = 2 * sessionGapMs + 1;
    await driver.send(
      transactionsScreened,
      screened(0, 1),
      screened(sessionGapMs, 2),
      screened(sessionGapMs + third, 4),
    );
    await driver.advanceStreamTime(noonMs + 60 * minuteMs);
    expect(sessions(driver)).toEqual([
      [0, 2 * sessionGapMs + 1, 2],
      [sessionGapMs + third, 2 * sessionGapMs + third + 1, 1],
    ]);
  });

  it("one that comes late within the grace makes two sessions one", async () => {
    const driver = aggregatorDriver();
    await driver.send(
      transactionsScreened,
      screened(0, 1),
      screened(sessionGapMs + graceMs, 2),
      screened(sessionGapMs, 4),
    );
    await driver.advanceStreamTime(noonMs + 60 * minuteMs);
    expect(sessions(driver)).toEqual([[0, 2 * sessionGapMs + graceMs + 1, 3]]);
  });

  it("the key has the gap in it, and no advance", async () => {
    const driver = aggregatorDriver();
    await driver.send(transactionsScreened, screened(0, 1));
    await driver.advanceStreamTime(noonMs + 60 * minuteMs);
    const { value } =
      driver.emitted(aggregatesAccount).find((one) => one.value.window.kind === "session") ?? {};
    expect(value?.window).toEqual({
      kind: "session",
      sizeMs: sessionGapMs,
      start: noonMs,
      end: noonMs + sessionGapMs + 1,
    });
  });
});

describe("the aggregator's running average", () => {
  it("each transaction tells the last five minutes of its account, itself included", async () => {
    const driver = aggregatorDriver();
    await driver.send(
      transactionsScreened,
      screened(0, 100),
      screened(minuteMs, 200),
      screened(5 * minuteMs, 300),
      screened(5 * minuteMs, 50, { currency: "USD" }),
    );
    expect(slidingValues(driver).map(({ count, average }) => [count, average])).toEqual([
      [1, 100],
      [2, 150],
      [2, 250],
      [1, 50],
    ]);
  });

  it("it is not final, and its timestamp is the transaction's", async () => {
    const driver = aggregatorDriver();
    await driver.send(transactionsScreened, screened(7, 100));
    const [emitted] = driver.emitted(aggregatesAccount);
    expect(emitted?.timestampMs).toBe(noonMs + 7);
    expect(emitted?.value).toMatchObject({
      final: false,
      window: { kind: "sliding", sizeMs: 5 * minuteMs, start: noonMs + 8 - 5 * minuteMs, end: noonMs + 8 },
    });
  });
});

describe("late transactions", () => {
  it("one that missed windows is told with each of them, and counts in those that are open", async () => {
    const driver = aggregatorDriver();
    const late = screened(30_000, 7);
    await driver.send(transactionsScreened, screened(2 * minuteMs + graceMs, 100), late);
    const [told] = driver.emitted(aggregatorLate);
    expect(told).toMatchObject({
      key: "acc_1",
      timestampMs: late.timestampMs,
      value: {
        transactionId: late.value.id,
        accountId: "acc_1",
        streamTimeMs: noonMs + 2 * minuteMs + graceMs,
        transaction: late.value,
      },
    });
    const minutes = told?.value.windows.map(({ kind, end }) => [kind, (end - noonMs) / minuteMs]);
    expect(minutes).toEqual([
      ["hopping", 1],
      ["hopping", 2],
      ["sliding", (30_000 + 1) / minuteMs],
    ]);
    await driver.advanceStreamTime(noonMs + 10 * minuteMs);
    expect(hoppingTold(driver).slice(0, 2)).toEqual([
      "acc_1 EUR [-2,3) 2 records, 107",
      "acc_1 EUR [-1,4) 2 records, 107",
    ]);
  });

  it("one that missed tumbling windows or sessions has missed hopping or sliding ones too", async () => {
    const driver = aggregatorDriver();
    const records = Array.from({ length: 300 }, (_, i) =>
      screened(((i * 7_919) % 1_801) * 1_000, 1, { accountId: `acc_${i % 90}` }),
    );
    for (const record of records) await driver.send(transactionsScreened, record);
    const kinds = driver.emitted(aggregatorLate).map(({ value }) => value.windows.map(({ kind }) => kind));
    const newOnes = kinds.filter((of) => of.includes("tumbling") || of.includes("session"));
    expect(newOnes.length).toBeGreaterThan(50);
    for (const of of newOnes) {
      if (of.includes("tumbling")) expect(of).toContain("hopping");
      if (of.includes("session")) expect(of).toContain("sliding");
    }
  });

  it("one within the grace is not late", async () => {
    const driver = aggregatorDriver();
    await driver.send(transactionsScreened, screened(graceMs, 100), screened(0, 7));
    expect(driver.emitted(aggregatorLate)).toEqual([]);
  });
});

describe("the aggregator", () => {
  it("a transaction whose sum would lie beyond 2^53-1 is refused by name", async () => {
    const driver = aggregatorDriver();
    await driver.send(transactionsScreened, screened(0, Number.MAX_SAFE_INTEGER));
    await expect(driver.send(transactionsScreened, screened(1, 1))).rejects.toMatchObject({
      cause: { code: "AMOUNT_OVERFLOW" },
    });
  });

  it("a restart between any two records changes no byte, nor does how they are batched", async () => {
    sent = 0;
    const times = [0, 20, 95, 40, 170, 150, 165, 600, 580, 300, 601, 1_300];
    const records = times.map((second, i) =>
      screened(second * 1_000, i + 1, { accountId: `acc_${i % 2}`, currency: i % 3 === 0 ? "USD" : "EUR" }),
    );
    const bytes = (driver: StageDriver) => [
      driver.rawEmitted(aggregatesAccount.name).map((r) => `${r.key} ${r.timestampMs} ${r.value}`),
      driver.rawEmitted(aggregatorLate.name).map((r) => `${r.key} ${r.timestampMs} ${r.value}`),
    ];
    const oneByOne = aggregatorDriver();
    for (const record of records) {
      await oneByOne.send(transactionsScreened, record);
      oneByOne.restart();
    }
    for (let size = 2; size <= records.length; size++) {
      const batched = aggregatorDriver();
      for (let from = 0; from < records.length; from += size)
        await batched.send(transactionsScreened, ...records.slice(from, from + size));
      expect(bytes(batched)).toEqual(bytes(oneByOne));
    }
    expect(oneByOne.emitted(aggregatorLate).length).toBeGreaterThan(0);
  });

  it("keeps no state of accounts that stopped", async () => {
    const driver = aggregatorDriver();
    for (let i = 0; i < 100; i++)
      await driver.send(transactionsScreened, screened(i, 1, { accountId: `acc_${i}` }));
    const sizes = () => Object.values(windowStores).map((spec) => driver.store(spec).size);
    expect(sizes()).toEqual([100, 100, 100, 100]);
    await driver.advanceStreamTime(noonMs + 11 * minuteMs);
    expect(sizes()).toEqual([0, 0, 0, 0]);
  });
});
