// What the topics hold, in the reference model's terms, and how the two differ.
//
//   TA1. Topics are read record by record, and of each only what is compared is kept: a million transactions fit.

import type { Alert, Transaction } from "@riffle/contracts";
import { ContractError, type Topic, topics } from "@riffle/contracts";
import { CommittedReader } from "@riffle/streams/kafka";
import { windowLine } from "../model/aggregator.ts";
import { alertLine } from "../model/fraud-detector.ts";
import { type ModelAnswer, type ModelOptions, modelPartition } from "../model/reference-model.ts";
import { type FoundRecord, foundLetter, owedLetter } from "./dead-letters.ts";

/** Calls `apply` with every committed record of a topic, partition after partition, in order. */
export type ReadRecords = (
  topic: string,
  apply: (partition: number, record: FoundRecord) => void,
) => Promise<void>;

/** The services that put records aside, and the topic each of them reads. */
const readers = [
  ["filter", topics.transactionsReceived, topics.filterDeadLetters],
  ["aggregator", topics.transactionsScreened, topics.aggregatorDeadLetters],
  ["fraud-detector", topics.transactionsScreened, topics.fraudDetectorDeadLetters],
  ["notifier", topics.alerts, topics.notifierDeadLetters],
] as const;

/** The topics that services read: what no codec reads there is theirs to put aside. */
export const inputTopics: readonly string[] = [...new Set(readers.map(([, { name }]) => name))];

/** A service's dead letters, partition by partition: those it owes and those that are there. */
export interface Letters {
  readonly service: string;
  /** For what no codec reads. What handlers threw at is the model's to say. */
  readonly unreadable: string[][];
  readonly found: string[][];
}

/** Everything committed, by partition. */
export interface PipelineRecords {
  readonly received: Transaction[][];
  readonly answers: ModelAnswer[];
  /** Records of ingest's topic that no codec reads. */
  readonly unreadableReceived: number;
  /** Records in the dead-letter topics of filter, aggregator and fraud-detector. */
  readonly deadLetters: number;
  readonly letters: readonly Letters[];
  /** Screened transactions of enormous amounts as the topic has them, by id: the model says which of them are owed. */
  readonly enormous: ReadonlyMap<string, FoundRecord>;
  readonly alerts: Alert[];
}

/** Above it a transaction may be one that a sum cannot hold. */
const enormousAbove = 2 ** 50;

/** Makes the lists that a topic's records are put into, one for each partition. */
const perPartition = <T>(partitions: number): T[][] => Array.from({ length: partitions }, () => []);

/** Reads the pipeline's topics, read committed, up to their ends. */
export const readPipeline = async (brokers: readonly string[]): Promise<PipelineRecords> => {
  const names = Object.values(topics).map(({ name }) => name);
  const reader = await CommittedReader.connect({ brokers, clientId: "audit", topics: names });
  try {
    return await readAnswers(async (topic, apply) => {
      for (const { partition } of await reader.ranges(topic))
        await reader.read({ topic, partition }, (record) => apply(partition, record));
    });
  } finally {
    await reader.close();
  }
};

