// The completeness ledger: received = screened + rejected + dead-lettered, per minute of acceptance.
//
//   L1. The minute is that of `received-at`, which every record hands on to what follows from it: so a transaction is in
//       one minute on both sides of the equation, however long it was on its way.
//   L2. Dead letters count where the filter made them of a received transaction; what fails further down was screened.
//   L3. A record that an operator sent again to `transactions.received.v1` is received once more and answered once more;
//       one sent again to `transactions.screened.v1` was screened before and counts no more.

import { deadLetterHeaderNames, topics } from "@riffle/contracts";
import type { ModelRecord, Projection } from "../projection.ts";
import { wasSentAgain } from "./transactions.ts";

const schema = `
CREATE TABLE ledger (
  minute_ms INTEGER PRIMARY KEY, received INTEGER NOT NULL, screened INTEGER NOT NULL, rejected INTEGER NOT NULL,
  dead_lettered INTEGER NOT NULL
) STRICT;
CREATE TABLE totals (topic TEXT PRIMARY KEY, records INTEGER NOT NULL) STRICT, WITHOUT ROWID;`;

const minuteMs = 60_000;
const columns = ["received", "screened", "rejected", "dead_lettered"] as const;
const upsert = `INSERT INTO ledger VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
  received = received + excluded.received, screened = screened + excluded.screened,
  rejected = rejected + excluded.rejected, dead_lettered = dead_lettered + excluded.dead_lettered`;
const upsertTotal =
  "INSERT INTO totals VALUES (?, ?) ON CONFLICT DO UPDATE SET records = records + excluded.records";

/** Counts by minute, and by topic since the database was made. */
export const ledger: Projection = {
  name: "ledger",
  topics: [
    topics.transactionsReceived.name,
    topics.transactionsScreened.name,
    topics.transactionsRejected.name,
    topics.filterDeadLetters.name,
    topics.alerts.name,
    topics.notifications.name,
  ],
  schema,
  apply: (database, records) => {
    const minutes = new Map<number, [number, number, number, number]>();
    const totals = new Map<string, number>();
    for (const record of records) {
      const column = columnOf(record);
      if (column === undefined) continue;
      totals.set(record.topic, (totals.get(record.topic) ?? 0) + 1);
      if (column === "none") continue;
      const minute = Math.floor((record.receivedAtMs ?? record.timestampMs) / minuteMs) * minuteMs;
      const counts = minutes.get(minute) ?? [0, 0, 0, 0];
      counts[columns.indexOf(column)] = (counts[columns.indexOf(column)] ?? 0) + 1;
      minutes.set(minute, counts);
    }
    const statement = database.statement(upsert);
    for (const [minute, counts] of minutes) statement.run(minute, ...counts);
    const total = database.statement(upsertTotal);
    for (const [topic, count] of totals) total.run(topic, count);
  },
  expire: (database, beforeMs, limit) =>
    Number(
      database
        .statement(
          "DELETE FROM ledger WHERE minute_ms IN (SELECT minute_ms FROM ledger WHERE minute_ms < ? LIMIT ?)",
        )
        .run(beforeMs, limit).changes,
    ),
};

/** Where a record counts: in a column, in the totals alone, or nowhere (L2, L3). */
const columnOf = (record: ModelRecord): (typeof columns)[number] | "none" | undefined => {
  switch (record.topic) {
    case topics.transactionsReceived.name:
      return "received";
    case topics.transactionsScreened.name:
      return wasSentAgain(record) ? undefined : "screened";
    case topics.transactionsRejected.name:
      return "rejected";
    case topics.filterDeadLetters.name:
      return record.header(deadLetterHeaderNames.originalTopic) === topics.transactionsReceived.name
        ? "dead_lettered"
        : "none";
    default:
      return "none";
  }
};
