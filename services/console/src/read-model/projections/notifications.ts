// How telling the channels about alerts ended.

import { type Notification, topics } from "@riffle/contracts";
import type { Projection } from "../projection.ts";
import { expireRows, textOf } from "./transactions.ts";

const schema = `
CREATE TABLE notifications (
  alert_id TEXT NOT NULL, account_id TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  event_ms INTEGER NOT NULL, received_ms INTEGER, processed_ms INTEGER, value TEXT NOT NULL
) STRICT;
CREATE INDEX notifications_by_alert ON notifications (alert_id, offset);
CREATE INDEX notifications_by_account ON notifications (account_id, event_ms);
CREATE INDEX notifications_by_time ON notifications (event_ms);`;

const insert = "INSERT INTO notifications VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

/** Rows of `notifications.v1`. */
export const notifications: Projection = {
  name: "notifications",
  topics: [topics.notifications.name],
  schema,
  apply: (database, records) => {
    const statement = database.statement(insert);
    for (const record of records) {
      if (record.value === undefined || record.bytes === null) continue;
      const { alertId, accountId } = record.value as Notification;
      const { partition, offset, timestampMs, receivedAtMs, processedAtMs } = record;
      statement.run(
        alertId,
        accountId,
        partition,
        offset,
        timestampMs,
        receivedAtMs,
        processedAtMs,
        textOf(record.bytes),
      );
    }
  },
  expire: (database, beforeMs, limit) => expireRows(database, "notifications", beforeMs, limit),
};
