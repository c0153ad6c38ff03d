// The load: a client that does what clients should. It posts at a steady rate, repeats what was not clearly answered
// under the same id, and writes down every answer.

import { setTimeout as delay } from "node:timers/promises";
import type { Transaction } from "@riffle/contracts";
import type { LoadLog, Outcome } from "./load-log.ts";

/** How the load posts. */
export interface LoadOptions {
  readonly ingestUrl: string;
  readonly log: LoadLog;
  readonly transactions: Iterable<Transaction>;
  /** Posts a second, at most; less when answers are slow. */
  readonly rate: number;
  /** Requests under way at once. @default 8 */
  readonly concurrency?: number;
}

const requestWithinMs = 10_000;
const attemptsMax = 200;
const pauseMs = 100;

/** Posts until it is stopped or has nothing left. */
export class Load {
  readonly #options: LoadOptions;
  readonly #queue: Iterator<Transaction>;
  readonly #startedAt = performance.now();
  #stopped = false;
  #taken = 0;
  #accepted = 0;
  #attempts = 0;
  readonly #done: Promise<unknown>;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#queue = options.transactions[Symbol.iterator]();
    this.#done = Promise.all(Array.from({ length: options.concurrency ?? 8 }, () => this.#work()));
  }

  /** Transactions answered 202 so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Requests made so far, repeats included. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Takes nothing new, and resolves when everything taken has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#done;
  }

  async #work(): Promise<void> {
    while (!this.#stopped) {
      const next = this.#queue.next();
      if (next.done) return;
      this.#taken++;
      const dueMs = (this.#taken / this.#options.rate) * 1_000;
      const aheadMs = dueMs - (performance.now() - this.#startedAt);
      if (aheadMs > 0) await delay(aheadMs);
      await this.#deliver(next.value);
    }
  }

  /** Until there is a clear answer. An account's order is that of its accepted attempts, which the topic holds. */
  async #deliver(transaction: Transaction): Promise<void> {
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      this.#attempts++;
      const outcome = await this.#post(transaction);
      await this.#options.log.append(transaction.id, outcome);
      if (outcome === "accepted") this.#accepted++;
      if (outcome !== "unknown") return;
      await delay(pauseMs);
    }
  }

  async #post(transaction: Transaction): Promise<Outcome> {
    try {
      const answer = await fetch(`${this.#options.ingestUrl}/v1/transactions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(transaction),
        signal: AbortSignal.timeout(requestWithinMs),
      });
      await answer.arrayBuffer();
      if (answer.status === 202) return "accepted";
      return answer.status >= 400 && answer.status < 500 ? "refused" : "unknown";
    } catch {
      // No answer: it may be in the topic, and it may not.
      return "unknown";
    }
  }
}
