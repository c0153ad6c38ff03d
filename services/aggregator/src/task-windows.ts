// The windows of one task: all four kinds, and what they tell.
//
// Every function that tells is made here, once for a task: the path of a record makes none.

import { aggregateKey, type EventWindow, type Transaction, topics, type WindowKind } from "@riffle/contracts";
import {
  type Emit,
  HoppingWindows,
  hoppingStateSerde,
  keyValueStore,
  SessionWindows,
  SlidingWindows,
  type StreamRecord,
  sessionStateSerde,
  slidingStateSerde,
  type Task,
  type Totals,
  TumblingWindows,
  totalsShape,
  tumblingStateSerde,
  type WindowOperator,
} from "@riffle/streams";
import {
  aggregateOf,
  amounts,
  eventWindow,
  holderKey,
  holderOf,
  hopping,
  sliding,
  tumbling,
} from "./account-windows.ts";

const amountsShape = totalsShape();

/** What the windows keep, by account and currency. */
export const windowStores = {
  tumblingWindows: keyValueStore("tumbling-windows", tumblingStateSerde(amountsShape)),
  hoppingWindows: keyValueStore("hopping-windows", hoppingStateSerde(amountsShape)),
  sessionWindows: keyValueStore("session-windows", sessionStateSerde(amountsShape)),
  slidingWindows: keyValueStore("sliding-windows", slidingStateSerde(amountsShape)),
};

/** What the aggregator is configured with. */
export interface AggregatorOptions {
  /** How long after its end a window waits for records out of order, milliseconds. */
  readonly graceMs: number;
  /** Longest time between two transactions of one session, milliseconds. */
  readonly sessionGapMs: number;
}

interface Kind {
  readonly kind: WindowKind;
  readonly sizeMs: number;
  readonly operator: WindowOperator<number, Totals>;
  readonly emit: Emit<Totals>;
}

/** The windows of one task. Make it from a restored task. */
export class TaskWindows {
  readonly #task: Task;
  readonly #kinds: readonly Kind[];
  /** The one being counted: what is told at each transaction follows from it. */
  #record: StreamRecord<Transaction> | undefined;

  constructor(task: Task, { graceMs, sessionGapMs: gapMs }: AggregatorOptions) {
    const { tumblingWindows, hoppingWindows, sessionWindows, slidingWindows } = windowStores;
    const common = { graceMs, aggregate: amounts };
    const kept = {
      tumbling: new TumblingWindows(task.store(tumblingWindows), { ...tumbling, ...common }),
      hopping: new HoppingWindows(task.store(hoppingWindows), { ...hopping, ...common }),
      session: new SessionWindows(task.store(sessionWindows), { gapMs, ...common }),
      sliding: new SlidingWindows(task.store(slidingWindows), { ...sliding, ...common }),
    };
    this.#task = task;
    this.#kinds = [
      this.#kind("tumbling", tumbling.sizeMs, kept.tumbling),
      this.#kind("hopping", hopping.sizeMs, kept.hopping),
      this.#kind("session", gapMs, kept.session),
      this.#kind("sliding", sliding.sizeMs, kept.sliding),
    ];
  }

  /** Counts a transaction in every window it is on time for. @returns those it missed */
  count(record: StreamRecord<Transaction>): readonly EventWindow[] {
    const { value, timestampMs } = record;
    const { streamTimeMs } = this.#task;
    const observation = { key: holderKey(value), timestampMs, value: value.amount, streamTimeMs };
    const missed: EventWindow[] = [];
    this.#record = record;
    for (const { kind, sizeMs, operator, emit } of this.#kinds) {
      for (const window of operator.observe(observation, emit))
        missed.push(eventWindow(kind, sizeMs, window));
    }
    this.#record = undefined;
    return missed;
  }

  /** Tells what stream time has closed, also when there was no record. No kind here tells updates before a commit. */
  closeDue(): void {
    for (const { operator, emit } of this.#kinds) operator.closeDue(this.#task.streamTimeMs, emit);
  }

  #kind(kind: WindowKind, sizeMs: number, operator: WindowOperator<number, Totals>): Kind {
    return {
      kind,
      sizeMs,
      operator,
      emit: (result) => {
        if (result.kind === "withdrawn") return;
        const window = eventWindow(kind, sizeMs, result.window);
        const value = aggregateOf(holderOf(result.key), window, result.value);
        const key = aggregateKey(value);
        // A window closes because time passed: its result must not carry the trace of a stranger's record.
        if (result.kind === "update" && this.#record !== undefined)
          this.#task.emit(topics.aggregatesAccount, {
            key,
            value,
            timestampMs: this.#record.timestampMs,
            cause: this.#record,
          });
        else this.#task.emit(topics.aggregatesAccount, { key, value, timestampMs: window.end });
      },
    };
  }
}
