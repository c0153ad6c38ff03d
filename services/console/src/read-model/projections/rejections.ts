// What the filter kept out, with its reason.

import { type Rejection, topics } from "@riffle/contracts";
import type { Projection } from "../projection.ts";
import { expireRows } from "./transactions.ts";

const schema = `
CREATE TABLE rejected (
  id TEXT NOT NULL, account_id TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL,
  event_ms INTEGER NOT NULL, received_ms INTEGER, processed_ms INTEGER, reason TEXT NOT NULL, detail TEXT NOT NULL
) STRICT;
CREATE INDEX rejected_by_id ON rejected (id, account_id);
CREATE INDEX rejected_by_time ON rejected (event_ms);`;

const insert = "INSERT INTO rejected VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

/** Rows of `transactions.rejected.v1`. */
export const rejections: Projection = {
  name: "rejections",
  topics: [topics.transactionsRejected.name],
  schema,
  apply: (database, records) => {
    const statement = database.statement(insert);
    for (const record of records) {
      if (record.value === undefined) continue;
      const { transactionId, accountId, reason, detail } = record.value as Rejection;
      const { partition, offset, timestampMs, receivedAtMs, processedAtMs } = record;
      statement.run(
        transactionId,
        accountId,
        partition,
        offset,
        timestampMs,
        receivedAtMs,
        processedAtMs,
        reason,
        detail,
      );
    }
  },
  expire: (database, beforeMs, limit) => expireRows(database, "rejected", beforeMs, limit),
};
