// Records as the pipeline writes them, by hand: a story is a list of records, in the order in which they come into being.

import {
  type AccountAggregate,
  type Alert,
  aggregateKey,
  alertId,
  averageMoney,
  type Codec,
  deadLetterHeaderNames,
  headerNames,
  type Notification,
  notificationId,
  parseEventTime,
  type RejectionReason,
  type Topic,
  type Transaction,
  topics,
  toTransaction,
} from "@riffle/contracts";
import type { HeaderPair, OutgoingRecord } from "@riffle/streams";
import { partitionOf } from "@riffle/streams/kafka";

/** 2026-03-01T12:00:00Z */
export const noonMs = Date.UTC(2026, 2, 1, 12);

/** What is not said of a transaction is the same for all. */
export const transactionOf = (given: Partial<Transaction> & { readonly id: string }): Transaction =>
  toTransaction({
    accountId: "acct-1",
    amount: 1_000,
    currency: "EUR",
    occurredAt: new Date(noonMs).toISOString(),
    ...given,
  });

/** Times of a record's headers, epoch milliseconds. */
export interface Times {
  readonly receivedAtMs: number;
  readonly processedAtMs?: number;
}

const defaultPartitions = 3;

/** Writes stories for topics of so many partitions. */
export class Story {
  readonly records: OutgoingRecord[] = [];
  readonly #partitions: number;

  constructor(partitions = defaultPartitions) {
    this.#partitions = partitions;
  }

  /** The partition of an account. */
  partitionOf(accountId: string): number {
    return partitionOf(Buffer.from(accountId), this.#partitions);
  }

  received(transaction: Transaction, times: Times): this {
    return this.#add(topics.transactionsReceived, transaction.accountId, transaction, transaction, times);
  }

  screened(transaction: Transaction, times: Times): this {
    return this.#add(topics.transactionsScreened, transaction.accountId, transaction, transaction, times);
  }

  rejected(transaction: Transaction, reason: RejectionReason, times: Times): this {
    const { id: transactionId, accountId } = transaction;
    const value = { transactionId, accountId, reason, detail: `It is a ${reason}.`, transaction };
    return this.#add(topics.transactionsRejected, accountId, value, transaction, times);
  }

  /** The sliding window that ends with the transaction. */
  counted(transaction: Transaction, times: Times, totals: Partial<AccountAggregate> = {}): this {
    const eventMs = parseEventTime(transaction.occurredAt);
    const sizeMs = 300_000;
    const window = { kind: "sliding" as const, sizeMs, start: eventMs - sizeMs + 1, end: eventMs + 1 };
    return this.aggregate(transaction, { window, final: false, ...totals }, times);
  }

  aggregate(
    transaction: Transaction,
    given: Partial<AccountAggregate> & Pick<AccountAggregate, "window" | "final">,
    times: Times | undefined,
  ): this {
    const { accountId, currency, amount } = transaction;
    const sum = given.sum ?? amount;
    const count = given.count ?? 1;
    const value: AccountAggregate = {
      accountId,
      currency,
      count,
      sum,
      min: amount,
      max: amount,
      average: averageMoney(sum, count),
      ...given,
    };
    return this.#add(topics.aggregatesAccount, aggregateKey(value), value, transaction, times, accountId);
  }

  alert(
    rule: string,
    evidence: readonly Transaction[],
    times: Times,
    status: Alert["status"] = "raised",
  ): this {
    const [first] = evidence;
    const last = evidence.at(-1);
    if (first === undefined || last === undefined) throw new Error("an alert has evidence");
    const value = alertOf(rule, evidence, status);
    return this.#add(topics.alerts, first.accountId, value, last, times);
  }

  notified(alert: Alert, channel: string, atMs: number, times: Times): this {
    return this.#add(
      topics.notifications,
      alert.accountId,
      notificationOf(alert, channel, atMs),
      alert.evidence.at(-1) as Transaction,
      times,
    );
  }

  late(transaction: Transaction, streamTimeMs: number, times: Times): this {
    const eventMs = parseEventTime(transaction.occurredAt);
    const start = Math.floor(eventMs / 300_000) * 300_000;
    const windows = [{ kind: "tumbling" as const, sizeMs: 300_000, start, end: start + 300_000 }];
    const value = {
      transactionId: transaction.id,
      accountId: transaction.accountId,
      windows,
      streamTimeMs,
      transaction,
    };
    return this.#add(topics.aggregatorLate, transaction.accountId, value, transaction, times);
  }

