// One transactional producer for each task instead of one for the process: what a task does is a transaction of its
// own, fenced by an id of its own. It costs requests (docs/adr/0002-one-producer-per-process.md), and buys that one
// task's refusal undoes no other task's commit, and a hand-over that waits for nobody.
//
//   K1. A task's transactional id is the service's name with the partition: whoever owns the task owns the id.
//   K2. The id is taken before the task's positions are read, which ends what its last owner left open and fences
//       what of it is still under way. The group's generation goes with the offsets all the same.
//   K3. After any error all producers are useless: some tasks may have committed, which each finds out by reading its
//       positions again.

import { FencedError } from "../errors.ts";
import type {
  AtomicCommit,
  CommittedEnds,
  PositionReader,
  StoredPosition,
  TopicPartition,
  TransactionalSender,
} from "./ports.ts";
import { TransactionalProducer, type TransactionalProducerOptions } from "./transactional-producer.ts";
import type { Wire } from "./wire.ts";

/** The producers of a process's tasks, by partition number. */
export class PerTaskSenders implements TransactionalSender, PositionReader {
  readonly #wire: Wire;
  readonly #options: TransactionalProducerOptions;
  readonly #positions: PositionReader;
  readonly #producers = new Map<number, TransactionalProducer>();

  /** @param options its transactional id is what those of the tasks begin with (K1) */
  constructor(wire: Wire, options: TransactionalProducerOptions, positions: PositionReader) {
    this.#wire = wire;
    this.#options = options;
    this.#positions = positions;
  }

  /** Gives up all producers (K3); the next read of a task's positions takes its id again. */
  renew(): TransactionalSender {
    this.#producers.clear();
    return this;
  }

  /** Takes the tasks' ids, then reads their positions (K2). */
  async read(partitions: readonly TopicPartition[]): Promise<StoredPosition[]> {
    const tasks = new Set(partitions.map(({ partition }) => partition));
    await Promise.all([...tasks].map((task) => this.#open(task)));
    return this.#positions.read(partitions);
  }

  /** One transaction for each task that has offsets in it; all are awaited before any failure is reported. */
  async commit({ records, offsets, fence }: AtomicCommit): Promise<CommittedEnds> {
    const outputs = Map.groupBy(records, ({ partition }) => partition);
    const settled = await Promise.allSettled(
      [...Map.groupBy(offsets, ({ partition }) => partition)].map(async ([task, ofTask]) => {
        const producer = this.#producers.get(task) ?? (await this.#open(task));
        return producer.commit({ records: outputs.get(task) ?? [], offsets: ofTask, fence });
      }),
    );
    const failures = settled.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    if (failures.length > 0) throw failures.find((error) => error instanceof FencedError) ?? failures[0];
    const ends = settled.flatMap((result) => (result.status === "fulfilled" ? [...result.value] : []));
    return new Map(ends);
  }

  async #open(task: number): Promise<TransactionalProducer> {
    const transactionalId = `${this.#options.transactionalId}-${task}`;
    const producer = await TransactionalProducer.open(this.#wire, { ...this.#options, transactionalId });
    this.#producers.set(task, producer);
    return producer;
  }
}
