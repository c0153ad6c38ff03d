// Velocity burst
//
// A program has the number of your card and knows that it will be blocked soon. It does not wait for each payment to be
// confirmed: it orders vouchers from every shop that it knows, as fast as they answer. Twelve payments in nine seconds,
// none of them remarkable, more than anybody can type.
//
// The pattern, per account: 10 transactions within 60 seconds.
//
//   V1. "Within" is inclusive: event time of the tenth minus that of the first is at most 60 seconds.
//   V2. Every transaction that is screened counts, whatever its type, amount and currency.
//   V3. Order is event time, ties by offset. The alert is raised with the tenth; the evidence is it and the nine before.
//   V4. After a match the account starts afresh: twenty within the minute are two alerts, nineteen are one.
//   V5. A transaction that comes out of order, within grace, counts in its place. It may shift the tens: the alerts
//       behind it are then withdrawn and raised with the evidence that holds.
//
// State per account is constant: the latest nine, and what is younger than grace.

import type { Transaction } from "@riffle/contracts";
import {
  type KeyedPatternState,
  keyValueStore,
  type Pattern,
  patternOf,
  skipPastLast,
} from "@riffle/streams";
import { formatWithin } from "../duration.ts";
import { tookMs } from "../evidence.ts";
import { patternRule } from "../pattern-rule.ts";
import type { Rule } from "../rule.ts";

/** The parameters of the pattern. */
export interface VelocityBurstParameters {
  /** How many transactions are a burst; at least 2. */
  readonly transactionsMin: number;
  /** Longest time from the first to the last of them, milliseconds, inclusive. */
  readonly withinMs: number;
}

type Steps = "burst" | "last";

/** The pattern's state of each account. */
export const velocityBurstStore =
  keyValueStore<KeyedPatternState<Transaction, Steps>>("velocity-burst-matches");

/** The pattern in the engine's language. Nine and then one, instead of ten: that runs in constant state. */
export const velocityBurstPattern = ({
  transactionsMin,
  withinMs,
}: VelocityBurstParameters): Pattern<Transaction, Steps> =>
  patternOf<Transaction>()
    .begin("burst")
    .times(transactionsMin - 1)
    .followedBy("last")
    .within(withinMs)
    .afterMatch(skipPastLast({ evidence: "latest" }));

/** The rule. */
export const velocityBurstRule = (parameters: VelocityBurstParameters, graceMs: number): Rule =>
  patternRule({
    name: "velocity-burst",
    version: 1,
    severity: "medium",
    store: velocityBurstStore,
    pattern: velocityBurstPattern(parameters),
    graceMs,
    isAbout: () => true,
    reason: (evidence) => `${evidence.length} transactions ${formatWithin(tookMs(evidence))}`,
  });
