// What the topics hold, in the reference model's terms, and how the two differ.

import { type Alert, type Topic, type Transaction, topics } from "@riffle/contracts";
import { readTopic } from "@riffle/streams/kafka";
import { windowLine } from "../model/aggregator.ts";
import { alertLine } from "../model/fraud-detector.ts";
import { type ModelAnswer, type ModelOptions, modelPartition } from "../model/reference-model.ts";

/** Everything committed, by partition. */
export interface PipelineRecords {
  readonly received: Transaction[][];
  readonly answers: ModelAnswer[];
  /** Records in the dead-letter topics of filter, aggregator and fraud-detector. */
  readonly deadLetters: number;
  readonly alerts: Alert[];
}

const valuesOf = async <V>(brokers: readonly string[], topic: Topic<V>): Promise<V[][]> => {
  const partitions = await readTopic({ brokers, clientId: "audit", topic: topic.name });
  return partitions.map((records) =>
    records.map((record) => {
      const schema = record.headers.find(([name]) => name === "schema")?.[1];
      return topic.codec.decode(record.value, schema ? Buffer.from(schema).toString() : undefined);
    }),
  );
};

const countOf = async (brokers: readonly string[], topic: Topic<unknown>): Promise<number> =>
  (await readTopic({ brokers, clientId: "audit", topic: topic.name })).reduce(
    (sum, records) => sum + records.length,
    0,
  );

/** Reads the pipeline's topics, read committed, up to their ends. */
export const readPipeline = async (brokers: readonly string[]): Promise<PipelineRecords> => {
  const received = await valuesOf(brokers, topics.transactionsReceived);
  const screened = await valuesOf(brokers, topics.transactionsScreened);
  const rejected = await valuesOf(brokers, topics.transactionsRejected);
  const aggregates = await valuesOf(brokers, topics.aggregatesAccount);
  const late = await valuesOf(brokers, topics.aggregatorLate);
  const alerts = await valuesOf(brokers, topics.alerts);
  let deadLetters = 0;
  for (const topic of [
    topics.filterDeadLetters,
    topics.aggregatorDeadLetters,
    topics.fraudDetectorDeadLetters,
  ]) {
    deadLetters += await countOf(brokers, topic);
  }
  const answers = received.map(
    (_, partition): ModelAnswer => ({
      screened: (screened[partition] ?? []).map(({ id }) => id),
      rejected: (rejected[partition] ?? []).map(({ transactionId, reason }) => `${transactionId} ${reason}`),
      windows: (aggregates[partition] ?? [])
        .filter(({ window, final }) => window.kind === "hopping" && final)
        .map(({ accountId, currency, window, ...totals }) =>
          windowLine(accountId, currency, window.start, totals),
        ),
      late: (late[partition] ?? []).map(({ transactionId }) => transactionId),
      alerts: (alerts[partition] ?? []).map(alertLine),
    }),
  );
  return { received, answers, deadLetters, alerts: alerts.flat() };
};

/** Differences in words; empty when every partition of every topic is exactly what the model says. */
export const differences = (records: PipelineRecords, options: ModelOptions): string[] => {
  const faults: string[] = [];
  records.received.forEach((received, partition) => {
    const expected = modelPartition(received, options);
    const found = records.answers[partition] as ModelAnswer;
    // Order is promised from POST to alert (P3); windows close in an order of their own.
    for (const topic of ["screened", "rejected", "late", "alerts"] as const) {
      faults.push(...compare(`${topic}/${partition}`, expected[topic], found[topic]));
    }
    faults.push(...compare(`windows/${partition}`, expected.windows.toSorted(), found.windows.toSorted()));
  });
  if (records.deadLetters > 0) faults.push(`${records.deadLetters} dead letters, none expected`);
  return faults;
};

const shown = 3;

const compare = (what: string, expected: readonly string[], found: readonly string[]): string[] => {
  const missing = subtract(expected, found);
  const extra = subtract(found, expected);
  const faults: string[] = [];
  if (missing.length > 0)
    faults.push(`${what}: ${missing.length} missing, such as ${missing.slice(0, shown).join(" | ")}`);
  if (extra.length > 0)
    faults.push(`${what}: ${extra.length} too many, such as ${extra.slice(0, shown).join(" | ")}`);
  const first = expected.findIndex((line, i) => line !== found[i]);
  if (faults.length === 0 && first >= 0)
    faults.push(`${what}: out of order from ${first}: expected ${expected[first]}, found ${found[first]}`);
  return faults;
};

/** The items of `a` that are not in `b`, as multisets: a second copy counts. */
const subtract = (a: readonly string[], b: readonly string[]): string[] => {
  const left = new Map<string, number>();
  for (const item of b) left.set(item, (left.get(item) ?? 0) + 1);
  return a.filter((item) => {
    const count = left.get(item) ?? 0;
    left.set(item, count - 1);
    return count <= 0;
  });
};
