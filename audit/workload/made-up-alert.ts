// Alerts that nobody's pattern raised: for audits and benchmarks of what comes after the fraud detector.

import { type Alert, alertId } from "@riffle/contracts";

/** An alert of one cause. @param n makes its cause, and so its id, its own */
export const madeUpAlert = (accountId: string, n: number, atMs: number): Alert => {
  const occurredAt = new Date(atMs).toISOString();
  const cause = {
    id: `t-${n}`,
    accountId,
    amount: 100,
    currency: "EUR",
    occurredAt,
    type: "purchase" as const,
  };
  return {
    id: alertId("card-testing", 1, accountId, [cause.id]),
    rule: "card-testing",
    ruleVersion: 1,
    severity: "high",
    accountId,
    status: "raised",
    reason: "One small purchase, then a large one.",
    evidence: [cause],
    evidenceSteps: ["large"],
    firstAt: occurredAt,
    lastAt: occurredAt,
    amount: 100,
    currency: "EUR",
  };
};
