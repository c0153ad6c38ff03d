// The read model as one would write it without a thought for speed or for crashes: from all records at once, in memory.
// Rows are given as the database's tables have them, so that the two can be compared.

import {
  type AccountAggregate,
  type Alert,
  allTopics,
  deadLetterHeaderNames,
  headerNames,
  type LateRecord,
  type Notification,
  type Rejection,
  redriveHeaderNames,
  type Transaction,
  topics,
} from "@riffle/contracts";
import type { FetchedChunk } from "@riffle/streams/kafka";

interface Read {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly eventMs: number;
  readonly text: string;
  readonly value: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly receivedMs: number | null;
  readonly processedMs: number | null;
}

type Row = readonly unknown[];

const readAll = (chunks: readonly FetchedChunk[]): Read[] =>
  chunks.flatMap(({ topic, partition, records }) =>
    records.map((record): Read => {
      const headers = Object.fromEntries(record.headers.map(([name, value]) => [name, String(value)]));
      const codec = allTopics.find(({ name }) => name === topic)?.codec;
      let value: unknown;
      try {
        value = codec?.schema === "" ? undefined : codec?.decode(record.value, headers[headerNames.schema]);
      } catch {
        value = undefined;
      }
      const number = (name: string) => (headers[name] === undefined ? null : Number(headers[name]));
      return {
        topic,
        partition,
        offset: record.offset,
        eventMs: record.timestampMs,
        text: String(record.value),
        value,
        headers,
        receivedMs: number(headerNames.receivedAt),
        processedMs: number(headerNames.processedAt),
      };
    }),
  );

const isRedriven = ({ headers }: Read): boolean => headers[redriveHeaderNames.from] !== undefined;

/** Tables by name, each as texts of its rows in any order. */
export const naiveRows = (chunks: readonly FetchedChunk[]): Record<string, string[]> => {
  const all = readAll(chunks);
  const of = <V>(topic: { readonly name: string }) =>
    all
      .filter((record) => record.topic === topic.name && record.value !== undefined)
      .map((record) => ({ ...record, value: record.value as V }));
  const screened = of<Transaction>(topics.transactionsScreened).filter((record) => !isRedriven(record));
  const tables: Record<string, readonly Row[]> = {
    received: of<Transaction>(topics.transactionsReceived).map((r) => [
      r.value.id,
      r.value.accountId,
      r.partition,
      r.offset,
      r.eventMs,
      r.receivedMs,
      r.headers[headerNames.traceparent] ?? null,
      r.text,
    ]),
    screened: screened.map((r) => [
      r.value.id,
      r.value.accountId,
      r.partition,
      r.offset,
      r.eventMs,
      r.receivedMs,
      r.processedMs,
    ]),
    rejected: of<Rejection>(topics.transactionsRejected).map((r) => [
      r.value.transactionId,
      r.value.accountId,
      r.partition,
      r.offset,
      r.eventMs,
      r.receivedMs,
      r.processedMs,
      r.value.reason,
      r.value.detail,
    ]),
    windows: windowRows(of<AccountAggregate>(topics.aggregatesAccount)),
    late: of<LateRecord>(topics.aggregatorLate).map((r) => [
      r.value.transactionId,
      r.value.accountId,
      r.partition,
      r.offset,
      r.eventMs,
      r.processedMs,
      r.value.streamTimeMs,
      JSON.stringify(r.value.windows),
    ]),
    notifications: of<Notification>(topics.notifications).map((r) => [
      r.value.alertId,
      r.value.accountId,
      r.partition,
      r.offset,
      r.eventMs,
      r.receivedMs,
      r.processedMs,
      r.text,
    ]),
    ...alertTables(of<Alert>(topics.alerts)),
    ledger: ledgerRows(all),
  };
  return Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => [name, rows.map((row) => JSON.stringify(row)).toSorted()]),
  );
};

const windowRows = (told: readonly (Read & { readonly value: AccountAggregate })[]): Row[] => {
  const newest = new Map<string, Row>();
  for (const { value, partition, offset, eventMs, receivedMs, processedMs } of told.toSorted(
    (a, b) => a.offset - b.offset,
  )) {
    const { window } = value;
    const toldAt = window.kind === "sliding" ? offset : -1;
    const key = [value.accountId, value.currency, window.kind, window.sizeMs, window.start, toldAt];
    newest.set(JSON.stringify(key), [
      ...key,
      window.end,
      window.advanceMs ?? null,
      value.count,
      value.sum,
      value.min,
      value.max,
      value.average,
      value.final ? 1 : 0,
      partition,
      offset,
      eventMs,
      receivedMs,
      processedMs,
    ]);
  }
  return [...newest.values()];
};

const alertTables = (told: readonly (Read & { readonly value: Alert })[]): Record<string, Row[]> => {
  const newest = new Map<string, Row>();
  const evidence = new Map<string, Row>();
  for (const { value, text, ...r } of told.toSorted((a, b) => a.offset - b.offset)) {
    const { id, accountId, rule, ruleVersion, severity, status } = value;
    newest.set(id, [
      id,
      accountId,
      rule,
      ruleVersion,
      severity,
      status,
      r.eventMs,
      r.processedMs,
      r.partition,
      r.offset,
      text,
    ]);
    value.evidence.forEach((cause, i) => {
      const row = [cause.id, accountId, id, i + 1, value.evidence.length, value.evidenceSteps[i] ?? null];
      evidence.set(JSON.stringify(row), row);
    });
  }
  return {
    alerts: [...newest.values()],
    evidence: [...evidence.values()],
    alert_events: told.map(({ value, text, ...r }) => [
      value.id,
      r.partition,
      r.offset,
      r.eventMs,
      r.receivedMs,
      r.processedMs,
      value.changedBy ?? null,
      text,
    ]),
  };
};

const ledgerRows = (all: readonly Read[]): Row[] => {
  const columnOf = (record: Read): number => {
    if (record.topic === topics.transactionsReceived.name) return 1;
    if (record.topic === topics.transactionsScreened.name) return isRedriven(record) ? -1 : 2;
    if (record.topic === topics.transactionsRejected.name) return 3;
    const from = record.headers[deadLetterHeaderNames.originalTopic];
    const isOfFilter = record.topic === topics.filterDeadLetters.name;
    return isOfFilter && from === topics.transactionsReceived.name ? 4 : -1;
  };
  const minutes = new Map<number, number[]>();
  for (const record of all) {
    const column = columnOf(record);
    if (column < 0) continue;
    const minute = Math.floor((record.receivedMs ?? record.eventMs) / 60_000) * 60_000;
    const row = minutes.get(minute) ?? [minute, 0, 0, 0, 0];
    row[column] = (row[column] ?? 0) + 1;
    minutes.set(minute, row);
  }
  return [...minutes.values()];
};
