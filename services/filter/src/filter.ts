// The filter: each accepted transaction goes on once, or is rejected with a reason. Nothing is dropped (P5, P8).
//
// Rules in order; the first that applies decides:
//   contract      the record contradicts its transaction (agreement.ts)
//   conflict      ingest answered it 409: the id was known there with other content, or with another account
//   duplicate     its account and id came before with the same content (seen-transactions.ts)
//   conflict      its account and id came before with other content
//   not-relevant  its type is not screened (relevance.ts)
// What no codec reads never gets here: the engine dead-letters it.

import { Controller, Inject } from "@nestjs/common";
import { Ctx, Payload } from "@nestjs/microservices";
import {
  headerNames,
  type Rejection,
  type RejectionReason,
  type Transaction,
  topics,
} from "@riffle/contracts";
import { StreamHandler } from "@riffle/service-kit";
import {
  binary,
  binarySerde,
  keyValueStore,
  perTask,
  type RecordBatch,
  type StreamRecord,
  type Task,
} from "@riffle/streams";
import { disagreement } from "./agreement.ts";
import { irrelevance, type RelevanceRules } from "./relevance.ts";
import { SeenTransactions, type Sighting } from "./seen-transactions.ts";

/** Transactions within the horizon, by account and id. */
export const seen = keyValueStore<Sighting>(
  "seen",
  binarySerde(binary.struct({ at: binary.int, cameMs: binary.int, fingerprint: binary.string })),
);

/** Under which name Nest injects the FilterOptions. */
export const filterOptions = Symbol("FilterOptions");

/** What the filter is configured with. */
export interface FilterOptions extends RelevanceRules {
  /** Stream time for which a transaction is remembered, milliseconds. */
  readonly dedupHorizonMs: number;
  /** Told how many transactions were rejected for a reason, once the atomic commit that holds them has succeeded. */
  readonly onRejected?: (reason: RejectionReason, count: number) => void;
}

/** Why a transaction does not go on. */
interface Refusal {
  readonly reason: RejectionReason;
  readonly detail: string;
}

/** Screens `transactions.received.v1` into `transactions.screened.v1` and `transactions.rejected.v1`. */
@Controller()
export class Filter {
  readonly #options: FilterOptions;
  readonly #seenBy: (task: Task) => SeenTransactions;
  readonly #uncountedBy: (task: Task) => Map<RejectionReason, number>;

  constructor(@Inject(filterOptions) options: FilterOptions) {
    this.#options = options;
    this.#seenBy = perTask((task) => new SeenTransactions(task.store(seen), options.dedupHorizonMs));
    this.#uncountedBy = perTask((task) => this.#countAfterCommits(task));
  }

  @StreamHandler(topics.transactionsReceived, {
    stores: { seen },
    emits: [topics.transactionsScreened, topics.transactionsRejected],
  })
  screen(@Payload() batch: RecordBatch<Transaction>, @Ctx() task: Task): void {
    const seenTransactions = this.#seenBy(task);
    const uncounted = this.#uncountedBy(task);
    for (const record of batch) {
      const refusal = this.#refusalOf(record, seenTransactions, task.streamTimeMs);
      const emission = { key: record.value.accountId, timestampMs: record.timestampMs, cause: record };
      if (refusal === undefined) {
        task.emit(topics.transactionsScreened, { ...emission, value: record.value });
      } else {
        task.emit(topics.transactionsRejected, { ...emission, value: rejection(record.value, refusal) });
        uncounted.set(refusal.reason, (uncounted.get(refusal.reason) ?? 0) + 1);
      }
    }
    seenTransactions.evictDue(task.streamTimeMs);
  }

  /** What an error drops is never counted, and what is repeated after it once. */
  #countAfterCommits(task: Task): Map<RejectionReason, number> {
    const uncounted = new Map<RejectionReason, number>();
    task.afterCommit(() => {
      for (const [reason, count] of uncounted) this.#options.onRejected?.(reason, count);
      uncounted.clear();
    });
    return uncounted;
  }

  #refusalOf(
    record: StreamRecord<Transaction>,
    seenTransactions: SeenTransactions,
    streamTimeMs: number,
  ): Refusal | undefined {
    const contradiction = disagreement(record);
    if (contradiction !== undefined) return { reason: "contract", detail: contradiction };
    if (record.headers[headerNames.idConflict] !== undefined) return refusalAtTheEdge;
    const verdict = seenTransactions.judge(record.value, record.timestampMs, streamTimeMs);
    if (verdict.kind !== "new") return repeatRefusal(verdict.kind, verdict.first);
    const why = irrelevance(record.value, this.#options);
    return why === undefined ? undefined : { reason: "not-relevant", detail: why };
  }
}

/** The client was answered 409 for it, so it has no effect, whatever is remembered here. */
const refusalAtTheEdge: Refusal = {
  reason: "conflict",
  detail: "Ingest knew this id with other content, or with another account, and answered 409.",
};

const repeatRefusal = (reason: "duplicate" | "conflict", first: Sighting): Refusal => ({
  reason,
  detail: `This id came before, for ${new Date(first.at).toISOString()}, with ${reason === "duplicate" ? "the same" : "other"} content.`,
});

const rejection = (transaction: Transaction, refusal: Refusal): Rejection => ({
  transactionId: transaction.id,
  accountId: transaction.accountId,
  ...refusal,
  transaction,
});
