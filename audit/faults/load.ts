// The load: a client that does what clients should. It posts at a steady rate, one by one and in batches, repeats what
// was not clearly answered under the same id, and writes down every answer.

import { setTimeout as delay } from "node:timers/promises";
import type { Transaction } from "@riffle/contracts";
import { contentDigestOf } from "../model/record-lines.ts";
import type { LoadLog, Outcome } from "./load-log.ts";

/** How the load posts. */
export interface LoadOptions {
  readonly ingestUrl: string;
  readonly log: LoadLog;
  readonly transactions: Iterable<Transaction>;
  /** Transactions a second, at most; less when answers are slow. */
  readonly rate: number;
  /** Requests of one transaction under way at once. @default 4 */
  readonly singles?: number;
  /** Batches under way at once. @default 0 */
  readonly batches?: number;
  /** Transactions of a batch, at most. @default 50 */
  readonly batchSize?: number;
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
  #gaveUp = false;
  #unanswered = 0;
  #taken = 0;
  #accepted = 0;
  #attempts = 0;
  /** Counts what is sent and what is answered (LL2). */
  #step = 0;
  /** Resolves when nothing is left, or it was stopped. */
  readonly done: Promise<unknown>;

  constructor(options: LoadOptions) {
    const { singles = 4, batches = 0, batchSize = 50 } = options;
    this.#options = options;
    this.#queue = options.transactions[Symbol.iterator]();
    this.done = Promise.all([
      ...Array.from({ length: singles }, () => this.#work(1)),
      ...Array.from({ length: batches }, () => this.#work(batchSize)),
    ]);
  }

  /** Transactions answered 202 so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Transactions sent so far, repeats included. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Takes nothing new, and resolves when everything taken has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.done;
  }

  /** As {@link stop}, but gives up what has no answer by then. @returns how many transactions that were */
  async stopWithin(withinMs: number): Promise<number> {
    this.#stopped = true;
    await Promise.race([this.done, delay(withinMs, undefined, { ref: false })]);
    this.#gaveUp = true;
    await this.done;
    return this.#unanswered;
  }

  async #work(size: number): Promise<void> {
    while (!this.#stopped) {
      const next = this.#take(size);
      if (next.length === 0) return;
      const dueMs = (this.#taken / this.#options.rate) * 1_000;
      const aheadMs = dueMs - (performance.now() - this.#startedAt);
      if (aheadMs > 0) await delay(aheadMs);
      await this.#deliver(next);
    }
  }

  #take(size: number): Transaction[] {
    const taken: Transaction[] = [];
    for (let next = this.#queue.next(); !next.done; next = this.#queue.next()) {
      taken.push(next.value);
      if (taken.length === size) break;
    }
    this.#taken += taken.length;
    return taken;
  }

  /** Until each has a clear answer. An account's order is that of its accepted attempts, which the topic holds. */
  async #deliver(transactions: readonly Transaction[]): Promise<void> {
    let left = transactions;
    for (let attempt = 0; attempt < attemptsMax && left.length > 0 && !this.#gaveUp; attempt++) {
      this.#attempts += left.length;
      const sentAt = ++this.#step;
      const outcomes = await this.#outcomesOf(left);
      const answeredAt = ++this.#step;
      await this.#options.log.append(
        ...left.map((transaction, i) => ({
          id: transaction.id,
          content: contentDigestOf(transaction),
          outcome: outcomes[i] ?? "unknown",
          sentAt,
          answeredAt,
        })),
      );
      this.#accepted += outcomes.filter((outcome) => outcome === "accepted").length;
      left = left.filter((_, i) => (outcomes[i] ?? "unknown") === "unknown");
      if (left.length > 0) await delay(pauseMs);
    }
    this.#unanswered += left.length;
  }

  /** No answer says nothing: what was sent may be in the topic, and it may not. */
  async #outcomesOf(transactions: readonly Transaction[]): Promise<readonly Outcome[]> {
    try {
      const [first] = transactions;
      if (transactions.length > 1) return await this.#postBatch(transactions);
      return [outcomeOf((await this.#post("", "application/json", JSON.stringify(first))).status)];
    } catch {
      return [];
    }
  }

  async #postBatch(transactions: readonly Transaction[]): Promise<readonly Outcome[]> {
    const lines = transactions.map((transaction) => JSON.stringify(transaction)).join("\n");
    const { status, body } = await this.#post("/batch", "application/x-ndjson", lines);
    const outcomes: Outcome[] = [];
    if (status !== 202 && status !== 207) return outcomes;
    for (const text of body.split("\n")) {
      if (text === "") continue;
      const result = JSON.parse(text) as { readonly line: number; readonly status: number };
      outcomes[result.line - 1] = outcomeOf(result.status);
    }
    return outcomes;
  }

  async #post(path: string, type: string, body: string): Promise<{ status: number; body: string }> {
    const answer = await fetch(`${this.#options.ingestUrl}/v1/transactions${path}`, {
      method: "POST",
      headers: { "content-type": type },
      body,
      signal: AbortSignal.timeout(requestWithinMs),
    });
    return { status: answer.status, body: await answer.text() };
  }
}

/** What an answer says of a transaction. Being asked to come again is no answer. */
const outcomeOf = (status: number): Outcome => {
  if (status === 202) return "accepted";
  if (status === 409) return "conflict";
  if (status === 408 || status === 429) return "unknown";
  return status >= 400 && status < 500 ? "refused" : "unknown";
};
