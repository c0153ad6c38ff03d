// The fraud detector, the plain way: after each transaction the rules are asked about the account's whole history, and
// what is no longer among their alerts is withdrawn, what is new is raised.

import { type Alert, alertId, parseEventTime, type Transaction } from "@riffle/contracts";
import type { ModelOptions, RuleOptions } from "./options.ts";
import { alertLine } from "./record-lines.ts";
import { amountAboveMean } from "./rules/amount-above-mean.ts";
import { cardTesting } from "./rules/card-testing.ts";
import { dormantAccountAwakened } from "./rules/dormant-account-awakened.ts";
import { impossibleTravel } from "./rules/impossible-travel.ts";
import type { Causes, ModelRule, Placed } from "./rules/rule.ts";
import { takeOver } from "./rules/take-over.ts";
import { velocityBurst } from "./rules/velocity-burst.ts";

/** In the order in which their alerts go out. */
const rules: readonly ModelRule[] = [
  cardTesting,
  impossibleTravel,
  velocityBurst,
  amountAboveMean,
  dormantAccountAwakened,
  takeOver,
];

interface Account {
  readonly history: Placed[];
  /** By rule. */
  readonly standing: (readonly Causes[])[];
}

/**
 * The alerts for one partition's screened transactions, in order, as lines.
 *
 * @param handedOnBy what stands for the headers that a transaction's record hands on
 */
export const detect = (
  screened: readonly Transaction[],
  { graceMs, rules: options }: ModelOptions,
  handedOnBy: (transaction: Transaction) => string,
): string[] => {
  const accounts = new Map<string, Account>();
  const lines: string[] = [];
  let streamTimeMs = -1;
  for (const transaction of screened) {
    const timeMs = parseEventTime(transaction.occurredAt);
    streamTimeMs = Math.max(streamTimeMs, timeMs);
    if (streamTimeMs > timeMs + graceMs) continue;
    const account = accounts.get(transaction.accountId) ?? { history: [], standing: rules.map(() => []) };
    accounts.set(transaction.accountId, account);
    const { history, standing } = account;
    const from = history.findLastIndex((other) => other.timeMs <= timeMs) + 1;
    history.splice(from, 0, { transaction, timeMs });
    const occasion = { changedBy: transaction.id, handedOn: handedOnBy(transaction), options };
    const isBefore = (causes: Causes): boolean => history.indexOf(causes.at(-1) as Placed) < from;
    rules.forEach((rule, i) => {
      const before = standing[i] ?? [];
      // What ended before this transaction is as it was: rules look back, never ahead.
      const after = [
        ...before.filter(isBefore),
        ...rule.alertsIn(history, options, from).filter((causes) => !isBefore(causes)),
      ];
      lines.push(...changes(rule, before, after, occasion));
      standing[i] = after;
    });
  }
  return lines;
};

interface Occasion {
  readonly changedBy: string;
  /** Of the record on whose arrival it is told. */
  readonly handedOn: string;
  readonly options: RuleOptions;
}

const changes = (
  rule: ModelRule,
  before: readonly Causes[],
  after: readonly Causes[],
  occasion: Occasion,
): string[] => {
  if (before.length === 0 && after.length === 0) return [];
  const [idsBefore, idsAfter] = [before.map(idOf), after.map(idOf)];
  return [
    ...before
      .filter((causes) => !idsAfter.includes(idOf(causes)))
      .map((one) => lineOf(rule, { status: "withdrawn", ...occasion }, one)),
    ...after
      .filter((causes) => !idsBefore.includes(idOf(causes)))
      .map((one) => lineOf(rule, { status: "raised", ...occasion }, one)),
  ];
};

const idOf = (causes: Causes): string => causes.map(({ transaction }) => transaction.id).join(" ");

const lineOf = (
  rule: ModelRule,
  { status, changedBy, handedOn, options }: Occasion & { readonly status: Alert["status"] },
  causes: Causes,
): string => {
  const evidence = causes.map(({ transaction: { metadata: _, ...cause } }): Transaction => cause);
  const [first, last] = [evidence[0] as Transaction, evidence.at(-1) as Transaction];
  const { accountId, amount, currency, occurredAt } = last;
  const value: Omit<Alert, "reason"> = {
    status,
    changedBy,
    rule: rule.name,
    ruleVersion: rule.version,
    severity: rule.severity as Alert["severity"],
    id: alertId(
      rule.name,
      rule.version,
      accountId,
      evidence.map(({ id }) => id),
    ),
    accountId,
    evidence,
    evidenceSteps: [...rule.stepsOf(causes, options)],
    firstAt: first.occurredAt,
    lastAt: occurredAt,
    amount,
    currency,
  };
  return alertLine({ key: accountId, value, timestampMs: parseEventTime(occurredAt), handedOn });
};