  /** A dead letter of bytes that no codec reads. */
  deadLetter(
    topic: Topic<Uint8Array | null>,
    key: string,
    bytes: string,
    original: { readonly topic: string; readonly offset: number },
    receivedAtMs: number,
  ): this {
    const partition = this.partitionOf(key);
    const names = deadLetterHeaderNames;
    this.records.push({
      topic: topic.name,
      partition,
      key: Buffer.from(key),
      value: Buffer.from(bytes),
      timestampMs: noonMs,
      headers: pairs({
        [headerNames.schema]: "transaction/1",
        [headerNames.receivedAt]: String(receivedAtMs),
        [names.originalTopic]: original.topic,
        [names.originalPartition]: String(partition),
        [names.originalOffset]: String(original.offset),
        [names.exceptionMessage]: "it cannot be read",
        [names.reasonCode]: "VALUE_INVALID",
      }),
    });
    return this;
  }

  /** Bytes that no codec reads, on any topic. */
  unreadable(topic: string, key: string, receivedAtMs: number, value = "{"): this {
    this.records.push({
      topic,
      partition: this.partitionOf(key),
      key: Buffer.from(key),
      value: Buffer.from(value),
      timestampMs: noonMs,
      headers: pairs({
        [headerNames.schema]: "transaction/1",
        [headerNames.receivedAt]: String(receivedAtMs),
      }),
    });
    return this;
  }

  #add<V>(
    topic: { readonly name: string; readonly codec: Codec<V> },
    key: string,
    value: V,
    cause: Transaction,
    times: Times | undefined,
    account = key,
  ): this {
    this.records.push({
      topic: topic.name,
      partition: this.partitionOf(account),
      key: Buffer.from(key),
      value: topic.codec.encode(value),
      timestampMs: parseEventTime(cause.occurredAt),
      headers: pairs({
        [headerNames.schema]: topic.codec.schema,
        ...(times === undefined
          ? {}
          : {
              [headerNames.traceparent]: traceparentOf(cause.id),
              [headerNames.receivedAt]: String(times.receivedAtMs),
            }),
        ...(times?.processedAtMs === undefined
          ? {}
          : { [headerNames.processedAt]: String(times.processedAtMs) }),
      }),
    });
    return this;
  }
}

/** The alert that a rule raises for these causes. */
export const alertOf = (
  rule: string,
  evidence: readonly Transaction[],
  status: Alert["status"] = "raised",
): Alert => {
  const first = evidence[0] as Transaction;
  const last = evidence.at(-1) as Transaction;
  return {
    id: alertId(
      rule,
      1,
      first.accountId,
      evidence.map(({ id }) => id),
    ),
    rule,
    ruleVersion: 1,
    severity: "high",
    accountId: first.accountId,
    status,
    changedBy: last.id,
    reason: "It looks like a test of a card.",
    evidence: [...evidence],
    evidenceSteps: evidence.map((_, i) => (i < evidence.length - 1 ? "small" : "large")),
    firstAt: first.occurredAt,
    lastAt: last.occurredAt,
    amount: last.amount,
    currency: last.currency,
  };
};

/** What the notifier writes when a channel took the alert at once. */
export const notificationOf = (alert: Alert, channel: string, atMs: number): Notification => ({
  id: notificationId({ alertId: alert.id, alertStatus: alert.status, changedBy: alert.changedBy, channel }),
  alertId: alert.id,
  alertStatus: alert.status,
  accountId: alert.accountId,
  channel,
  outcome: "delivered",
  attempts: [{ at: new Date(atMs).toISOString(), status: 200, durationMs: 3 }],
});

/** The trace of a transaction: its id in hexadecimal, filled up. */
export const traceIdOf = (id: string): string => Buffer.from(id).toString("hex").padEnd(32, "0").slice(0, 32);

const traceparentOf = (id: string): string => `00-${traceIdOf(id)}-00f067aa0ba902b7-01`;

const pairs = (headers: Readonly<Record<string, string>>): HeaderPair[] =>
  Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]);
