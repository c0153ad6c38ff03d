// The alerts that a transaction is evidence of, the patterns they completed, and how they were told.

import { type Alert, type Notification, topics } from "@riffle/contracts";
import type { Hop, PatternStep } from "../answers.ts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import { hopOf, type PlacedRow, type TransactionName } from "./hop.ts";

/** What follows from a transaction beyond the windows. */
export interface PatternsOfTransaction {
  readonly patterns: readonly PatternStep[];
  /** As they stand now. */
  readonly alerts: readonly Alert[];
  readonly deliveries: readonly Notification[];
  readonly hops: readonly Hop[];
}

interface EvidenceRow {
  readonly alertId: string;
  readonly step: number;
  readonly steps: number;
  readonly stepName: string;
  readonly value: string;
}

interface EventRow extends PlacedRow {
  readonly value: string;
}

/** @param screenedMs when the filter let the transaction pass, for the milliseconds of the hop after it */
export const patternsOf = (
  database: ReadModelDatabase,
  { id, accountId }: TransactionName,
  screenedMs: number | null,
): PatternsOfTransaction => {
  const rows = database.all<EvidenceRow>(
    `SELECT alert_id AS alertId, step, steps, step_name AS stepName, value FROM evidence JOIN alerts ON alerts.id = alert_id
     WHERE transaction_id = ? AND evidence.account_id = ? ORDER BY alerts.event_ms, alerts.offset, step`,
    id,
    accountId,
  );
  const alerts = new Map<string, Alert>();
  for (const { alertId, value } of rows)
    if (!alerts.has(alertId)) alerts.set(alertId, JSON.parse(value) as Alert);
  const hops: Hop[] = [];
  const deliveries: Notification[] = [];
  for (const alertId of alerts.keys()) {
    const events = alertEventRows(database, alertId);
    const told = notificationRows(database, alertId);
    deliveries.push(...told.map(({ value }) => JSON.parse(value) as Notification));
    hops.push(...matchedHops(alertId, events, screenedMs), ...notifiedHops(alertId, events, told));
  }
  return {
    patterns: rows.flatMap(({ alertId, step, steps, stepName }) => {
      const alert = alerts.get(alertId);
      if (alert === undefined) return [];
      const { rule, ruleVersion, status } = alert;
      return [{ alertId, rule, ruleVersion, status, step, steps, stepName }];
    }),
    alerts: [...alerts.values()],
    deliveries,
    hops,
  };
};

/** The events of an alert, in order. */
export const alertEventRows = (database: ReadModelDatabase, alertId: string): EventRow[] =>
  database.all<EventRow>(
    `SELECT partition, offset, event_ms AS eventMs, processed_ms AS atMs, value FROM alert_events
     WHERE alert_id = ? ORDER BY offset`,
    alertId,
  );

/** How the channels were told of an alert, in order. */
export const notificationRows = (database: ReadModelDatabase, alertId: string): EventRow[] =>
  database.all<EventRow>(
    `SELECT partition, offset, event_ms AS eventMs, processed_ms AS atMs, value FROM notifications
     WHERE alert_id = ? ORDER BY offset`,
    alertId,
  );

const matchedHops = (alertId: string, events: readonly EventRow[], screenedMs: number | null): Hop[] =>
  events.map((event) =>
    hopOf(event, {
      stage: "matched",
      service: "fraud-detector",
      topic: topics.alerts.name,
      previousMs: screenedMs,
      alertId,
    }),
  );

const notifiedHops = (alertId: string, events: readonly EventRow[], told: readonly EventRow[]): Hop[] => {
  // Once for each event: an alert may be as large as a record.
  const changes = events.map(({ value, atMs }) => ({ status: (JSON.parse(value) as Alert).status, atMs }));
  return told.map((row) => {
    const { alertStatus } = JSON.parse(row.value) as Notification;
    const change = changes.findLast(
      ({ status, atMs }) => status === alertStatus && (atMs ?? 0) <= (row.atMs ?? Number.MAX_SAFE_INTEGER),
    );
    return hopOf(row, {
      stage: "notified",
      service: "notifier",
      topic: topics.notifications.name,
      previousMs: change?.atMs ?? null,
      alertId,
    });
  });
};
