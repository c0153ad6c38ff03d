// Card testing within a task: the pattern's state of each account, and when it is forgotten.
//
//   W1. An account's state lives while `stream time <= newest event time + within + grace`, to the millisecond: it is
//       removed between records, as stream time passes, so that what a record finds does not depend on batches.

import type { Transaction } from "@riffle/contracts";
import { DueIndex, type KeyValueStore } from "@riffle/streams";
import {
  type CardTestingRules,
  type CardTestingState,
  newestEventTimeMs,
  type Placed,
  stepCardTesting,
} from "./patterns/card-testing.ts";

/** How the pattern is watched for. */
export interface CardTestingWatchOptions {
  readonly rules: CardTestingRules;
  /** How much longer than `within` an idle account is remembered, milliseconds, for records out of order. */
  readonly graceMs: number;
}

/** The card-testing pattern of one task. Build it from a restored store; it reads every account once. */
export class CardTestingWatch {
  readonly #store: KeyValueStore<CardTestingState>;
  readonly #rules: CardTestingRules;
  readonly #idleMs: number;
  /** Accounts by the time at which they were idle for too long, as of when they were noted. */
  readonly #expiring = new DueIndex();

  constructor(store: KeyValueStore<CardTestingState>, { rules, graceMs }: CardTestingWatchOptions) {
    this.#store = store;
    this.#rules = rules;
    this.#idleMs = rules.withinMs + graceMs;
    for (const [accountId, state] of store.entries()) this.#expiring.add(this.#expiryMs(state), accountId);
  }

  /**
   * Takes one transaction of its account.
   *
   * @param streamTimeMs the task's stream time with this transaction taken in
   * @returns the evidence, in order, when the pattern completed
   */
  observe(placed: Placed, streamTimeMs: number): readonly Transaction[] | undefined {
    this.evictDue(streamTimeMs);
    const { accountId } = placed.transaction;
    const before = this.#store.get(accountId);
    const { state, evidence } = stepCardTesting(this.#rules, before, placed);
    if (state !== undefined && state !== before && this.#expiryMs(state) > streamTimeMs) {
      this.#store.put(accountId, state);
      if (before === undefined) this.#expiring.add(this.#expiryMs(state), accountId);
    }
    return evidence;
  }

  /** Removes the state of accounts that were idle for too long. Cheap when there is none. */
  evictDue(streamTimeMs: number): void {
    for (let due = this.#expiring.takeDue(streamTimeMs); due; due = this.#expiring.takeDue(streamTimeMs)) {
      for (const accountId of due.keys) {
        const state = this.#store.get(accountId);
        if (state === undefined) continue;
        const expiryMs = this.#expiryMs(state);
        if (expiryMs <= streamTimeMs) this.#store.delete(accountId);
        else this.#expiring.add(expiryMs, accountId);
      }
    }
  }

  /** The first stream time at which the state is gone. */
  #expiryMs(state: CardTestingState): number {
    return newestEventTimeMs(state) + this.#idleMs + 1;
  }
}
