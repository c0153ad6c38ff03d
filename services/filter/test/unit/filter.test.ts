// A bug here lets a payment through twice, or loses one without a trace.

import { headerNames, topics } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { seen } from "../../src/filter.ts";
import { filterDriver, hourMs, noonMs, outcomes, received, transaction } from "./received.ts";

const { transactionsReceived } = topics;

describe("the filter", () => {
  it("a new transaction goes on unchanged, with its key, event time, trace and received-at", async () => {
    const driver = filterDriver();
    const value = transaction("t1", noonMs, { merchantId: "m1", metadata: { till: "4" } });
    const headers = { [headerNames.receivedAt]: "17", [headerNames.traceparent]: "00-ab-cd-01" };
    await driver.send(transactionsReceived, { ...received(value), headers });
    expect(driver.emitted(topics.transactionsScreened)).toEqual([
      {
        key: "acc_1",
        value,
        timestampMs: noonMs,
        headers: { [headerNames.schema]: "transaction/1", ...headers },
      },
    ]);
    expect(driver.emitted(topics.transactionsRejected)).toEqual([]);
  });

  it("a repeat of the same content is rejected as a duplicate and carries its transaction", async () => {
    const driver = filterDriver();
    const value = transaction("t1", noonMs);
    await driver.send(transactionsReceived, received(value), received(value));
    expect(outcomes(driver)).toEqual({ screened: ["t1"], rejected: ["t1 duplicate"] });
    expect(driver.emitted(topics.transactionsRejected)[0]).toMatchObject({
      key: "acc_1",
      timestampMs: noonMs,
      value: {
        accountId: "acc_1",
        detail: "This id came before, for 2026-03-01T12:00:00.000Z, with the same content.",
        transaction: value,
      },
    });
  });

  it("a repeat with its fields in another order is a duplicate", async () => {
    const driver = filterDriver();
    const value = transaction("t1", noonMs, { metadata: { a: "1", b: "2" } });
    const { id, ...rest } = value;
    const reordered = { ...rest, metadata: { b: "2", a: "1" }, id };
    await driver.send(transactionsReceived, received(value), received(reordered));
    expect(outcomes(driver).rejected).toEqual(["t1 duplicate"]);
  });

  it("the same id with other content is a conflict, and does not replace the first", async () => {
    const driver = filterDriver();
    const first = transaction("t1", noonMs);
    const other = transaction("t1", noonMs, { amount: 1_001 });
    await driver.send(
      transactionsReceived,
      received(first),
      received(other),
      received(first),
      received(other),
    );
    expect(outcomes(driver)).toEqual({
      screened: ["t1"],
      rejected: ["t1 conflict", "t1 duplicate", "t1 conflict"],
    });
  });

  it("what ingest answered 409 is a conflict, and is not remembered", async () => {
    const driver = filterDriver();
    const value = transaction("t1", noonMs);
    const told = { ...received(value), headers: { [headerNames.idConflict]: "true" } };
    await driver.send(transactionsReceived, told);
    await driver.send(transactionsReceived, received(value), told);
    expect(outcomes(driver)).toEqual({ screened: ["t1"], rejected: ["t1 conflict", "t1 conflict"] });
    expect(driver.emitted(topics.transactionsRejected)[0]?.headers).not.toHaveProperty(
      headerNames.idConflict,
    );
  });

  it("an id of another account is another transaction, also when they share a partition", async () => {
    const driver = filterDriver();
    const value = transaction("t1", noonMs);
    const other = transaction("t1", noonMs, { accountId: "acc_2", amount: 7 });
    await driver.send(transactionsReceived, received(value), received(other));
    await driver.send(transactionsReceived, received(other), received({ ...value, amount: 7 }));
    expect(outcomes(driver)).toEqual({ screened: ["t1", "t1"], rejected: ["t1 duplicate", "t1 conflict"] });
  });

  it("a deposit is rejected as not relevant, its repeat as a duplicate", async () => {
    const driver = filterDriver();
    const value = transaction("t1", noonMs, { type: "deposit" });
    await driver.send(transactionsReceived, received(value), received(value));
    expect(outcomes(driver)).toEqual({ screened: [], rejected: ["t1 not-relevant", "t1 duplicate"] });
  });

  it("a record that contradicts its transaction is rejected and not remembered", async () => {
    const driver = filterDriver();
    const value = transaction("t1", noonMs);
    await driver.send(transactionsReceived, { ...received(value), key: "acc_2" });
    await driver.send(transactionsReceived, { ...received(value), timestampMs: noonMs + 1 });
    await driver.send(transactionsReceived, received(value));
    expect(outcomes(driver)).toEqual({ screened: ["t1"], rejected: ["t1 contract", "t1 contract"] });
  });

  it("received = screened + rejected + dead-lettered, and the three are disjoint", async () => {
    const driver = filterDriver();
    const value = transaction("t1", noonMs);
    await driver.send(transactionsReceived, received(value), received(value));
    await driver.send(transactionsReceived, received(transaction("t2", noonMs, { type: "refund" })));
    await driver.sendRaw(transactionsReceived.name, {
      timestampMs: noonMs,
      key: Buffer.from("acc_1"),
      value: Buffer.from("{}"),
      headers: [["schema", Buffer.from("transaction/1")]],
    });
    const { screened, rejected } = outcomes(driver);
    const deadLettered = driver.rawEmitted(topics.filterDeadLetters.name);
    expect([screened.length, rejected.length, deadLettered.length]).toEqual([1, 2, 1]);
    expect(deadLettered[0]?.value?.toString()).toBe("{}");
  });
});

