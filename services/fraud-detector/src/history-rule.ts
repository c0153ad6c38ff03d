// A rule that is a fold over an account's history, instead of a sequence of transactions.

import type { Alert, Transaction } from "@riffle/contracts";
import type { StoreSpec, Task } from "@riffle/streams";
import { EventTimeFold, type Fold, type FoldedKey } from "./event-time-fold.ts";
import { unsettledBytesMax } from "./judged-transaction.ts";
import type { Placed, Rule, RuleHead, RuleWatch } from "./rule.ts";

/** A rule over what is known of each account. `S` is what it remembers, `E` what it needs of a transaction. */
export interface HistoryRule<S, E> extends RuleHead {
  readonly store: StoreSpec<FoldedKey<S, E>>;
  readonly fold: Fold<S, E>;
  /** How far behind stream time a transaction may be and still count in its place, milliseconds. */
  readonly graceMs: number;
  /** What the rule needs of a transaction, stored for grace; `undefined` when it is none of its business. */
  readonly eventOf: (transaction: Transaction) => E | undefined;
  /** Bytes of that as JSON, or a little more. */
  readonly bytesOf: (event: E) => number;
  /** Whose history it is. */
  readonly keyOf: (transaction: Transaction) => string;
}

/** The rule of a fold. */
export const historyRule = <S, E>(rule: HistoryRule<S, E>): Rule => {
  const { name, version, severity, store, fold, graceMs, bytesOf } = rule;
  const options = { graceMs, unsettledMax: unsettledBytesMax, weightOf: bytesOf };
  return {
    name,
    version,
    severity,
    watch: (task: Task, onCrowdedOut: () => void): RuleWatch =>
      new HistoryWatch(rule, new EventTimeFold(task.store(store), fold, { ...options, onCrowdedOut })),
  };
};

const nothing: readonly Alert[] = [];

class HistoryWatch<S, E> implements RuleWatch {
  readonly #rule: HistoryRule<S, E>;
  readonly #fold: EventTimeFold<S, E>;

  constructor(rule: HistoryRule<S, E>, fold: EventTimeFold<S, E>) {
    this.#rule = rule;
    this.#fold = fold;
  }

  observe({ eventTimeMs, offset, value: transaction }: Placed, streamTimeMs: number): readonly Alert[] {
    const value = this.#rule.eventOf(transaction);
    if (value === undefined) return this.advance(streamTimeMs);
    return this.#fold.observe(this.#rule.keyOf(transaction), { eventTimeMs, offset, value }, streamTimeMs);
  }

  advance(streamTimeMs: number): readonly Alert[] {
    this.#fold.advance(streamTimeMs);
    return nothing;
  }
}
