// How telling the channels about alerts ended.

import { type Notification, topics } from "@riffle/contracts";
import { rowPerRecord } from "./row-per-record.ts";
import { textOf } from "./transactions.ts";

/** Rows of `notifications.v1`. */
export const notifications = rowPerRecord<Notification>({
  name: "notifications",
  topic: topics.notifications.name,
  table: "notifications",
  columns: [
    "alert_id TEXT NOT NULL",
    "account_id TEXT NOT NULL",
    "partition INTEGER NOT NULL",
    "offset INTEGER NOT NULL",
    "event_ms INTEGER NOT NULL",
    "received_ms INTEGER",
    "processed_ms INTEGER",
    "value TEXT NOT NULL",
  ],
  indexes: {
    notifications_by_alert: "alert_id, offset",
    notifications_by_account: "account_id, event_ms",
  },
  row: ({ value, bytes, partition, offset, timestampMs, receivedAtMs, processedAtMs }) => [
    value.alertId,
    value.accountId,
    partition,
    offset,
    timestampMs,
    receivedAtMs,
    processedAtMs,
    textOf(bytes),
  ],
});
