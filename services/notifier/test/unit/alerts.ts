// Builders of the notifier's tests.

import { type Alert, type AlertStatus, alertId } from "@riffle/contracts";

export const anAlert = (id: string, accountId = "acc_42", status: AlertStatus = "raised"): Alert => ({
  id: alertId("card-testing", 1, accountId, [id]),
  rule: "card-testing",
  ruleVersion: 1,
  severity: "high",
  accountId,
  status,
  reason: "3 purchases under 100.00 EUR, then 1,200.00 EUR within 2 min 10 s",
  evidence: [
    {
      id,
      accountId,
      amount: 120_000,
      currency: "EUR",
      occurredAt: "2026-03-01T12:02:10.000Z",
      type: "purchase",
      metadata: { shop: "Zürich – 電話" },
    },
  ],
  evidenceSteps: ["large"],
  firstAt: "2026-03-01T12:02:10.000Z",
  lastAt: "2026-03-01T12:02:10.000Z",
  amount: 120_000,
  currency: "EUR",
});
