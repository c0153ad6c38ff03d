// Drains a preloaded topic through filter, aggregator and fraud-detector as three processes on one real broker, checks
// every topic against the reference model, and prints rates and CPU.
//
//   node bench/drain.ts [transactions] [seed]        after `npx -y pnpm@10 build`
//
// What it does not measure: several replicas, replication (one broker), HTTP, delivery.

import { modelDefaults } from "@riffle/audit/model/reference-model";
import { type StageName, untilDrained } from "@riffle/audit/pipeline/drained";
import { cpuSecondsOf } from "@riffle/audit/pipeline/process-state";
import { createTopics, RunningPipeline } from "@riffle/audit/pipeline/running-pipeline";
import { differences, readPipeline } from "@riffle/audit/pipeline/topic-answers";
import { closers, preload } from "@riffle/audit/workload/preload";
import { makeTransactions } from "@riffle/audit/workload/transactions";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { wholeNumber } from "@riffle/infra/command-line/values";
import { startKafka } from "@riffle/infra/kafka";

const hourMs = 3_600_000;
const names: readonly StageName[] = ["filter", "aggregator", "fraud-detector"];

const { transactions: count, seed } = commandLine({
  command: "node bench/drain.ts",
  does: "Drains a preloaded topic through three services, checks every topic, and prints rates and CPU.",
  operands: {
    transactions: wholeNumber("how many wait", 200_000, { min: 1 }),
    seed: wholeNumber("of the transactions", 42),
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const since = (startedAt: number): number => (performance.now() - startedAt) / 1000;

const kafka = await startKafka({ onProgress: say });
try {
  const { brokers } = kafka;
  await createTopics(brokers);
  const startMs = Math.floor(Date.now() / hourMs) * hourMs - 3 * hourMs;
  const transactions = makeTransactions({
    seed,
    transactions: count,
    accounts: 10_000,
    startMs,
    spanMs: hourMs,
  });
  await preload(brokers, [...transactions, ...closers("bench", startMs + 2 * hourMs)]);
  say(`${count} transactions (seed ${seed}) are in ${kafka.description}`);

  const startedAt = performance.now();
  // Nothing may depend on the wall clock here: the closers close the windows, idle time does not.
  const pipeline = await RunningPipeline.start({
    brokers,
    services: names,
    env: { IDLE_AFTER_MS: "3600000", LOG_LEVEL: "warn" },
  });
  const readyAt = since(startedAt);
  await untilDrained(brokers, names, 600_000);
  const seconds = since(startedAt);
  const cpu = new Map(names.map((name) => [name, cpuSecondsOf(pipeline.pidOf(name))]));
  await pipeline.stop();

  say(
    `drained in ${seconds.toFixed(1)} s from the start of the processes (ready after ${readyAt.toFixed(1)} s): ${Math.round(count / seconds)} transactions/s through all three`,
  );
  for (const [name, used] of cpu)
    say(
      `  ${name.padEnd(15)} ${((used / count) * 1e6).toFixed(1)} µs CPU per transaction, start included (${used.toFixed(1)} s)`,
    );

  const records = await readPipeline(brokers);
  const faults = differences(records, modelDefaults);
  const screened = records.answers.reduce((sum, { screened: ids }) => sum + ids.length, 0);
  const rejected = records.answers.reduce((sum, { rejected: lines }) => sum + lines.length, 0);
  const windows = records.answers.reduce((sum, { windows: lines }) => sum + lines.length, 0);
  say(
    `received ${records.received.flat().length} = screened ${screened} + rejected ${rejected} + dead-lettered ${records.deadLetters}; ${windows} windows, ${records.alerts.length} alerts`,
  );
  say(faults.length === 0 ? "every topic is exactly what the reference model says" : faults.join("\n"));
  process.exitCode = faults.length === 0 ? 0 : 1;
} finally {
  await kafka.stop();
}
