// Windows of accounts, as the aggregator told them last.
//
//   W1. A tumbling, hopping or session window is one row, made of the last record of it: all of them are in one partition,
//       and come in the order of their offsets.
//   W2. A sliding window is told at each transaction, and each telling is a row of its own: it is where a passport finds
//       that a transaction was counted, and when. Their topic is compacted and keeps the newest only, so a database that
//       is built later has fewer of these rows than one that was there all the time.

import { type AccountAggregate, topics } from "@riffle/contracts";
import type { Projection } from "../projection.ts";

const schema = `
CREATE TABLE windows (
  account_id TEXT NOT NULL, currency TEXT NOT NULL, kind TEXT NOT NULL, size_ms INTEGER NOT NULL,
  start_ms INTEGER NOT NULL, told_at INTEGER NOT NULL,
  end_ms INTEGER NOT NULL, advance_ms INTEGER, count INTEGER NOT NULL, sum INTEGER NOT NULL, min INTEGER NOT NULL,
  max INTEGER NOT NULL, average REAL NOT NULL, final INTEGER NOT NULL,
  partition INTEGER NOT NULL, offset INTEGER NOT NULL, event_ms INTEGER NOT NULL, received_ms INTEGER, processed_ms INTEGER,
  PRIMARY KEY (account_id, currency, kind, size_ms, start_ms, told_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX windows_by_end ON windows (end_ms);`;

const upsert = `INSERT INTO windows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET end_ms = excluded.end_ms, advance_ms = excluded.advance_ms, count = excluded.count,
  sum = excluded.sum, min = excluded.min, max = excluded.max, average = excluded.average, final = excluded.final,
  partition = excluded.partition, offset = excluded.offset, event_ms = excluded.event_ms,
  received_ms = excluded.received_ms, processed_ms = excluded.processed_ms`;

const expired = `DELETE FROM windows WHERE (account_id, currency, kind, size_ms, start_ms, told_at) IN (
  SELECT account_id, currency, kind, size_ms, start_ms, told_at FROM windows WHERE end_ms < ? ORDER BY end_ms LIMIT ?)`;

/** Rows of `aggregates.account.v1`. */
export const windows: Projection = {
  name: "windows",
  topics: [topics.aggregatesAccount.name],
  schema,
  apply: (database, records) => {
    const statement = database.statement(upsert);
    for (const record of records) {
      if (record.value === undefined) continue;
      const aggregate = record.value as AccountAggregate;
      const { window } = aggregate;
      statement.run(
        aggregate.accountId,
        aggregate.currency,
        window.kind,
        window.sizeMs,
        window.start,
        window.kind === "sliding" ? record.offset : -1,
        window.end,
        window.advanceMs ?? null,
        aggregate.count,
        aggregate.sum,
        aggregate.min,
        aggregate.max,
        aggregate.average,
        aggregate.final ? 1 : 0,
        record.partition,
        record.offset,
        record.timestampMs,
        record.receivedAtMs,
        record.processedAtMs,
      );
    }
  },
  // A window that is told again ends where it ended, or later where a session has grown.
  timeOf: ({ value, timestampMs }) =>
    value === undefined ? timestampMs : (value as AccountAggregate).window.end,
  expire: (database, beforeMs, limit) => Number(database.statement(expired).run(beforeMs, limit).changes),
};
