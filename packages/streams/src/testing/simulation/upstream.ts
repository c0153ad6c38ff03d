// Who writes the inputs: producers without transactions, and transactional ones that commit, abort, and take their time.
//
// They write to the logs directly: it is not they who are under test.

import { encodeRecordBatch } from "../../kafka/record-batch.ts";
import type { Partition } from "../../memory-broker/cluster.ts";
import type { Random } from "./random.ts";
import type { InputRecord, Scenario } from "./scenario.ts";
import type { Scheduler } from "./scheduler.ts";

/** Longest time for which an upstream transaction stays open, milliseconds. */
const openMsMax = 1_500;

/** Feeds the input topics of a run. */
export class Upstream {
  /** How many records were written, those of aborted transactions included. */
  written = 0;
  readonly #scenario: Scenario;
  readonly #partitions: readonly Partition[];
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  /** Far from the ids that the coordinator gives. */
  #producerId = 1_000_000n;
  #open = 0;

  constructor(scenario: Scenario, partitions: readonly Partition[], scheduler: Scheduler, random: Random) {
    this.#scenario = scenario;
    this.#partitions = partitions;
    this.#scheduler = scheduler;
    this.#random = random;
  }

  /** Whether one of its transactions is open. */
  get busy(): boolean {
    return this.#open > 0;
  }

  /** Writes a batch to some partition. */
  write(): void {
    const random = this.#random;
    const partition = random.pick(this.#partitions);
    const records = Array.from(
      { length: random.int(1, 6) },
      (): InputRecord => this.#scenario.record(random, this.written++, partition.topic),
    );
    if (random.chance(0.6)) {
      const producer = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
      partition.append(encodeRecordBatch(records, producer));
      return;
    }
    const producer = { producerId: this.#producerId++, producerEpoch: 0 };
    partition.append(encodeRecordBatch(records, { ...producer, baseSequence: 0, transactional: true }));
    const marker = random.chance(0.7) ? "commit" : "abort";
    this.#open++;
    this.#scheduler.after(random.chance(0.8) ? 0 : random.between(0, openMsMax), () => {
      this.#open--;
      partition.end(marker, producer);
    });
  }
}
