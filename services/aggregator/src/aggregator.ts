// The aggregator: what each account moves, per currency, in windows of event time.
//
//   hopping  5 min every 1 min: told once, when the window closes; timestamp = end of the window
//   sliding  the last 5 min: told at each transaction; timestamp = event time of the transaction
// A transaction that missed windows goes to the late topic with their list, and still counts in those that are open.

import { Controller, Inject } from "@nestjs/common";
import { Ctx, Payload } from "@nestjs/microservices";
import { aggregateKey, type EventWindow, type Transaction, topics } from "@riffle/contracts";
import { StreamHandler } from "@riffle/service-kit";
import {
  type ClosedWindow,
  type HoppingState,
  HoppingWindows,
  keyValueStore,
  perTask,
  type RecordBatch,
  type SlidingState,
  SlidingWindows,
  type StreamRecord,
  type Task,
} from "@riffle/streams";
import {
  aggregateOf,
  holderKey,
  holderOf,
  hopping,
  hoppingWindow,
  sliding,
  slidingWindow,
} from "./account-windows.ts";

/** Panes of the hopping windows, by account and currency. */
export const hoppingPanes = keyValueStore<HoppingState>("hopping-panes");
/** Records of the sliding windows, by account and currency. */
export const slidingRecords = keyValueStore<SlidingState>("sliding-records");

/** Under which name Nest injects the AggregatorOptions. */
export const aggregatorOptions = Symbol("AggregatorOptions");

/** What the aggregator is configured with. */
export interface AggregatorOptions {
  /** How long after its end a window waits for records out of order, milliseconds. */
  readonly graceMs: number;
}

/** The operators of one task. */
interface TaskWindows {
  readonly hopping: HoppingWindows;
  readonly sliding: SlidingWindows;
}

/** Turns `transactions.screened.v1` into `aggregates.account.v1` and `aggregator.late.v1`. */
@Controller()
export class Aggregator {
  readonly #windowsOf: (task: Task) => TaskWindows;

  constructor(@Inject(aggregatorOptions) { graceMs }: AggregatorOptions) {
    this.#windowsOf = perTask((task) => ({
      hopping: new HoppingWindows(task.store(hoppingPanes), { ...hopping, graceMs }),
      sliding: new SlidingWindows(task.store(slidingRecords), { ...sliding, graceMs }),
    }));
  }

  @StreamHandler(topics.transactionsScreened, {
    stores: { hoppingPanes, slidingRecords },
    emits: [topics.aggregatesAccount, topics.aggregatorLate],
  })
  aggregate(@Payload() batch: RecordBatch<Transaction>, @Ctx() task: Task): void {
    const windows = this.#windowsOf(task);
    for (const record of batch) {
      const missed = [
        ...countHopping(windows.hopping, record, task),
        ...tellSliding(windows.sliding, record, task),
      ];
      if (missed.length > 0) emitLate(record, missed, task);
    }
    windows.hopping.closeDue(task.streamTimeMs, (closed) => emitClosed(closed, task));
    windows.sliding.evictDue(task.streamTimeMs);
  }
}

const observationOf = ({ value, timestampMs }: StreamRecord<Transaction>, { streamTimeMs }: Task) => ({
  key: holderKey(value),
  timestampMs,
  value: value.amount,
  streamTimeMs,
});

const countHopping = (
  windows: HoppingWindows,
  record: StreamRecord<Transaction>,
  task: Task,
): EventWindow[] =>
  windows
    .observe(observationOf(record, task), (closed) => emitClosed(closed, task))
    .map((window) => hoppingWindow(window));

const tellSliding = (
  windows: SlidingWindows,
  record: StreamRecord<Transaction>,
  task: Task,
): EventWindow[] => {
  const result = windows.observe(observationOf(record, task));
  const window = slidingWindow(result.window);
  if (result.kind === "late") return [window];
  const value = aggregateOf(record.value, window, result.totals);
  task.emit(topics.aggregatesAccount, {
    key: aggregateKey(value),
    value,
    timestampMs: record.timestampMs,
    cause: record,
  });
  return [];
};

// No cause: a window closes because time passed, and its result must not carry the trace of a stranger's record.
const emitClosed = ({ key, window, totals }: ClosedWindow, task: Task): void => {
  const value = aggregateOf(holderOf(key), hoppingWindow(window), totals);
  task.emit(topics.aggregatesAccount, { key: aggregateKey(value), value, timestampMs: window.endMs });
};

const emitLate = (record: StreamRecord<Transaction>, windows: EventWindow[], task: Task): void => {
  const { id, accountId } = record.value;
  task.emit(topics.aggregatorLate, {
    key: accountId,
    value: {
      transactionId: id,
      accountId,
      windows,
      streamTimeMs: task.streamTimeMs,
      transaction: record.value,
    },
    timestampMs: record.timestampMs,
    cause: record,
  });
};
