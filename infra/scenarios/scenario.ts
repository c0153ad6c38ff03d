// What a scenario is: accounts with a story each, and which alerts each story is worth.
//
//   S1. A story has an account of its own, new in every run, so runs never meet and the pipeline need not be empty.
//   S2. Silence is proven without waiting. After its story each account gets one complete fraud, the sentinel. Alerts
//       of an account come in order, so once the sentinel's alert is here, everything the story was worth has come.
//       What this cannot see is a repeat of the very last alert that arrives after everything else.
//   S3. A scenario is about one rule: alerts of others on its accounts are nothing to it.
//   S4. All of it lies within the detector's grace, so that nothing is late on a pipeline whose stream time is now.

import type { Alert, TransactionInput } from "@riffle/contracts";

/** An alert that a story must raise or withdraw. */
export interface ExpectedAlert {
  readonly status: Alert["status"];
  /** The ids of its causes, in order. */
  readonly causes: readonly string[];
}

/** One account's part of a scenario. */
export interface Story {
  /** What happens, for the table: `two small, then a large one`. */
  readonly title: string;
  readonly accountId: string;
  readonly transactions: readonly TransactionInput[];
  /** In the order in which they must come; empty for a near-miss. */
  readonly expected: readonly ExpectedAlert[];
  /** The complete fraud that ends the account's part. */
  readonly sentinel: readonly TransactionInput[];
  /** The ids of the sentinel's causes: nothing in the story may be one. */
  readonly sentinelCauses: readonly string[];
}

/** A named set of stories. */
export interface Scenario {
  readonly name: string;
  /** The rule whose alerts it is about. */
  readonly rule: string;
  readonly title: string;
  readonly stories: readonly Story[];
  /** Everything that it sends, in the order in which it is sent. */
  readonly sent: readonly TransactionInput[];
}
