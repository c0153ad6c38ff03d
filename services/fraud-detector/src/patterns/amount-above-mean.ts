// Amount far above the mean
//
// For years the account has paid for groceries, petrol and a cinema ticket now and then: forty euros, give or take
// twenty. On a Tuesday it pays 2,900.00 to a jeweller. The card is real, the code is right, the shop is honest. Only the
// account's own history says that this is not its owner.
//
// The rule, per account and currency: a payment of at least 500.00 that is more than 3 times the mean of the account's
// earlier payments, and more than 4 standard deviations above it, when there were at least 10 of them in 30 days.
//
//   M1. The earlier payments are those before it in order of event time, ties by offset, of the 30 UTC days before its
//       own and of its own day so far. It never counts into its own mean; it counts into that of the next.
//   M2. Exactly 3 times the mean, or exactly 4 deviations above it, is not above. Exactly 500.00, in units of its own
//       currency, is enough, and so is exactly the tenth earlier payment.
//   M3. Payments are what takes money out: purchases, withdrawals and transfers. Currencies are never mixed.
//   M4. The deviation is that of the earlier payments, divided by their number. Sums and sums of squares are exact
//       integers: no answer depends on rounding, nor on the order of additions.
//   M5. A payment that comes out of order, within grace, counts in its place: alerts that hold no longer are withdrawn,
//       new ones raised. The figures in a sentence are those known when the alert was raised.
//
// State per account and currency: a day, a count and two sums for each of at most 31 days with payments; amounts
// younger than grace, and those payments among them that are large enough to be evidence.

import { formatMoney, type Transaction } from "@riffle/contracts";
import { keyValueStore } from "@riffle/streams";
import { alertOf } from "../alert-of.ts";
import type { Fold, FoldedKey } from "../event-time-fold.ts";
import { addExact, type ExactInteger, squareExact } from "../exact-integer.ts";
import { historyRule } from "../history-rule.ts";
import { bytesOfJudged } from "../judged-transaction.ts";
import { isPayment, minorUnits } from "../payments.ts";
import type { Rule, RuleHead } from "../rule.ts";

/** The parameters of the rule. */
export interface AmountAboveMeanParameters {
  /** A payment below this many units of its currency raises nothing. */
  readonly amountMin: number;
  /** How many earlier payments there are at least. */
  readonly earlierMin: number;
  /** How many whole UTC days before its own they may lie back. */
  readonly days: number;
  /** More than so many times the mean: a whole number. */
  readonly timesMean: number;
  /** More than so many standard deviations above it: a whole number. */
  readonly deviations: number;
}

/** The payments of one UTC day. */
export interface PaymentDay {
  /** Days since the epoch. */
  readonly day: number;
  readonly count: number;
  readonly sum: ExactInteger;
  readonly squares: ExactInteger;
}

/** An account's payments in one currency: the days that have some, in order. */
export type PaymentDays = readonly PaymentDay[];

/** What the rule needs of a payment; the transaction only where it could raise an alert. */
export interface Payment {
  readonly amount: number;
  readonly transaction?: Transaction;
}

/** The rule's state of each account and currency. */
export const amountAboveMeanStore = keyValueStore<FoldedKey<PaymentDays, Payment>>("amount-above-mean-days");

const dayMs = 86_400_000;
/** JSON of a stored payment around its transaction, which most do not have. */
const bytesOfPayment = 100;
const head: RuleHead = { name: "amount-above-mean", version: 1, severity: "medium" };

/** The rule. */
export const amountAboveMeanRule = (parameters: AmountAboveMeanParameters, graceMs: number): Rule =>
  historyRule({
    ...head,
    store: amountAboveMeanStore,
    fold: amountAboveMeanFold(parameters),
    graceMs,
    eventOf: (transaction): Payment | undefined => {
      if (!isPayment(transaction)) return undefined;
      const { amount, currency } = transaction;
      return amount < minorUnits(parameters.amountMin, currency) ? { amount } : { amount, transaction };
    },
    bytesOf: ({ transaction }) =>
      bytesOfPayment + (transaction === undefined ? 0 : bytesOfJudged(transaction)),
    // ISO 4217 codes are three letters, so the two parts can be told again without a length.
    keyOf: ({ accountId, currency }) => `${currency}${accountId}`,
  });

const amountAboveMeanFold = (parameters: AmountAboveMeanParameters): Fold<PaymentDays, Payment> => ({
  step: (state, { eventTimeMs, value: { amount, transaction } }) => {
    const day = Math.floor(eventTimeMs / dayMs);
    const earlier = recent(state ?? [], day - parameters.days);
    const finding = transaction === undefined ? undefined : findingOf(parameters, earlier, transaction);
    return { state: withPayment(earlier, day, amount), alert: finding && alertOf(head, finding) };
  },
  usefulUntilMs: (state) => ((state.at(-1)?.day ?? 0) + parameters.days + 1) * dayMs - 1,
});

const recent = (state: PaymentDays, fromDay: number): PaymentDays => {
  const first = state[0];
  return first === undefined || first.day >= fromDay ? state : state.filter(({ day }) => day >= fromDay);
};

const withPayment = (state: PaymentDays, day: number, amount: number): PaymentDays => {
  const last = state.at(-1);
  const isNewDay = last === undefined || last.day !== day;
  const before = isNewDay ? { day, count: 0, sum: 0, squares: 0 } : last;
  const after = {
    day,
    count: before.count + 1,
    sum: addExact(before.sum, amount),
    squares: addExact(before.squares, squareExact(amount)),
  };
  return [...(isNewDay ? state : state.slice(0, -1)), after];
};

interface Totals {
  readonly count: number;
  readonly sum: ExactInteger;
  readonly squares: ExactInteger;
}

const totalsOf = (days: PaymentDays): Totals => {
  let count = 0;
  let sum: ExactInteger = 0;
  let squares: ExactInteger = 0;
  for (const day of days) {
    count += day.count;
    sum = addExact(sum, day.sum);
    squares = addExact(squares, day.squares);
  }
  return { count, sum, squares };
};

const findingOf = (parameters: AmountAboveMeanParameters, earlier: PaymentDays, transaction: Transaction) => {
  const { amount, currency } = transaction;
  const totals = totalsOf(earlier);
  if (totals.count < parameters.earlierMin || !isFarAbove(parameters, totals, amount)) return undefined;
  const mean = Number(totals.sum) / totals.count;
  const times = Math.floor((amount / mean) * 10) / 10;
  const reason = `${formatMoney(amount, currency)}, ${times} times the mean of ${formatMoney(Math.round(mean), currency)} of ${totals.count} earlier payments`;
  return { evidence: [transaction] as const, steps: ["payment"], reason };
};

/**
 * Whether `amount` is above `timesMean` times the mean and above the mean plus `deviations` standard deviations, both
 * multiplied by the count, so that all of it stays integer: with n payments, sum S and sum of squares Q,
 * n a > t S, and n a - S > k sqrt(n Q - S²).
 */
export const isFarAbove = (
  { timesMean, deviations }: Pick<AmountAboveMeanParameters, "timesMean" | "deviations">,
  { count, sum, squares }: Totals,
  amount: number,
): boolean => {
  // Most payments are not: floating point tells, with a margin for its rounding.
  if (amount * count < Number(sum) * timesMean * 0.999) return false;
  const n = BigInt(count);
  const a = BigInt(amount);
  const s = BigInt(sum);
  if (n * a <= BigInt(timesMean) * s) return false;
  const above = n * a - s;
  const k = BigInt(deviations);
  return above > 0n && above * above > k * k * (n * BigInt(squares) - s * s);
};