describe("the filter's memory", () => {
  it("holds one that was 25 hours old when it came: repeats have no effect, the last one with other content neither", async () => {
    const driver = filterDriver();
    const old = transaction("old", noonMs - 25 * hourMs);
    await driver.send(transactionsReceived, received(transaction("live", noonMs)));
    for (const value of [old, old, { ...old, amount: 7 }])
      await driver.send(transactionsReceived, received(value));
    expect(outcomes(driver)).toEqual({
      screened: ["live", "old"],
      rejected: ["old duplicate", "old conflict"],
    });
  });

  it("an id counts one millisecond before the horizon and not at it", async () => {
    const inside = filterDriver(hourMs);
    const value = transaction("t1", noonMs);
    await inside.send(
      transactionsReceived,
      received(value),
      received(transaction("t2", noonMs + hourMs - 1)),
    );
    await inside.send(transactionsReceived, received(value));
    expect(outcomes(inside).rejected).toEqual(["t1 duplicate"]);
    const outside = filterDriver(hourMs);
    await outside.send(transactionsReceived, received(value), received(transaction("t2", noonMs + hourMs)));
    await outside.send(transactionsReceived, received(value));
    expect(outcomes(outside).rejected).toEqual([]);
  });

  it("a restart between any two records changes nothing, nor does how they are batched", async () => {
    const records = [0, 10, 0, 59, 60, 61, 60, 10, 130, 60, 130].map((minute) =>
      received(transaction(`t${minute}`, noonMs + minute * 60_000, minute === 61 ? { type: "refund" } : {})),
    );
    const oneByOne = filterDriver(hourMs);
    for (const record of records) {
      await oneByOne.send(transactionsReceived, record);
      oneByOne.restart();
    }
    for (let size = 1; size <= records.length; size++) {
      const batched = filterDriver(hourMs);
      for (let from = 0; from < records.length; from += size)
        await batched.send(transactionsReceived, ...records.slice(from, from + size));
      expect(outcomes(batched)).toEqual(outcomes(oneByOne));
    }
    expect(outcomes(oneByOne).rejected).toEqual([
      "t0 duplicate",
      "t61 not-relevant",
      "t60 duplicate",
      "t10 duplicate",
      "t130 duplicate",
    ]);
  });

  it("stays flat over days of traffic, and empties when time passes without any", async () => {
    const driver = filterDriver(hourMs);
    const sizes: number[] = [];
    for (let minute = 0; minute < 3 * 24 * 60; minute++) {
      await driver.send(transactionsReceived, received(transaction(`t${minute}`, noonMs + minute * 60_000)));
      if (minute % 60 === 59) sizes.push(driver.store(seen).size);
      if (minute % 1_000 === 999) driver.restart();
    }
    expect(new Set(sizes)).toEqual(new Set([60]));
    await driver.advanceStreamTime(noonMs + 4 * 24 * hourMs);
    expect(driver.store(seen).size).toBe(0);
  });
});

it("rejections are told by reason, once each, after the commit that holds them", async () => {
  const told: string[] = [];
  const onRejected = (reason: string, count: number) => void told.push(`${reason} ${count}`);
  const driver = filterDriver(24 * hourMs, { onRejected });
  const value = transaction("t1", noonMs);
  const deposit = transaction("t2", noonMs, { type: "deposit" });
  await driver.send(transactionsReceived, received(value));
  expect(told).toEqual([]);
  await driver.send(transactionsReceived, received(value), received(deposit), received(value));
  expect(told).toEqual(["duplicate 2", "not-relevant 1"]);
  driver.restart();
  await driver.send(transactionsReceived, received({ ...value, amount: 7 }));
  expect(told.slice(2)).toEqual(["conflict 1"]);
});
