// Transactions that missed windows, with the windows they missed.

import { type LateRecord, topics } from "@riffle/contracts";
import type { Projection } from "../projection.ts";
import { expireRows } from "./transactions.ts";

const schema = `
CREATE TABLE late (
  id TEXT NOT NULL, account_id TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  event_ms INTEGER NOT NULL, processed_ms INTEGER, stream_time_ms INTEGER NOT NULL, windows TEXT NOT NULL
) STRICT;
CREATE INDEX late_by_id ON late (id, account_id);
CREATE INDEX late_by_time ON late (event_ms);`;

const insert = "INSERT INTO late VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

/** Rows of `aggregator.late.v1`. */
export const late: Projection = {
  name: "late",
  topics: [topics.aggregatorLate.name],
  schema,
  apply: (database, records) => {
    const statement = database.statement(insert);
    for (const record of records) {
      if (record.value === undefined) continue;
      const { transactionId, accountId, streamTimeMs, windows } = record.value as LateRecord;
      const { partition, offset, timestampMs, processedAtMs } = record;
      statement.run(
        transactionId,
        accountId,
        partition,
        offset,
        timestampMs,
        processedAtMs,
        streamTimeMs,
        JSON.stringify(windows),
      );
    }
  },
  expire: (database, beforeMs, limit) => expireRows(database, "late", beforeMs, limit),
};
