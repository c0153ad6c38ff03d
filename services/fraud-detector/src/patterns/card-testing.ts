// Card testing
//
// Somebody has bought a list of stolen cards and does not know which of them still work. A program tries each one
// where nobody looks: a song, a parking ticket, a donation of two euros. Three of these go through on your card within
// a minute. Now it is known to be good, and before you look at your phone it pays for a telephone at 1,200.00.
//
// The pattern, per account: at least 3 purchases below 100.00, then one above 1,000.00, all within 5 minutes.
//
//   C1. "Within" is inclusive: event time of the large minus that of the first small is at most 5 minutes.
//   C2. Other transactions may stand between (relaxed contiguity); only purchases count.
//   C3. Exactly 100.00 is not small, exactly 1,000.00 is not large. Each purchase is judged in units of its own
//       currency; purchases in different currencies count together, for it is one card that is being tested.
//   C4. Order is event time, ties by offset. The smalls that count are the latest ones before the large.
//   C5. After a match the account starts afresh: nothing up to that large purchase counts again.
//   C6. A purchase that comes out of order, within grace, counts in its place: it completes a match, or changes the
//       evidence of one, which is then withdrawn and raised anew.
//
// State per account is constant: the latest smalls, as many as are needed, and what is younger than grace.

import { formatMoney, type Transaction } from "@riffle/contracts";
import {
  type KeyedPatternState,
  keyValueStore,
  type Pattern,
  patternOf,
  skipPastLast,
} from "@riffle/streams";
import type { Finding } from "../alert-of.ts";
import { formatWithin } from "../duration.ts";
import { tookMs } from "../evidence.ts";
import { patternRule } from "../pattern-rule.ts";
import { minorUnits } from "../payments.ts";
import type { Rule } from "../rule.ts";

/** The parameters of the pattern. */
export interface CardTestingParameters {
  /** A purchase below this many units of its currency is small. */
  readonly smallBelow: number;
  /** A purchase above this many units of its currency is large. */
  readonly largeAbove: number;
  /** How many smalls there are at least. */
  readonly smallsMin: number;
  /** Longest time from the first small to the large, milliseconds, inclusive. */
  readonly withinMs: number;
}

type Steps = "small" | "large";

/** The pattern's state of each account. */
export const cardTestingStore = keyValueStore<KeyedPatternState<Transaction, Steps>>("card-testing-matches");

/** The pattern in the engine's language. */
export const cardTestingPattern = (parameters: CardTestingParameters): Pattern<Transaction, Steps> => {
  const { smallBelow, largeAbove, smallsMin, withinMs } = parameters;
  return patternOf<Transaction>()
    .begin("small")
    .where(({ amount, currency }) => amount < minorUnits(smallBelow, currency))
    .timesOrMore(smallsMin)
    .followedBy("large")
    .where(({ amount, currency }) => amount > minorUnits(largeAbove, currency))
    .within(withinMs)
    .afterMatch(skipPastLast({ evidence: "latest" }));
};

/** The rule. Version 2: a purchase out of order counts in its place. */
export const cardTestingRule = (parameters: CardTestingParameters, graceMs: number): Rule =>
  patternRule({
    name: "card-testing",
    version: 2,
    severity: "high",
    store: cardTestingStore,
    pattern: cardTestingPattern(parameters),
    graceMs,
    isAbout: ({ type }) => type === "purchase",
    reason: (evidence) => reasonOf(parameters, evidence),
  });

/** `3 purchases under 100.00 EUR, then 1,200.00 EUR within 2 min 10 s`. */
const reasonOf = ({ smallBelow }: CardTestingParameters, evidence: Finding["evidence"]): string => {
  const smalls = evidence.slice(0, -1);
  const large = evidence.at(-1) ?? evidence[0];
  const currencies = [...new Set(smalls.map(({ currency }) => currency))];
  const limits = currencies.map((currency) => formatMoney(minorUnits(smallBelow, currency), currency));
  const purchases = smalls.length === 1 ? "purchase" : "purchases";
  return `${smalls.length} ${purchases} under ${limits.join(" or ")}, then ${formatMoney(large.amount, large.currency)} ${formatWithin(tookMs(evidence))}`;
};
