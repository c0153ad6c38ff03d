// What the model asks of a rule: an account's whole history in order, and which alerts it holds.

import { minorUnitExponent, type Transaction } from "@riffle/contracts";
import type { RuleOptions } from "../options.ts";

/** A transaction in its account's history, which is in order of event time, ties by the order of arrival. */
export interface Placed {
  readonly transaction: Transaction;
  readonly timeMs: number;
}

/** The causes of an alert, in order; the last one completes it. */
export type Causes = readonly Placed[];

/** A rule, the plain way. */
export interface ModelRule {
  readonly name: string;
  readonly version: number;
  readonly severity: string;
  /**
   * The alerts of the whole history, in order of their last causes. Those whose last cause comes before place `from`
   * may be left out: what they were before is what they are.
   */
  alertsIn(history: readonly Placed[], options: RuleOptions, from: number): readonly Causes[];
  /** What an alert has to call each of these causes of one of the rule's alerts, in their order. */
  stepsOf(causes: Causes, options: RuleOptions): readonly string[];
}

/** Minor units of so many units of a currency. */
export const minor = (units: number, currency: string): number => units * 10 ** minorUnitExponent(currency);

/** Whether it takes money out of the account. */
export const takesMoney = ({ transaction: { type } }: Placed): boolean =>
  ["purchase", "withdrawal", "transfer"].includes(type);
