// The batch a handler is given.
//
// Owns which record the handler holds, so that a failure can be charged to it, and hands event times on in the order
// of the records, whether the handler looks at all of them or not.

import type { Topic } from "@riffle/contracts/envelope";
import type { RecordBatch, StreamRecord } from "./record.ts";

/** The batch a handler is given; knows which record the handler holds. */
export class HeldBatch implements RecordBatch<unknown> {
  readonly topic: string;
  readonly partition: number;
  readonly #records: readonly StreamRecord<unknown>[];
  readonly #observe: (timestampMs: number) => void;
  #held = -1;
  #observed = 0;

  constructor(
    topic: Topic<unknown>,
    partition: number,
    records: readonly StreamRecord<unknown>[],
    observe: (timestampMs: number) => void,
  ) {
    this.topic = topic.name;
    this.partition = partition;
    this.#records = records;
    this.#observe = observe;
  }

  get size(): number {
    return this.#records.length;
  }

  /** Offset of the record in the handler's hand, or -1 when it holds none. */
  get heldOffset(): number {
    const held = this.#records.length === 1 ? 0 : this.#held;
    return this.#records[held]?.offset ?? -1;
  }

  *[Symbol.iterator](): Iterator<StreamRecord<unknown>> {
    for (let i = 0; i < this.#records.length; i++) {
      const record = this.#records[i] as StreamRecord<unknown>;
      this.#held = i;
      this.#observeUpTo(i);
      yield record;
    }
    this.#held = -1;
  }

  /** Takes in the event times of records the handler did not look at: stream time does not depend on its loops. */
  observeRest(): void {
    this.#observeUpTo(this.#records.length - 1);
  }

  #observeUpTo(index: number): void {
    for (; this.#observed <= index; this.#observed++) {
      this.#observe((this.#records[this.#observed] as StreamRecord<unknown>).timestampMs);
    }
  }
}
