// A bug here lets thirty valid transactions of one account end the fraud detector, and every process that takes over: what it
// keeps of the account no longer fits a record.

import { type Transaction, topics } from "@riffle/contracts";
import { transactionArbitrary } from "@riffle/contracts/testing";
import { stageOf } from "@riffle/service-kit";
import { type StoreSpec, StreamWorker } from "@riffle/streams";
import { InMemoryKafka, type StageDriver } from "@riffle/streams/testing";
import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { FraudDetector } from "../../src/fraud-detector.ts";
import { bytesOfJudged, judgedPartOf } from "../../src/judged-transaction.ts";
import { newDevicesMax } from "../../src/patterns/take-over.ts";
import { ruleStores, rulesOf } from "../../src/rules.ts";
import { configOf, detectorDriver, RuleHarness, screened, secondMs, transaction } from "./detector.ts";

const { transactionsScreened, alerts, fraudDetectorDeadLetters } = topics;

/** What Kafka's topics take, a little less for the key and the header of the batch. */
const recordBytesMax = 1_048_588 - 500;

/** The largest metadata that is accepted: 20 pairs, each name of 64 and value of 256 characters of three bytes. */
const largestMetadata = Object.fromEntries(
  Array.from({ length: 20 }, (_, i) => [`k${i}`.padEnd(64, "k"), "€".repeat(256)]),
);

/** Bytes of the largest value in each store. */
const bytesByStore = (driver: StageDriver): Record<string, number> =>
  Object.fromEntries(
    Object.entries(ruleStores).map(([name, spec]) => {
      const store: StoreSpec<unknown> = spec;
      const sizes = [...driver.store(store).entries()].map(([, value]) =>
        Buffer.byteLength(JSON.stringify(value)),
      );
      return [name, Math.max(0, ...sizes)];
    }),
  );

const sendAll = async (driver: StageDriver, transactions: readonly Transaction[]): Promise<void> => {
  await driver.send(transactionsScreened, ...transactions.map(screened));
};

describe("an account with the largest metadata", () => {
  const thirty = Array.from({ length: 30 }, (_, i) =>
    transaction(`t${i}`, i * 900, { amount: 5_000, metadata: largestMetadata }),
  );

  it("of thirty transactions in half a minute is screened to the end, on a Kafka in memory", async () => {
    const config = configOf();
    const detector = new FraudDetector({ rules: rulesOf(config), graceMs: config.GRACE_MS });
    const stage = stageOf("fraud-detector", fraudDetectorDeadLetters, detector);
    const kafka = new InMemoryKafka();
    onTestFinished(() => kafka.close());
    for (const one of thirty) kafka.send(transactionsScreened, screened(one));
    const failures: unknown[] = [];
    const client = await kafka.connect(stage, { instanceId: "0" });
    const worker = new StreamWorker(stage, client, {}, { failed: (error) => failures.push(error) });
    const running = worker.run();
    onTestFinished(async () => {
      await worker.stop();
      await running;
      await client.close();
    });
    await vi.waitFor(() => expect(kafka.lag(stage)).toBe(0), { timeout: 20_000, interval: 20 });
    expect([failures, kafka.records(fraudDetectorDeadLetters.name)]).toEqual([[], []]);
    const raised = kafka.values(alerts).map(({ value }) => value);
    expect(raised.filter(({ rule }) => rule === "velocity-burst")).toHaveLength(3);
  }, 30_000);

  it("has none of it in state nor in evidence", async () => {
    const driver = detectorDriver();
    await sendAll(driver, thirty);
    for (const bytes of Object.values(bytesByStore(driver))) expect(bytes).toBeLessThan(25_000);
    const [first] = driver.emitted(alerts);
    expect(first?.value.evidence[0]).toEqual(judgedPartOf(thirty[0] as Transaction));
    expect(judgedPartOf(thirty[0] as Transaction)).not.toHaveProperty("metadata");
  });
});

