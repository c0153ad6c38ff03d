// The alert that a completed card-testing pattern raises.

import {
  type Alert,
  alertId,
  formatMoney,
  minorUnitExponent,
  parseEventTime,
  type Transaction,
} from "@riffle/contracts";
import { formatDuration } from "../duration.ts";
import type { CardTestingRules } from "./card-testing.ts";

/** The rule's name, on alerts and in their ids. */
export const cardTestingRule = "card-testing";

/**
 * The version of the pattern's logic: raised whenever the same transactions could give another answer under the same
 * parameters. Alerts of another version are other alerts.
 */
export const cardTestingVersion = 1;

/**
 * The alert for this evidence: the smalls and, last, the large purchase. It is a function of them and of the
 * parameters; it holds no clock.
 */
export const cardTestingAlert = (
  rules: CardTestingRules,
  smalls: readonly Transaction[],
  large: Transaction,
): Alert => {
  const evidence = [...smalls, large];
  const causeIds = evidence.map(({ id }) => id);
  return {
    id: alertId(cardTestingRule, cardTestingVersion, large.accountId, causeIds),
    rule: cardTestingRule,
    ruleVersion: cardTestingVersion,
    severity: "high",
    accountId: large.accountId,
    status: "raised",
    reason: reasonOf(rules, smalls, large),
    evidence,
    firstAt: (smalls[0] ?? large).occurredAt,
    lastAt: large.occurredAt,
    amount: large.amount,
    currency: large.currency,
  };
};

/** `3 purchases under 100.00 EUR, then 1,200.00 EUR within 2 min 10 s`. */
const reasonOf = (rules: CardTestingRules, smalls: readonly Transaction[], large: Transaction): string => {
  const currencies = [...new Set(smalls.map(({ currency }) => currency))];
  const limits = currencies.map((currency) =>
    formatMoney(rules.smallBelow * 10 ** minorUnitExponent(currency), currency),
  );
  const tookMs = parseEventTime(large.occurredAt) - parseEventTime((smalls[0] ?? large).occurredAt);
  const purchases = smalls.length === 1 ? "purchase" : "purchases";
  return `${smalls.length} ${purchases} under ${limits.join(" or ")}, then ${formatMoney(large.amount, large.currency)} within ${formatDuration(tookMs)}`;
};
