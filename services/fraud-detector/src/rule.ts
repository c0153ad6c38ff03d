// What a rule is: a story about one account, and what watches for it in one task.
//
//   R1. The alerts of a rule that stand, withdrawals taken into account, are a function of the transactions that came on
//       time, in order of event time, ties by offset: never of the order in which they came, of batches or of restarts.
//       An account that has more within grace than judged-transaction.ts allows is the exception: one of its transactions
//       that came far out of order may have come too late for it, and is told as crowded out.
//   R2. A rule keeps all that it knows in its own store; a watch can be thrown away and built from the store at any time.
//   R3. An account of which nothing can matter any more is gone from the store.

import type { Alert, AlertSeverity, RuleName, Transaction } from "@riffle/contracts";
import type { PatternEvent, Task } from "@riffle/streams";

/** A transaction and its place in the account's history: event time, ties by offset. */
export type Placed = PatternEvent<Transaction>;

/** What an alert says of its rule. */
export interface RuleHead {
  /** On alerts, in their ids, and in the variable RULES. */
  readonly name: RuleName;
  /**
   * Of the logic: raised whenever the same transactions could give another answer under the same parameters. Alerts of
   * another version are other alerts.
   */
  readonly version: number;
  readonly severity: AlertSeverity;
}

/** A rule with its parameters. */
export interface Rule extends RuleHead {
  /**
   * Makes what watches for it. Built from a restored task; it reads every account of its store once.
   *
   * @param onCrowdedOut told of every transaction on time that is not looked at, because those behind it are settled already
   */
  watch(task: Task, onCrowdedOut: () => void): RuleWatch;
}

/** A rule within one task. */
export interface RuleWatch {
  /**
   * Takes a transaction that is on time.
   *
   * @param streamTimeMs the task's stream time with this transaction taken in
   * @returns what changes because of it, in order: alerts that no longer hold, withdrawn, and then those raised
   */
  observe(placed: Placed, streamTimeMs: number): readonly Alert[];
  /** Lets stream time pass without a transaction. Cheap when nothing is due. */
  advance(streamTimeMs: number): readonly Alert[];
}