describe("an account that is flooded within grace", () => {
  it("of three thousand small transactions fits a record in every store, and loses no alert", async () => {
    const flood = Array.from({ length: 3_000 }, (_, i) => transaction(`t${i}`, i * 9, { amount: 60_000 }));
    const crowdedOut: string[] = [];
    const driver = detectorDriver({}, undefined, (rule) => crowdedOut.push(rule));
    for (let i = 0; i < flood.length; i += 500) await sendAll(driver, flood.slice(i, i + 500));
    for (const [store, bytes] of Object.entries(bytesByStore(driver)))
      expect(bytes, store).toBeLessThan(recordBytesMax);
    const bursts = driver.emitted(alerts).filter(({ value }) => value.rule === "velocity-burst");
    expect([bursts.length, crowdedOut]).toEqual([300, []]);
  }, 60_000);

  it("with the longest of every field fits a record in every store", async () => {
    const longest = (i: number): Transaction =>
      transaction(`${i}`.padEnd(64, "-"), i * 10, {
        accountId: "a".repeat(64),
        amount: 2 ** 53 - 1 - i,
        type: i % 3 === 0 ? "transfer" : "withdrawal",
        channel: "card_present",
        merchantId: "\ud83d\ude00".repeat(128),
        deviceId: `${i}`.padEnd(128, "\\"),
        counterpartyId: "€".repeat(128),
        ipAddress: "2001:0db8:0000:0000:0000:ff00:0042:8329",
        merchantCategory: "5411",
        country: i % 2 === 0 ? "PT" : "PE",
        latitude: 38.722_312_345_678_9,
        longitude: -9.139_312_345_678_9,
      });
    const driver = detectorDriver({ VELOCITY_BURST_TRANSACTIONS_MIN: "2" });
    for (let i = 0; i < 700; i += 100)
      await sendAll(
        driver,
        Array.from({ length: 100 }, (_, at) => longest(i + at)),
      );
    for (const [store, bytes] of Object.entries(bytesByStore(driver)))
      expect(bytes, store).toBeLessThan(recordBytesMax);
  }, 60_000);

  it("is told of what comes too far out of order for it, by rule, and of nothing else", async () => {
    const crowdedOut: string[] = [];
    const driver = detectorDriver({}, undefined, (rule) => crowdedOut.push(rule));
    const flood = Array.from({ length: 2_000 }, (_, i) => transaction(`t${i}`, 1_000 + i * 10));
    for (let i = 0; i < flood.length; i += 500) await sendAll(driver, flood.slice(i, i + 500));
    await sendAll(driver, [transaction("just", 20_900), transaction("other", 500, { accountId: "acc_7" })]);
    expect(crowdedOut).toEqual([]);
    await sendAll(driver, [transaction("far", 500)]);
    // A payment of 2.00 is a few bytes to amount-above-mean, and the others are not about it.
    expect(crowdedOut.toSorted()).toEqual(["card-testing", "dormant-account-awakened", "velocity-burst"]);
  }, 60_000);
});

describe("ever new devices", () => {
  const use = (i: number, type: Transaction["type"] = "purchase"): Transaction =>
    transaction(`${type}${i}`, i * secondMs, { deviceId: `device-${i}`, type });

  it("are watched as far as the latest fifty, and a transfer from an earlier one raises nothing", async () => {
    const harness = new RuleHarness("take-over");
    const devices = Array.from({ length: newDevicesMax + 2 }, (_, i) => use(i));
    expect(await harness.feed(...devices)).toEqual([]);
    const afterMs = (newDevicesMax + 10) * secondMs;
    const transfer = (from: number): Transaction =>
      transaction(`from${from}`, afterMs, { type: "transfer", deviceId: `device-${from}` });
    // Device 0 is the account's first, and not new; device 1 was the first new one and has been let go. By now it is new
    // again: its transfer begins a match of its own, and device 2 makes room for it.
    expect(await harness.feed(transfer(1))).toEqual([]);
    expect(await harness.feed(transfer(3))).toEqual(["purchase3 from3"]);
  });
});

it("what a stored transaction counts for is its JSON or a little more", () => {
  fc.assert(
    fc.property(transactionArbitrary, (any) => {
      const value = judgedPartOf(any);
      const stored = { eventTimeMs: Date.parse(value.occurredAt), offset: 2 ** 40, value };
      const bytes = Buffer.byteLength(JSON.stringify(stored));
      expect(bytesOfJudged(value)).toBeGreaterThanOrEqual(bytes);
    }),
  );
});
