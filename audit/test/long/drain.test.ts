// A bug here looks like a backlog that comes out wrong: the batches are large, the commits are few, and nobody counts.

import { type RunningKafka, startKafka } from "@riffle/infra/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentOf, hourLongModel } from "../../model/options.ts";
import { type StageName, untilDrained } from "../../pipeline/drained.ts";
import { createTopics, RunningPipeline } from "../../pipeline/running-pipeline.ts";
import { differences, readPipeline } from "../../pipeline/topic-answers.ts";
import { closers, preload } from "../../workload/preload.ts";
import { makeTransactions } from "../../workload/transactions.ts";

const names: readonly StageName[] = ["filter", "aggregator", "fraud-detector"];
const hourMs = 3_600_000;
const count = 30_000;
const seed = Number(process.env["AUDIT_SEED"] ?? Date.now() % 1_000_000);

let kafka: RunningKafka;

beforeAll(async () => {
  kafka = await startKafka();
  await createTopics(kafka.brokers);
}, 60_000);

afterAll(async () => {
  await kafka?.stop();
});

describe(`a backlog of ${count} transactions`, () => {
  it(`drains into exactly what the reference model says (seed ${seed})`, async () => {
    const { brokers } = kafka;
    const startMs = Date.now() - 3 * hourMs;
    const transactions = makeTransactions({
      seed,
      transactions: count,
      accounts: 2_000,
      startMs,
      spanMs: hourMs,
      fraudOneOf: 40,
    });
    await preload(brokers, [...transactions, ...closers("drain", startMs + 2 * hourMs)]);
    const pipeline = await RunningPipeline.start({
      brokers,
      services: names,
      env: { IDLE_AFTER_MS: "3600000", ...environmentOf(hourLongModel) },
    });
    try {
      await untilDrained(brokers, names, 60_000);
    } finally {
      await pipeline.stop();
    }
    const records = await readPipeline(brokers);
    expect(records.received.flat()).toHaveLength(count + records.received.length);
    expect(differences(records, hourLongModel)).toEqual([]);
    expect(new Set(records.alerts.map(({ rule }) => rule)).size).toBe(6);
    expect(records.alerts.some(({ status }) => status === "withdrawn")).toBe(true);
  }, 120_000);
});
