// The fraud detector: sequences in an account's transactions that are worth a person's attention.

import { Controller, Inject } from "@nestjs/common";
import { Ctx, Payload } from "@nestjs/microservices";
import { type Transaction, topics } from "@riffle/contracts";
import { StreamHandler } from "@riffle/service-kit";
import { keyValueStore, perTask, type RecordBatch, type Task } from "@riffle/streams";
import { CardTestingWatch } from "./card-testing-watch.ts";
import type { CardTestingRules, CardTestingState } from "./patterns/card-testing.ts";
import { cardTestingAlert } from "./patterns/card-testing-alert.ts";

/** State of the card-testing pattern by account. */
export const cardTesting = keyValueStore<CardTestingState>("card-testing");

/** Under which name Nest injects the FraudDetectorOptions. */
export const fraudDetectorOptions = Symbol("FraudDetectorOptions");

/** What the fraud detector is configured with. */
export interface FraudDetectorOptions {
  readonly cardTesting: CardTestingRules;
  /** How far behind stream time a transaction may be and still find its account's earlier ones, milliseconds. */
  readonly graceMs: number;
}

/** Reads `transactions.screened.v1`, raises `alerts.v1`. */
@Controller()
export class FraudDetector {
  readonly #rules: CardTestingRules;
  readonly #watchOf: (task: Task) => CardTestingWatch;

  constructor(@Inject(fraudDetectorOptions) { cardTesting: rules, graceMs }: FraudDetectorOptions) {
    this.#rules = rules;
    this.#watchOf = perTask((task) => new CardTestingWatch(task.store(cardTesting), { rules, graceMs }));
  }

  @StreamHandler(topics.transactionsScreened, { stores: { cardTesting }, emits: [topics.alerts] })
  screen(@Payload() batch: RecordBatch<Transaction>, @Ctx() task: Task): void {
    const watch = this.#watchOf(task);
    for (const record of batch) {
      const { value: transaction, timestampMs, offset } = record;
      const evidence = watch.observe({ eventTimeMs: timestampMs, offset, transaction }, task.streamTimeMs);
      if (evidence === undefined) continue;
      const alert = cardTestingAlert(this.#rules, evidence.slice(0, -1), transaction);
      task.emit(topics.alerts, { key: alert.accountId, value: alert, timestampMs, cause: record });
    }
    watch.evictDue(task.streamTimeMs);
  }
}
