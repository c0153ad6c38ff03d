// How many outputs a commit may hold before it is due.
//
// A transaction that is open for longer than its time-out is ended by the coordinator. The records that it was of are read
// again then, and make the same transaction: a worker that has become too slow for it would try it for ever.
//
//   Z1. A commit that failed after the time-out had passed halves the size, from what it held or was allowed, whichever is less;
//       one output, and so one chunk of records, is the least.
//   Z2. Each commit that stands adds a quarter, up to the size that was asked for.

import type { StreamsClient } from "../kafka/client.ts";
import type { CommittedEnds } from "../kafka/ports.ts";
import type { WorkerObserver } from "./observer.ts";
import type { ResolvedWorkerOptions } from "./worker-options.ts";

/** The size of a worker's commits. */
export class CommitSize {
  readonly #transactionTimeoutMs: number;
  readonly #options: Pick<ResolvedWorkerOptions, "commitRecordsMax" | "now">;
  readonly #observer: Pick<WorkerObserver, "log">;
  #limit: number;

  constructor(
    { transactionTimeoutMs = Number.POSITIVE_INFINITY }: Pick<StreamsClient, "transactionTimeoutMs">,
    options: Pick<ResolvedWorkerOptions, "commitRecordsMax" | "now">,
    observer: Pick<WorkerObserver, "log">,
  ) {
    this.#transactionTimeoutMs = transactionTimeoutMs;
    this.#options = options;
    this.#observer = observer;
    this.#limit = options.commitRecordsMax;
  }

  /** Whether tasks have so many outputs that they should be committed. */
  isReachedBy(tasks: Iterable<{ readonly pending: number }>): boolean {
    let pending = 0;
    for (const task of tasks) pending += task.pending;
    return pending >= this.#limit;
  }

  /**
   * Waits for a commit of so many outputs, and learns from how it ends.
   *
   * @param beganAtMs before it was asked for: what it does at once counts too
   * @throws what the commit throws
   */
  async follow(
    commit: Promise<CommittedEnds> | undefined,
    records: number,
    beganAtMs: number,
  ): Promise<CommittedEnds> {
    try {
      const ends = (await commit) ?? new Map<string, number>();
      this.#limit = Math.min(Math.ceil(this.#limit * 1.25), this.#options.commitRecordsMax);
      return ends;
    } catch (error) {
      this.#failed(records, this.#options.now() - beganAtMs);
      throw error;
    }
  }

  #failed(records: number, tookMs: number): void {
    const transactionTimeoutMs = this.#transactionTimeoutMs;
    if (tookMs < transactionTimeoutMs) return;
    this.#limit = Math.max(1, Math.floor(Math.min(records, this.#limit) / 2));
    this.#observer.log?.("a commit outlasted its transaction's time-out; the next ones are smaller", {
      transactionTimeoutMs,
      tookMs,
      records,
      nextRecordsMax: this.#limit,
    });
  }
}
