// Transactions that missed windows, with the windows they missed.

import { type LateRecord, topics } from "@riffle/contracts";
import { rowPerRecord } from "./row-per-record.ts";

/** Rows of `aggregator.late.v1`. */
export const late = rowPerRecord<LateRecord>({
  name: "late",
  topic: topics.aggregatorLate.name,
  table: "late",
  columns: [
    "id TEXT NOT NULL",
    "account_id TEXT NOT NULL",
    "partition INTEGER NOT NULL",
    "offset INTEGER NOT NULL",
    "event_ms INTEGER NOT NULL",
    "processed_ms INTEGER",
    "stream_time_ms INTEGER NOT NULL",
    "windows TEXT NOT NULL",
  ],
  indexes: { late_by_id: "id, account_id" },
  row: ({ value, partition, offset, timestampMs, processedAtMs }) => [
    value.transactionId,
    value.accountId,
    partition,
    offset,
    timestampMs,
    processedAtMs,
    value.streamTimeMs,
    JSON.stringify(value.windows),
  ],
});
