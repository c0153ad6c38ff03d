// The alert that a rule raises. A function of its evidence and the rule's parameters; it holds no clock.

import { type Alert, alertId, parseEventTime, type Transaction } from "@riffle/contracts";
import type { RuleHead } from "./rule.ts";

/** A finding: the transactions that caused it, in order, at least one, and a sentence for a person. */
export interface Finding {
  readonly evidence: readonly [Transaction, ...Transaction[]];
  /** The step of the rule that took each of them: as many, in the same order. */
  readonly steps: readonly string[];
  readonly reason: string;
}

/** The alert for a finding. Its amount is that of the last transaction, which completed it. */
export const alertOf = (
  { name, version, severity }: RuleHead,
  { evidence, steps, reason }: Finding,
): Alert => {
  const [first] = evidence;
  const last = evidence.at(-1) ?? first;
  const causeIds = evidence.map(({ id }) => id);
  return {
    id: alertId(name, version, last.accountId, causeIds),
    rule: name,
    ruleVersion: version,
    severity,
    accountId: last.accountId,
    status: "raised",
    reason,
    evidence: [...evidence],
    evidenceSteps: [...steps],
    firstAt: first.occurredAt,
    lastAt: last.occurredAt,
    amount: last.amount,
    currency: last.currency,
  };
};

/** The event that says that an alert no longer holds: the same alert but for its status. */
export const withdrawalOf = (alert: Alert): Alert => ({ ...alert, status: "withdrawn" });

/** When the alert's last cause happened, epoch milliseconds: the timestamp of its record. */
export const alertTimeMs = ({ lastAt }: Alert): number => parseEventTime(lastAt);
