// The fraud detector: what happens on an account that is worth a person's attention.
//
//   F1. A transaction is on time while `stream time <= its event time + grace`. A later one is counted and not looked at:
//       an answer that depended on how late would not be a function of the events. It is in `transactions.screened.v1`,
//       and in `aggregator.late.v1` with the windows that it missed.
//   F2. Alerts for one transaction go out rule by rule, in the order of the configuration, and of a rule as it gives them.
//   F3. An alert event names the transaction on whose arrival it was made, so that one that holds, is withdrawn and holds
//       again is told three times (`changedBy`).
//   F4. An alert's timestamp is the event time of its last cause, also when it is withdrawn.
//   F5. A transaction on time may be crowded out of a rule: it comes before others of its account that are settled early,
//       because there are more of them than the rule may keep. It is told, by rule; judged-transaction.ts says how many that is.

import { Controller, Inject } from "@nestjs/common";
import { Ctx, Payload } from "@nestjs/microservices";
import { type Alert, type Transaction, topics } from "@riffle/contracts";
import { StreamHandler } from "@riffle/service-kit";
import { perTask, type RecordBatch, type StreamRecord, type Task } from "@riffle/streams";
import { alertTimeMs } from "./alert-of.ts";
import { judgedPartOf } from "./judged-transaction.ts";
import type { Rule, RuleWatch } from "./rule.ts";
import { ruleStores } from "./rules.ts";

/** Under which name Nest injects the FraudDetectorOptions. */
export const fraudDetectorOptions = Symbol("FraudDetectorOptions");

/** What the fraud detector is configured with. */
export interface FraudDetectorOptions {
  /** In the order in which their alerts go out. */
  readonly rules: readonly Rule[];
  /** How far behind stream time a transaction may be and still count in its place, milliseconds. */
  readonly graceMs: number;
  /** Told of every transaction that came too late; again when a batch is handled again. @default nobody */
  readonly onLate?: () => void;
  /** Told of every transaction that was crowded out of a rule (F5), like {@link onLate}. @default nobody */
  readonly onCrowdedOut?: (rule: string) => void;
}

/** Reads `transactions.screened.v1`, raises and withdraws in `alerts.v1`. */
@Controller()
export class FraudDetector {
  readonly #graceMs: number;
  readonly #onLate: () => void;
  readonly #watchesOf: (task: Task) => readonly RuleWatch[];

  constructor(
    @Inject(fraudDetectorOptions)
    { rules, graceMs, onLate = () => {}, onCrowdedOut = () => {} }: FraudDetectorOptions,
  ) {
    this.#graceMs = graceMs;
    this.#onLate = onLate;
    this.#watchesOf = perTask((task) => rules.map((rule) => rule.watch(task, () => onCrowdedOut(rule.name))));
  }

  @StreamHandler(topics.transactionsScreened, { stores: ruleStores, emits: [topics.alerts] })
  screen(@Payload() batch: RecordBatch<Transaction>, @Ctx() task: Task): void {
    const watches = this.#watchesOf(task);
    for (const record of batch) this.#screenOne(record, watches, task);
    for (const watch of watches) emit(watch.advance(task.streamTimeMs), task);
  }

  #screenOne(record: StreamRecord<Transaction>, watches: readonly RuleWatch[], task: Task): void {
    const { timestampMs: eventTimeMs, offset, value } = record;
    const { streamTimeMs } = task;
    const isLate = streamTimeMs > eventTimeMs + this.#graceMs;
    if (isLate) this.#onLate();
    const placed = { eventTimeMs, offset, value: judgedPartOf(value) };
    for (const watch of watches)
      emit(isLate ? watch.advance(streamTimeMs) : watch.observe(placed, streamTimeMs), task, record);
  }
}

const emit = (alerts: readonly Alert[], task: Task, cause?: StreamRecord<Transaction>): void => {
  for (const alert of alerts)
    task.emit(topics.alerts, {
      key: alert.accountId,
      value: cause === undefined ? alert : { ...alert, changedBy: cause.value.id },
      timestampMs: alertTimeMs(alert),
      ...(cause === undefined ? {} : { cause }),
    });
};
