// What the services could not process, with the reason and where it came from.

import { deadLetterHeaderNames, idPattern, topics } from "@riffle/contracts";
import type { ReadModelDatabase } from "../database.ts";
import type { ModelRecord, Projection } from "../projection.ts";
import { expireRows, textOf } from "./transactions.ts";

const schema = `
CREATE TABLE dead_letters (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, key TEXT, transaction_id TEXT,
  reason_code TEXT NOT NULL, message TEXT NOT NULL, original_topic TEXT, original_partition INTEGER,
  original_offset INTEGER, event_ms INTEGER NOT NULL, received_ms INTEGER, bytes BLOB
) STRICT;
CREATE UNIQUE INDEX dead_letters_by_place ON dead_letters (topic, partition, offset);
CREATE INDEX dead_letters_by_original ON dead_letters (original_topic, original_partition, original_offset);
CREATE INDEX dead_letters_by_transaction ON dead_letters (transaction_id);
CREATE INDEX dead_letters_by_time ON dead_letters (event_ms, topic, partition, offset);`;

const insert = "INSERT INTO dead_letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
const idExpression = new RegExp(idPattern);

/** Rows of the dead-letter topics of all services. */
export const deadLetters: Projection = {
  name: "dead-letters",
  topics: [
    topics.filterDeadLetters.name,
    topics.aggregatorDeadLetters.name,
    topics.fraudDetectorDeadLetters.name,
    topics.notifierDeadLetters.name,
    topics.consoleDeadLetters.name,
  ],
  schema,
  apply: (database, records) => {
    for (const record of records) insertOne(database, record);
  },
  timeOf: ({ timestampMs }) => timestampMs,
  expire: (database, beforeMs, limit) => expireRows(database, "dead_letters", beforeMs, limit),
};

const insertOne = (database: ReadModelDatabase, record: ModelRecord): void => {
  const names = deadLetterHeaderNames;
  database
    .statement(insert)
    .run(
      record.topic,
      record.partition,
      record.offset,
      record.key,
      transactionIdIn(record.bytes),
      record.header(names.reasonCode) ?? "UNKNOWN",
      record.header(names.exceptionMessage) ?? "",
      record.header(names.originalTopic) ?? null,
      numberOrNull(record.header(names.originalPartition)),
      numberOrNull(record.header(names.originalOffset)),
      record.timestampMs,
      record.receivedAtMs,
      record.bytes,
    );
};

const numberOrNull = (text: string | undefined): number | null =>
  text !== undefined && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;

/** The id of the transaction that the value may be meant to be: it could not be read, so this is a guess by its fields. */
const transactionIdIn = (bytes: Uint8Array | null): string | null => {
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(textOf(bytes));
    if (typeof value !== "object" || value === null) return null;
    const fields = value as Readonly<Record<string, unknown>>;
    const id = "accountId" in fields && "amount" in fields ? fields["id"] : fields["transactionId"];
    return typeof id === "string" && idExpression.test(id) ? id : null;
  } catch {
    return null;
  }
};
