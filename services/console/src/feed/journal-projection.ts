// The journal of the feed: every record that the feed shows, in the order in which it was applied.
//
//   J1. A row is written in the transaction that also stores the offsets it came from: each record is in the journal once.
//   J2. A row's place is one above the newest. The newest row is never removed, so no place is given twice.

import { deadLetterHeaderNames, topics } from "@riffle/contracts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import type { ModelRecord, Projection } from "../read-model/projection.ts";
import type { EventKind } from "./feed-event.ts";

const deadLetterTopics = [
  topics.filterDeadLetters,
  topics.aggregatorDeadLetters,
  topics.fraudDetectorDeadLetters,
  topics.notifierDeadLetters,
  topics.consoleDeadLetters,
].map(({ name }) => name);

const kindOfTopic: ReadonlyMap<string, EventKind> = new Map<string, EventKind>([
  [topics.alerts.name, "alert"],
  [topics.aggregatesAccount.name, "aggregate"],
  [topics.transactionsScreened.name, "transaction"],
  [topics.notifications.name, "notification"],
  [topics.casesEvents.name, "case"],
  ...deadLetterTopics.map((name) => [name, "dead-letter"] as const),
]);

const insert =
  "INSERT INTO feed_journal (kind, topic, partition, kafka_offset, at_ms, account, rule, severity, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/** Writes the journal. */
export const feedJournal: Projection = {
  name: "feed_journal",
  topics: [...kindOfTopic.keys()],
  // A plain primary key: SQLite gives one above the largest (J2).
  schema: `CREATE TABLE feed_journal (
  seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, topic TEXT NOT NULL, partition INTEGER NOT NULL,
  kafka_offset INTEGER NOT NULL, at_ms INTEGER NOT NULL, account TEXT, rule TEXT, severity TEXT, data TEXT NOT NULL
) STRICT;`,
  apply: (database, records) => {
    for (const record of records) append(database, record);
  },
};

function append(database: ReadModelDatabase, record: ModelRecord): void {
  const kind = kindOfTopic.get(record.topic);
  const data = kind === "dead-letter" ? letterOf(record) : textOf(record);
  if (kind === undefined || data === undefined) return;
  const { topic, partition, offset, timestampMs } = record;
  const account = kind === "dead-letter" ? record.key : fieldOf(record.value, "accountId");
  const rule = fieldOf(record.value, "rule");
  const severity = fieldOf(record.value, "severity");
  database.statement(insert).run(kind, topic, partition, offset, timestampMs, account, rule, severity, data);
}

/** The value's own JSON; undefined for a tombstone, and for what its codec cannot read. */
function textOf({ bytes, value }: ModelRecord): string | undefined {
  if (bytes === null || value === undefined) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  // Server-sent events end at a line's end. What is written otherwise than we write it is written anew.
  return text.startsWith("{") && !/[\r\n]/.test(text) ? text : JSON.stringify(value);
}

/** What may be told of a dead letter: never its value. */
function letterOf(record: ModelRecord): string {
  return JSON.stringify({
    key: record.key,
    reasonCode: record.header(deadLetterHeaderNames.reasonCode) ?? null,
    message: record.header(deadLetterHeaderNames.exceptionMessage) ?? null,
  });
}

function fieldOf(value: unknown, name: string): string | null {
  if (typeof value !== "object" || value === null) return null;
  const field = (value as Readonly<Record<string, unknown>>)[name];
  return typeof field === "string" ? field : null;
}
