// Dormant account awakened
//
// An old savings account, opened for a child who has long since moved away. Nobody looks at its statements. Somebody at
// a call centre has noticed, and the password has been reset. On Monday two euros leave the account: it works. On
// Monday evening everything else leaves.
//
// The rule, per account: no transaction for at least 90 days, then one, and with it or within 24 hours after it a
// payment above 500.00.
//
//   D1. The silence is the time between two transactions of the account, of whatever type: exactly 90 days is enough.
//   D2. The transaction that ends it wakes the account. It may be the payment itself; if not, the payment comes at
//       most 24 hours later, inclusive. Evidence is the one that woke the account and the payment, or the one that is both:
//       the steps are `awakening` and `payment`, or `awakening-payment`.
//   D3. Exactly 500.00, in units of its own currency, is not above. A payment is what takes money out: a purchase, a
//       withdrawal or a transfer; a deposit wakes the account all the same.
//   D4. One alert for each awakening: the payments after it raise no others.
//   D5. The first transaction ever ends no silence, and neither does one after more than 730 days: by then the account
//       is forgotten, and known as little as a new one.
//   D6. The silence is judged from activity that is known: a transaction that came late is none.
//
// State lives long, and there is one for each account that was active within 730 days: the time of its last
// transaction, and for 24 hours the one that woke it.

import { formatMoney, type Transaction } from "@riffle/contracts";
import { keyValueStore, type PatternEvent } from "@riffle/streams";
import { alertOf, type Finding } from "../alert-of.ts";
import { formatAfter, formatDuration } from "../duration.ts";
import type { Fold, FoldedKey } from "../event-time-fold.ts";
import { tookMs } from "../evidence.ts";
import { historyRule } from "../history-rule.ts";
import { bytesOfJudged } from "../judged-transaction.ts";
import { isPayment, minorUnits } from "../payments.ts";
import type { Rule, RuleHead } from "../rule.ts";

/** The parameters of the rule. */
export interface DormantAccountAwakenedParameters {
  /** How long an account is silent at least, milliseconds, inclusive. */
  readonly silentMs: number;
  /** A payment above this many units of its currency raises the alert. */
  readonly amountAbove: number;
  /** Longest time from the transaction that wakes the account to the payment, milliseconds, inclusive. */
  readonly withinMs: number;
  /** How long an account without transactions is remembered, milliseconds, inclusive. */
  readonly retentionMs: number;
}

/** The transaction that ended a silence. */
interface Awakening {
  readonly atMs: number;
  readonly silentMs: number;
  readonly transaction: Transaction;
}

/** What is remembered of an account. */
export interface Activity {
  /** Event time of its last transaction. */
  readonly lastMs: number;
  /** Until a payment has followed it, or the time for that is over. */
  readonly awakening?: Awakening;
}

/** The rule's state of each account. */
export const dormantAccountAwakenedStore = keyValueStore<FoldedKey<Activity, Transaction>>(
  "dormant-account-awakened-activity",
);

const head: RuleHead = { name: "dormant-account-awakened", version: 1, severity: "high" };

/** The rule. */
export const dormantAccountAwakenedRule = (
  parameters: DormantAccountAwakenedParameters,
  graceMs: number,
): Rule =>
  historyRule({
    ...head,
    store: dormantAccountAwakenedStore,
    fold: dormantAccountAwakenedFold(parameters),
    graceMs,
    eventOf: (transaction) => transaction,
    bytesOf: bytesOfJudged,
    keyOf: ({ accountId }) => accountId,
  });

const dormantAccountAwakenedFold = (
  parameters: DormantAccountAwakenedParameters,
): Fold<Activity, Transaction> => ({
  step: (state, event) => {
    const lastMs = event.eventTimeMs;
    const awakening = awakeningOf(parameters, state, event);
    if (awakening === undefined) return { state: { lastMs } };
    if (!isWorth(parameters, event.value)) return { state: { lastMs, awakening } };
    return { state: { lastMs }, alert: alertOf(head, findingOf(awakening, event.value)) };
  },
  usefulUntilMs: ({ lastMs }) => lastMs + parameters.retentionMs,
});

/** What has woken the account, this event or one before it, if there is still time. */
const awakeningOf = (
  { silentMs, withinMs, retentionMs }: DormantAccountAwakenedParameters,
  state: Activity | undefined,
  { eventTimeMs, value: transaction }: PatternEvent<Transaction>,
): Awakening | undefined => {
  if (state === undefined) return undefined;
  const { lastMs, awakening } = state;
  const quietMs = eventTimeMs - lastMs;
  if (quietMs >= silentMs && quietMs <= retentionMs)
    return { atMs: eventTimeMs, silentMs: quietMs, transaction };
  const isInTime = awakening !== undefined && eventTimeMs - awakening.atMs <= withinMs;
  return isInTime ? awakening : undefined;
};

const isWorth = ({ amountAbove }: DormantAccountAwakenedParameters, transaction: Transaction): boolean =>
  isPayment(transaction) && transaction.amount > minorUnits(amountAbove, transaction.currency);

/** `transfer of 900.00 EUR, the first transaction in 93 d`, `… 6 h after the first transaction in 93 d`. */
const findingOf = ({ transaction: woken, silentMs }: Awakening, payment: Transaction): Finding => {
  const isBoth = woken.id === payment.id;
  const evidence: Finding["evidence"] = isBoth ? [payment] : [woken, payment];
  const steps = isBoth ? ["awakening-payment"] : ["awakening", "payment"];
  const what = `${payment.type} of ${formatMoney(payment.amount, payment.currency)}`;
  const after = isBoth ? "" : ` ${formatAfter(tookMs(evidence))}`;
  return { evidence, steps, reason: `${what},${after} the first transaction in ${formatDuration(silentMs)}` };
};
