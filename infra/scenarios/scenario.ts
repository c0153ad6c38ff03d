// What a scenario is: accounts with a story each, and how many alerts each story is worth.
//
//   S1. A story has an account of its own, new in every run, so runs never meet and the pipeline need not be empty.
//   S2. Silence is proven without waiting. After its story each account gets one complete fraud, the sentinel. Alerts
//       of an account come in order, so once the sentinel's alert is here, everything the story was worth has come.
//       What this cannot see is a repeat of the very last alert that arrives after everything else.

import type { TransactionInput } from "@riffle/contracts";

/** One account's part of a scenario. */
export interface Story {
  /** What happens, for the table: `two small, then a large one`. */
  readonly title: string;
  readonly accountId: string;
  readonly transactions: readonly TransactionInput[];
  /** For each alert that the story must raise, the ids of its causes in order; empty for a near-miss. */
  readonly expected: readonly (readonly string[])[];
  /** The complete fraud that ends the account's part. Its causes are its own: nothing in the story may be one. */
  readonly sentinel: readonly TransactionInput[];
}

/** A named set of stories. */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly stories: readonly Story[];
}

/** Everything a scenario sends, in the order of event time over all accounts, so that nothing is late within a run. */
export function inEventTimeOrder(scenario: Scenario): TransactionInput[] {
  const all = scenario.stories.flatMap(({ transactions, sentinel }) => [...transactions, ...sentinel]);
  return all.toSorted((one, other) => Date.parse(one.occurredAt) - Date.parse(other.occurredAt));
}
