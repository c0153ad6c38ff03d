// Topics: every topic of the pipeline, once. The admin step creates them from this list; auto-create is off.
//
//   K1. A name is lower case, domain first, version last; `<service>.dlq.v1` is what a service could not process.
//   K2. A topic has one owner: the only service that writes it. `riffle dlq redrive` alone puts back what was in it.
//   K3. All have the same number of partitions, so that an account has one partition number everywhere.
//   K4. Broker retention counts from a record's timestamp, which is event time. A transaction may be up to 7 days old
//       when it is accepted, so topics that carry transactions keep them for 7 days more: otherwise the broker
//       could delete what was accepted before anyone had read it.
//   K5. Events of cases are kept for ever: they are the only truth about a case, and what is proven by them has no date
//       after which nobody asks.
//   K6. Topics of dead letters take larger batches than any topic that services read: what was received fits, with what is
//       said of it in headers. Kafka takes a topic's own limit before the brokers', and replicates and serves a larger batch
//       whole (KIP-74).
//   K7. A compacted topic whose keys have an end, as windows have, is deleted by age too: nobody writes a tombstone for a
//       window that is over, so compaction alone would keep each of them for ever. Kafka Streams does so with the topics of
//       its windows (KIP-71).
import { type AccountAggregate, accountAggregateCodec } from "./aggregate.ts";
import { type Alert, alertCodec } from "./alert.ts";
import type { CaseEvent } from "./case-event.ts";
import { caseEventCodec } from "./case-event-codec.ts";
import { type CaseSnapshot, caseSnapshotCodec } from "./case-snapshot.ts";
import { bytesCodec } from "./dead-letter.ts";
import type { CleanupPolicy, Codec, Topic } from "./envelope.ts";
import { eventAgeMaxMs } from "./event-time.ts";
import { type LateRecord, lateRecordCodec } from "./late.ts";
import { type Notification, notificationCodec } from "./notification.ts";
import { type NotifierCommand, notifierCommandCodec } from "./notifier-command.ts";
import { type Redrive, redriveCodec } from "./redrive.ts";
import { type Rejection, rejectionCodec } from "./rejection.ts";
import { type Transaction, transactionCodec } from "./transaction.ts";

const dayMs = 24 * 60 * 60 * 1000;

/** Partitions of every topic: 12, which 1, 2, 3, 4, 6 or 12 replicas share evenly. */
export const defaultPartitions = 12;

/** How long every accepted record can be read, at the least: 7 days, so that a service may be down over a long week-end. */
export const defaultRetentionMs = 7 * dayMs;

/** How long topics of transactions keep a record after its event time: 14 days, {@link eventAgeMaxMs} more (K4). */
export const transactionRetentionMs = eventAgeMaxMs + defaultRetentionMs;

/** How long alerts, notifications and dead letters are kept after their event time: 30 days, for people work on them. */
export const longRetentionMs = 30 * dayMs;

/** The largest batch that a topic of dead letters takes: 2 MiB, twice what Kafka's other topics do (K6). */
export const deadLetterBatchBytesMax = 2 * 1024 * 1024;

/** The services that own topics. */
export const serviceNames = [
  "ingest",
  "filter",
  "aggregator",
  "fraud-detector",
  "notifier",
  "console",
] as const;

/** One of {@link serviceNames}. */
export type ServiceName = (typeof serviceNames)[number];

/** The command of operators, which owns a topic too. */
export const operatorCommand = "riffle";

type Owner = ServiceName | typeof operatorCommand;

/** No record is dropped by age. */
const keptForEver = -1;

function topic<V>(
  name: string,
  owner: Owner,
  codec: Codec<V>,
  retentionMs: number,
  cleanupPolicy: CleanupPolicy = retentionMs === keptForEver ? "compact" : "delete",
): Topic<V> {
  return Object.freeze({ name, codec, partitions: defaultPartitions, cleanupPolicy, retentionMs, owner });
}

function deadLetters(service: ServiceName): Topic<Uint8Array | null> {
  const laidOut = topic(`${service}.dlq.v1`, service, bytesCodec, longRetentionMs);
  return Object.freeze({ ...laidOut, batchBytesMax: deadLetterBatchBytesMax });
}

/** Every topic of the pipeline by its name in code. */
export const topics = Object.freeze({
  /** What ingest accepted: a 202 means that the record is here. */
  transactionsReceived: topic<Transaction>(
    "transactions.received.v1",
    "ingest",
    transactionCodec,
    transactionRetentionMs,
  ),
  /** What passed the filter: each transaction once. */
  transactionsScreened: topic<Transaction>(
    "transactions.screened.v1",
    "filter",
    transactionCodec,
    transactionRetentionMs,
  ),
  /** What the filter kept out, each with its reason. */
  transactionsRejected: topic<Rejection>(
    "transactions.rejected.v1",
    "filter",
    rejectionCodec,
    transactionRetentionMs,
  ),
  /** What the filter could not process. */
  filterDeadLetters: deadLetters("filter"),
  /**
   * The newest state of every window, for as long as its transactions are kept (K7); compacted, keyed by `aggregateKey` and
   * partitioned by account.
   */
  aggregatesAccount: topic<AccountAggregate>(
    "aggregates.account.v1",
    "aggregator",
    accountAggregateCodec,
    transactionRetentionMs,
    "compact,delete",
  ),
  /** Transactions that missed a window, with the windows they missed. */
  aggregatorLate: topic<LateRecord>(
    "aggregator.late.v1",
    "aggregator",
    lateRecordCodec,
    transactionRetentionMs,
  ),
  /** What the aggregator could not process. */
  aggregatorDeadLetters: deadLetters("aggregator"),
  /** Alerts raised and withdrawn, with their evidence. */
  alerts: topic<Alert>("alerts.v1", "fraud-detector", alertCodec, longRetentionMs),
  /** What the fraud detector could not process. */
  fraudDetectorDeadLetters: deadLetters("fraud-detector"),
  /** The outcome of every notification. */
  notifications: topic<Notification>("notifications.v1", "notifier", notificationCodec, longRetentionMs),
  /** What the notifier could not process. */
  notifierDeadLetters: deadLetters("notifier"),
  /** What operators tell the notifier: deliver again, pause, resume. */
  notifierCommands: topic<NotifierCommand>(
    "notifier.commands.v1",
    operatorCommand,
    notifierCommandCodec,
    longRetentionMs,
  ),
  /** What happened to cases, event by event; keyed and partitioned by account (K5). */
  casesEvents: topic<CaseEvent>("cases.events.v1", "console", caseEventCodec, keptForEver, "delete"),
  /** Cases as they were at a version; compacted, keyed by case and partitioned by account. */
  casesSnapshots: topic<CaseSnapshot>("cases.snapshots.v1", "console", caseSnapshotCodec, keptForEver),
  /** What the console could not process. */
  consoleDeadLetters: deadLetters("console"),
  /** Which dead letters were sent again: written in the transaction that sends them, in the dead letter's partition. */
  deadLettersRedriven: topic<Redrive>("dlq.redriven.v1", operatorCommand, redriveCodec, -1),
});

/** The same topics as a list, in the order of the pipeline. */
export const allTopics: readonly Topic<unknown>[] = Object.freeze(Object.values(topics));

/** The compacted topic behind a state store: `fraud-detector-matches-changelog`. */
export function changelogTopicName(service: string, store: string): string {
  return `${service}-${store}-changelog`;
}
