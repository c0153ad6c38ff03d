// What the topics hold, in the reference model's terms, and how the two differ.
//
//   TA1. Topics are read record by record, and of each only what is compared is kept: a million transactions fit.
//   TA2. Of each record its key, event time, value and headers are compared; record-lines.ts says what is not, and why.
//   TA3. Topics hold their records in the order of the input (P3); windows of one kind close by end, then by holder.
//        Between kinds no order is promised.

import type { AccountAggregate, Alert, Transaction } from "@riffle/contracts";
import {
  ContractError,
  headerNames,
  type Topic,
  topics,
  type WindowKind,
  windowKinds,
} from "@riffle/contracts";
import { CommittedReader } from "@riffle/streams/kafka";
import {
  aggregateLine,
  alertLine,
  type ComparedRecord,
  handedOnBy,
  handedOnTo,
  lateLine,
  nothingHandedOn,
  rejectedLine,
  screenedLine,
} from "../model/record-lines.ts";
import { type ModelAnswer, type ModelOptions, modelPartition } from "../model/reference-model.ts";
import { type FoundRecord, foundLetter, owedLetter } from "./dead-letters.ts";
import { compare } from "./multisets.ts";
import { foundNotification } from "./told-alerts.ts";

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
  /** What stands for the headers that a received transaction's record hands on. */
  readonly handedOn: ReadonlyMap<Transaction, string>;
  /** Those of which ingest says in a header that it answered 409. */
  readonly refusedAtTheEdge: ReadonlySet<Transaction>;
  readonly answers: ModelAnswer[];
  /** Records of ingest's topic that no codec reads. */
  readonly unreadableReceived: number;
  /** Records in the dead-letter topics of filter, aggregator and fraud-detector. */
  readonly deadLetters: number;
  readonly letters: readonly Letters[];
  /** Screened transactions of enormous amounts as the topic has them, by id: the model says which of them are owed. */
  readonly enormous: ReadonlyMap<string, FoundRecord>;
  readonly alerts: Alert[];
  /** The same by partition, as records. */
  readonly alertRecords: ComparedRecord<Alert>[][];
  /** Lines of the outcomes of notifications, by partition. */
  readonly notifications: string[][];
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

/** @throws where a topic has more partitions than are compared: what is in them must not be passed over */
const withinPartitions =
  (read: ReadRecords, partitions: number): ReadRecords =>
  (topic, apply) =>
    read(topic, (partition, record) => {
      if (partition >= partitions)
        throw new Error(`${topic} has a partition ${partition}: ${partitions} are compared`);
      apply(partition, record);
    });

/** The same from anywhere. */
export const readAnswers = (
  read: ReadRecords,
  partitions = topics.transactionsReceived.partitions,
): Promise<PipelineRecords> => recordsFrom(withinPartitions(read, partitions), partitions);

const recordsFrom = async (read: ReadRecords, partitions: number): Promise<PipelineRecords> => {
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
  const handedOn = new Map<Transaction, string>();
  const refusedAtTheEdge = new Set<Transaction>();
  const enormous = new Map<string, FoundRecord>();
  const alertRecords = perPartition<ComparedRecord<Alert>>(partitions);
  const notifications = perPartition<string>(partitions);
  await each(topics.transactionsReceived, (partition, value, { headers }) => {
    received[partition]?.push(value);
    handedOn.set(value, handedOnBy(headers));
    if (headers.some(([name]) => name === headerNames.idConflict)) refusedAtTheEdge.add(value);
  });
  await each(topics.transactionsScreened, (partition, value, record) => {
    answers[partition]?.screened.push(screenedLine(compared(value, record)));
    if (value.amount > enormousAbove) enormous.set(value.id, record);
  });
  await each(topics.transactionsRejected, (partition, value, record) =>
    answers[partition]?.rejected.push(rejectedLine(compared(value, record))),
  );
  await each(topics.aggregatesAccount, (partition, value, record) =>
    linesFor(value, answers[partition])?.push(aggregateLine(compared(value, record))),
  );
  await each(topics.aggregatorLate, (partition, value, record) =>
    answers[partition]?.late.push(lateLine(compared(value, record))),
  );
  await each(topics.alerts, (partition, alert, record) => {
    const { reason: _, ...value } = alert;
    answers[partition]?.alerts.push(alertLine(compared(value, record)));
    alertRecords[partition]?.push(compared(alert, record));
  });
  await each(topics.notifications, (partition, value, record) =>
    notifications[partition]?.push(foundNotification(compared(value, record))),
  );
  const letters: Letters[] = [];
  for (const [service, input, deadLetters] of readers) {
    const found = perPartition<string>(partitions);
    await read(deadLetters.name, (partition, record) => found[partition]?.push(foundLetter(record)));
    letters.push({ service, unreadable: unreadable.get(input.name) ?? [], found });
  }
  return {
    received,
    handedOn,
    refusedAtTheEdge,
    answers,
    unreadableReceived: (unreadable.get(topics.transactionsReceived.name) ?? []).flat().length,
    deadLetters: letters
      .filter(({ service }) => service !== "notifier")
      .reduce((sum, { found }) => sum + found.flat().length, 0),
    letters,
    enormous,
    alerts: alertRecords.flat().map(({ value }) => value),
    alertRecords,
    notifications,
  };
};

/** A record as the model would make it. */
const compared = <V>(value: V, { key, timestampMs, headers }: FoundRecord): ComparedRecord<V> => ({
  key: key === null ? "no key" : Buffer.from(key).toString(),
  value,
  timestampMs,
  handedOn: handedOnTo(headers),
});

/** Running figures are apart from those of windows that have closed. */
const linesFor = ({ window }: AccountAggregate, answer: ModelAnswer | undefined): string[] | undefined =>
  window.kind === "sliding" ? answer?.updates : answer?.windows;

const emptyAnswer = (): ModelAnswer => ({
  screened: [],
  rejected: [],
  windows: [],
  updates: [],
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

/** What the model makes of what was received, partition by partition. */
export const expectedAnswers = (
  { received, handedOn, refusedAtTheEdge }: PipelineRecords,
  options: ModelOptions,
): ModelAnswer[] => {
  const handedOnBy = (one: Transaction): string => handedOn.get(one) ?? nothingHandedOn;
  return received.map((transactions) =>
    modelPartition(transactions, options, handedOnBy, (one) => refusedAtTheEdge.has(one)),
  );
};

/** Differences in words; empty when every partition of every topic is exactly what the model says. */
export const differences = (records: PipelineRecords, options: ModelOptions): string[] =>
  // One partition at a time: the answers to all of them are as large as the topics.
  records.received.flatMap((received, partition) => {
    const [expected] = expectedAnswers({ ...records, received: [received] }, options);
    return expected === undefined ? [] : partitionDifferences(records, partition, expected);
  });

/** The same of one partition. */
export const partitionDifferences = (
  records: PipelineRecords,
  partition: number,
  expected: ModelAnswer,
): string[] => {
  const found = records.answers[partition] ?? emptyAnswer();
  const ofKind = (kind: WindowKind, { windows }: ModelAnswer): string[] =>
    windows.filter((line) => line.startsWith(`${kind} `));
  return [
    ...(["screened", "rejected", "updates", "late", "alerts"] as const).flatMap((topic) =>
      compare(`${topic}/${partition}`, expected[topic], found[topic]),
    ),
    ...windowKinds.flatMap((kind) =>
      compare(`${kind} windows/${partition}`, ofKind(kind, expected), ofKind(kind, found)),
    ),
    ...letterDifferences(records, partition, expected.overflowing),
  ];
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
