// The aggregator: what each account moves, per currency, in windows of event time.
//
//   tumbling  5 min of the clock: told once, when the window closes; timestamp = end of the window
//   hopping   5 min every 1 min: the same
//   session   transactions at most a gap apart: the same; the end is where the next would be too far away
//   sliding   the last 5 min: told at each transaction; timestamp = event time of the transaction
// A transaction that missed windows goes to the late topic with their list, and still counts in those that are open.

import { Controller, Inject } from "@nestjs/common";
import { Ctx, Payload } from "@nestjs/microservices";
import { type EventWindow, type Transaction, topics } from "@riffle/contracts";
import { StreamHandler } from "@riffle/service-kit";
import { perTask, type RecordBatch, type StreamRecord, type Task } from "@riffle/streams";
import { type AggregatorOptions, TaskWindows, windowStores } from "./task-windows.ts";

/** Under which name Nest injects the AggregatorOptions. */
export const aggregatorOptions = Symbol("AggregatorOptions");

/** Turns `transactions.screened.v1` into `aggregates.account.v1` and `aggregator.late.v1`. */
@Controller()
export class Aggregator {
  readonly #windowsOf: (task: Task) => TaskWindows;

  constructor(@Inject(aggregatorOptions) options: AggregatorOptions) {
    this.#windowsOf = perTask((task) => new TaskWindows(task, options));
  }

  @StreamHandler(topics.transactionsScreened, {
    stores: windowStores,
    emits: [topics.aggregatesAccount, topics.aggregatorLate],
  })
  aggregate(@Payload() batch: RecordBatch<Transaction>, @Ctx() task: Task): void {
    const windows = this.#windowsOf(task);
    for (const record of batch) {
      const missed = windows.count(record);
      if (missed.length > 0) emitLate(record, missed, task);
    }
    windows.closeDue();
  }
}

const emitLate = (record: StreamRecord<Transaction>, missed: readonly EventWindow[], task: Task): void => {
  const { id, accountId } = record.value;
  task.emit(topics.aggregatorLate, {
    key: accountId,
    value: {
      transactionId: id,
      accountId,
      windows: [...missed],
      streamTimeMs: task.streamTimeMs,
      transaction: record.value,
    },
    timestampMs: record.timestampMs,
    cause: record,
  });
};
