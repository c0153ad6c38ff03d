// Alerts to make cases of.

import { type Alert, alertId } from "@riffle/contracts";
import type { DrivenRecord } from "@riffle/streams/testing";

/** Event time of the first alert, epoch milliseconds. */
export const startMs = Date.UTC(2026, 2, 1, 12);

/** What may be chosen of an alert. */
export interface AlertChoice {
  readonly accountId?: string;
  /** Which alert of its account. */
  readonly n?: number;
  readonly status?: Alert["status"];
  readonly severity?: Alert["severity"];
  readonly changedBy?: string;
  readonly atMs?: number;
}

/** An alert as its record. */
export const alertRecord = ({
  accountId = "acct-1",
  n = 1,
  status = "raised",
  severity = "medium",
  changedBy,
  atMs = startMs,
}: AlertChoice = {}): DrivenRecord<Alert> => {
  const occurredAt = new Date(atMs).toISOString();
  const cause = {
    id: `t-${accountId}-${n}`,
    accountId,
    amount: 100,
    currency: "EUR",
    occurredAt,
    type: "purchase" as const,
  };
  return {
    key: accountId,
    timestampMs: atMs,
    headers: { "received-at": String(atMs + 5) },
    value: {
      id: alertId("card-testing", 1, accountId, [cause.id]),
      rule: "card-testing",
      ruleVersion: 1,
      severity,
      accountId,
      status,
      ...(changedBy === undefined ? {} : { changedBy }),
      reason: "One small purchase, then a large one.",
      evidence: [cause],
      evidenceSteps: ["large"],
      firstAt: occurredAt,
      lastAt: occurredAt,
      amount: 100,
      currency: "EUR",
    },
  };
};