/** The same from anywhere. */
export const readAnswers = async (
  read: ReadRecords,
  partitions = topics.transactionsReceived.partitions,
): Promise<PipelineRecords> => {
  const unreadable = new Map<string, string[][]>();
  const each = async <V>(
    topic: Topic<V>,
    take: (partition: number, value: V, record: FoundRecord) => void,
  ): Promise<void> => {
    const owed = perPartition<string>(partitions);
    const isInput = readers.some(([, input]) => input.name === topic.name);
    unreadable.set(topic.name, owed);
    await read(topic.name, (partition, record) => {
      const decoded = decode(topic, record, isInput);
      if (decoded.kind === "read") take(partition, decoded.value, record);
      else owed[partition]?.push(owedLetter(topic.name, partition, record, decoded.code));
    });
  };
  const answers = Array.from({ length: partitions }, emptyAnswer);
  const received = perPartition<Transaction>(partitions);
  const enormous = new Map<string, FoundRecord>();
  const alerts: Alert[] = [];
  await each(topics.transactionsReceived, (partition, value) => received[partition]?.push(value));
  await each(topics.transactionsScreened, (partition, { id, amount }, record) => {
    answers[partition]?.screened.push(id);
    if (amount > enormousAbove) enormous.set(id, record);
  });
  await each(topics.transactionsRejected, (partition, { transactionId, reason }) =>
    answers[partition]?.rejected.push(`${transactionId} ${reason}`),
  );
  await each(topics.aggregatesAccount, (partition, { accountId, currency, window, final, ...totals }) => {
    if (window.kind === "hopping" && final)
      answers[partition]?.windows.push(windowLine(accountId, currency, window.start, totals));
  });
  await each(topics.aggregatorLate, (partition, { transactionId }) =>
    answers[partition]?.late.push(transactionId),
  );
  await each(topics.alerts, (partition, alert) => {
    answers[partition]?.alerts.push(alertLine(alert));
    alerts.push(alert);
  });
  const letters: Letters[] = [];
  for (const [service, input, deadLetters] of readers) {
    const found = perPartition<string>(partitions);
    await read(deadLetters.name, (partition, record) => found[partition]?.push(foundLetter(record)));
    letters.push({ service, unreadable: unreadable.get(input.name) ?? [], found });
  }
  return {
    received,
    answers,
    unreadableReceived: (unreadable.get(topics.transactionsReceived.name) ?? []).flat().length,
    deadLetters: letters
      .filter(({ service }) => service !== "notifier")
      .reduce((sum, { found }) => sum + found.flat().length, 0),
    letters,
    enormous,
    alerts,
  };
};

const emptyAnswer = (): ModelAnswer => ({
  screened: [],
  rejected: [],
  windows: [],
  late: [],
  overflowing: [],
  alerts: [],
});

type Decoded<V> =
  | { readonly kind: "read"; readonly value: V }
  | { readonly kind: "unreadable"; readonly code: string };

/** @throws ContractError where nobody but us would read the record */
const decode = <V>(topic: Topic<V>, { value, headers }: FoundRecord, isInput: boolean): Decoded<V> => {
  const [, schema] = headers.find(([name]) => name === "schema") ?? [];
  try {
    return {
      kind: "read",
      value: topic.codec.decode(value, schema ? Buffer.from(schema).toString() : undefined),
    };
  } catch (error) {
    if (!(error instanceof ContractError && isInput)) throw error;
    return { kind: "unreadable", code: error.code };
  }
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
    faults.push(...letterDifferences(records, partition, expected.overflowing));
  });
  return faults;
};

/** Dead letters of a partition, in the order of their records: none is missing, none too many, all as they came. */
const letterDifferences = (
  { letters, enormous }: PipelineRecords,
  partition: number,
  overflowing: readonly string[],
): string[] => {
  const topic = topics.transactionsScreened.name;
  const thrown = overflowing.map((id) => {
    const record = enormous.get(id);
    return record === undefined
      ? `${id}, which was not screened`
      : owedLetter(topic, partition, record, "AMOUNT_OVERFLOW");
  });
  return letters.flatMap(({ service, unreadable, found }) => {
    const owed = [...(unreadable[partition] ?? []), ...(service === "aggregator" ? thrown : [])];
    return compare(
      `dead letters of ${service}/${partition}`,
      owed.toSorted((a, b) => offsetOf(a) - offsetOf(b)),
      found[partition] ?? [],
    );
  });
};

/** `topic/partition/offset at …`: a service's dead letters of one partition are all of one topic. */
const offsetOf = (line: string): number => Number(/^[^ ]*\/(\d+) /.exec(line)?.[1] ?? -1);

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
