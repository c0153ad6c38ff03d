// Alerts with their history, and which transaction is evidence of which alert.
//
//   A1. `alert_events` has each event; `alerts` the newest of each alert. An alert has one account and so one partition,
//       whose records come in order.
//   A2. The evidence of an alert never changes, for its id is made of it: `evidence` has a row for each cause, with its
//       place among them, from 1, and the name of the step that took it.
//   A3. No event of an alert is left out while the read model is built, however old (`timeOf`): a withdrawal may be older in
//       event time than what it withdraws, and without it the alert would stand as raised.

import { type Alert, topics } from "@riffle/contracts";
import type { ReadModelDatabase } from "../database.ts";
import type { ModelRecord, Projection } from "../projection.ts";
import { expireRows, textOf } from "./transactions.ts";

const schema = `
CREATE TABLE alert_events (
  alert_id TEXT NOT NULL, partition INTEGER NOT NULL, offset INTEGER NOT NULL, event_ms INTEGER NOT NULL,
  received_ms INTEGER, processed_ms INTEGER, changed_by TEXT, value TEXT NOT NULL
) STRICT;
CREATE INDEX alert_events_by_alert ON alert_events (alert_id, offset);
CREATE INDEX alert_events_by_time ON alert_events (event_ms);
CREATE INDEX alert_events_by_place ON alert_events (partition, offset);
CREATE TABLE alerts (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL, rule TEXT NOT NULL, rule_version INTEGER NOT NULL,
  severity TEXT NOT NULL, status TEXT NOT NULL, event_ms INTEGER NOT NULL, processed_ms INTEGER,
  partition INTEGER NOT NULL, offset INTEGER NOT NULL, value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alerts_by_account ON alerts (account_id, event_ms, id);
CREATE INDEX alerts_by_rule ON alerts (rule, event_ms, id);
CREATE INDEX alerts_by_status ON alerts (status, event_ms, id);
CREATE INDEX alerts_by_severity ON alerts (severity, event_ms, id);
CREATE INDEX alerts_by_time ON alerts (event_ms, id);
CREATE TABLE evidence (
  transaction_id TEXT NOT NULL, account_id TEXT NOT NULL, alert_id TEXT NOT NULL, step INTEGER NOT NULL,
  steps INTEGER NOT NULL, step_name TEXT NOT NULL,
  PRIMARY KEY (transaction_id, account_id, alert_id, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_by_alert ON evidence (alert_id);`;

const insertEvent = "INSERT INTO alert_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
const upsertAlert = `INSERT INTO alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET account_id = excluded.account_id, rule = excluded.rule, rule_version = excluded.rule_version,
  severity = excluded.severity, status = excluded.status, event_ms = excluded.event_ms,
  processed_ms = excluded.processed_ms, partition = excluded.partition, offset = excluded.offset, value = excluded.value`;
const insertEvidence = "INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?, ?)";

/** Rows of `alerts.v1`. */
export const alerts: Projection = {
  name: "alerts",
  topics: [topics.alerts.name],
  schema,
  apply: (database, records) => {
    for (const record of records)
      if (record.value !== undefined && record.bytes !== null) applyAlert(database, record, record.bytes);
  },
  expire: (database, beforeMs, limit) => {
    const old = database.all<{ readonly id: string }>(
      "SELECT id FROM alerts WHERE event_ms < ? ORDER BY event_ms LIMIT ?",
      beforeMs,
      limit,
    );
    for (const { id } of old) {
      database.statement("DELETE FROM evidence WHERE alert_id = ?").run(id);
      database.statement("DELETE FROM alerts WHERE id = ?").run(id);
    }
    return old.length + expireRows(database, "alert_events", beforeMs, limit);
  },
};

const applyAlert = (database: ReadModelDatabase, record: ModelRecord, bytes: Uint8Array): void => {
  const alert = record.value as Alert;
  const { partition, offset, timestampMs, receivedAtMs, processedAtMs } = record;
  const value = textOf(bytes);
  database
    .statement(insertEvent)
    .run(
      alert.id,
      partition,
      offset,
      timestampMs,
      receivedAtMs,
      processedAtMs,
      alert.changedBy ?? null,
      value,
    );
  database
    .statement(upsertAlert)
    .run(
      alert.id,
      alert.accountId,
      alert.rule,
      alert.ruleVersion,
      alert.severity,
      alert.status,
      timestampMs,
      processedAtMs,
      partition,
      offset,
      value,
    );
  const steps = alert.evidence.length;
  const evidence = database.statement(insertEvidence);
  alert.evidence.forEach(({ id }, i) => {
    // The contract refuses an alert with fewer steps than evidence.
    evidence.run(id, alert.accountId, alert.id, i + 1, steps, alert.evidenceSteps[i] ?? "");
  });
};
