// What the filter kept out, with its reason.

import { type Rejection, topics } from "@riffle/contracts";
import { rowPerRecord } from "./row-per-record.ts";

/** Rows of `transactions.rejected.v1`. */
export const rejections = rowPerRecord<Rejection>({
  name: "rejections",
  topic: topics.transactionsRejected.name,
  table: "rejected",
  columns: [
    "id TEXT NOT NULL",
    "account_id TEXT NOT NULL",
    "partition INTEGER NOT NULL",
    "offset INTEGER NOT NULL",
    "event_ms INTEGER NOT NULL",
    "received_ms INTEGER",
    "processed_ms INTEGER",
    "reason TEXT NOT NULL",
    "detail TEXT NOT NULL",
  ],
  indexes: { rejected_by_id: "id, account_id" },
  row: ({ value, partition, offset, timestampMs, receivedAtMs, processedAtMs }) => [
    value.transactionId,
    value.accountId,
    partition,
    offset,
    timestampMs,
    receivedAtMs,
    processedAtMs,
    value.reason,
    value.detail,
  ],
});
