// Writes records in transactions, from outside of the pipeline: for commands of operators. No group, no offsets.

import type { OutgoingRecord } from "../worker/record.ts";
import { TopicLimits } from "./topic-limits.ts";
import { TransactionalProducer } from "./transactional-producer.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** How a writer is opened. */
export interface TransactionalWriterOptions extends WireOptions {
  /** Whoever opens a writer of this id ends what the last one left open, and fences it. */
  readonly transactionalId: string;
  /** Topics it will write to; they must exist. */
  readonly topics: readonly string[];
  /** After it the broker aborts an open transaction. Default 10,000. */
  readonly transactionTimeoutMs?: number;
}

/** Writes all of some records, or none. After any error it is useless: open another. */
export class TransactionalWriter {
  readonly #wire: Wire;
  readonly #producer: TransactionalProducer;

  private constructor(wire: Wire, producer: TransactionalProducer) {
    this.#wire = wire;
    this.#producer = producer;
  }

  /**
   * Takes the transactional id over: when this returns, what its last owner committed can be read, the rest is aborted,
   * and nothing of it can be committed any more.
   */
  static async open(options: TransactionalWriterOptions): Promise<TransactionalWriter> {
    const { transactionalId, topics, transactionTimeoutMs = 10_000 } = options;
    const wire = await Wire.connect(options);
    try {
      await wire.loadTopics(topics);
      const limits = new TopicLimits(wire, topics);
      await limits.refresh();
      // The group is never asked: no offsets are committed.
      const producer = await TransactionalProducer.open(wire, {
        transactionalId,
        groupId: transactionalId,
        transactionTimeoutMs,
        limits,
      });
      return new TransactionalWriter(wire, producer);
    } catch (error) {
      await wire.close();
      throw error;
    }
  }

  /**
   * Commits the records in one transaction, those of a partition in the order given.
   *
   * @throws FencedError when another writer of this id was opened: nothing was written
   * @throws OutcomeUnknownError when no answer came: all of them are written, or none
   */
  async write(records: readonly OutgoingRecord[]): Promise<void> {
    if (records.length > 0) await this.#producer.write(records);
  }

  /** How many partitions one of its topics has. */
  partitionCount(topic: string): number {
    return this.#wire.partitionCount(topic);
  }

  async close(): Promise<void> {
    await this.#wire.close();
  }
}
