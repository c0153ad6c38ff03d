// Transactions as ingest took them in, and as the filter let them pass.
//
//   T1. A row for each record: an id that came twice is there twice, and whoever reads says which one counts (the first).
//   T2. What an operator sent again to one reader of `transactions.screened.v1` was screened before: it makes no row.

import { redriveHeaderNames, type Transaction, topics } from "@riffle/contracts";
import type { ReadModelDatabase } from "../database.ts";
import type { ModelRecord, Projection } from "../projection.ts";

const schema = `
CREATE TABLE received (
  id TEXT NOT NULL, account_id TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  event_ms INTEGER NOT NULL, received_ms INTEGER, traceparent TEXT, value TEXT NOT NULL
) STRICT;
CREATE INDEX received_by_id ON received (id, account_id, offset);
CREATE INDEX received_by_account ON received (account_id, event_ms, id);
CREATE INDEX received_by_time ON received (event_ms, id);
CREATE INDEX received_by_place ON received (partition, offset);
CREATE TABLE screened (
  id TEXT NOT NULL, account_id TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  event_ms INTEGER NOT NULL, received_ms INTEGER, processed_ms INTEGER
) STRICT;
CREATE INDEX screened_by_id ON screened (id, account_id);
CREATE INDEX screened_by_time ON screened (event_ms);
CREATE INDEX screened_by_place ON screened (partition, offset);`;

const insertReceived = "INSERT INTO received VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const insertScreened = "INSERT INTO screened VALUES (?, ?, ?, ?, ?, ?, ?)";

/** Rows of `transactions.received.v1` and `transactions.screened.v1`. */
export const transactions: Projection = {
  name: "transactions",
  topics: [topics.transactionsReceived.name, topics.transactionsScreened.name],
  schema,
  apply: (database, records) => {
    const received = database.statement(insertReceived);
    const screened = database.statement(insertScreened);
    for (const record of records) {
      if (record.value === undefined || record.bytes === null) continue;
      const { id, accountId } = record.value as Transaction;
      const { partition, offset, timestampMs, receivedAtMs } = record;
      if (record.topic === topics.transactionsReceived.name) {
        const value = textOf(record.bytes);
        received.run(id, accountId, partition, offset, timestampMs, receivedAtMs, record.traceparent, value);
      } else if (!wasSentAgain(record)) {
        screened.run(id, accountId, partition, offset, timestampMs, receivedAtMs, record.processedAtMs);
      }
    }
  },
  timeOf: ({ timestampMs }) => timestampMs,
  expire: (database, beforeMs, limit) =>
    expireRows(database, "received", beforeMs, limit) + expireRows(database, "screened", beforeMs, limit),
};

/** The text of a value that its codec has read: UTF-8 for certain. */
export const textOf = (bytes: Uint8Array): string =>
  (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes)).toString("utf8");

/** Whether an operator sent the record again (T2). */
export const wasSentAgain = (record: ModelRecord): boolean =>
  record.header(redriveHeaderNames.from) !== undefined;

/** A table whose rows go by their column `event_ms`. */
export type RowTable =
  | "received"
  | "screened"
  | "rejected"
  | "late"
  | "alert_events"
  | "notifications"
  | "dead_letters";

/** Removes the oldest rows by `event_ms`. @returns how many */
export const expireRows = (
  database: ReadModelDatabase,
  table: RowTable,
  beforeMs: number,
  limit: number,
): number =>
  Number(
    database
      .statement(
        `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} WHERE event_ms < ? ORDER BY event_ms LIMIT ?)`,
      )
      .run(beforeMs, limit).changes,
  );
