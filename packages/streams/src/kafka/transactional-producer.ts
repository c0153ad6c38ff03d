// The transactional producer: one for a process, fenced by its transactional id and by the group's generation.
//
// Two ways are known to fence a dead process's work (KIP-447): one transactional id for each input partition, or one
// id for the process with the group's generation sent along with the offsets. This is the second: three requests a
// commit however many tasks it covers. Its price is that one task's failure rolls all of the process's tasks back.
//
//   X1. An atomic commit is: outputs and changelog, then offsets under generation and member, then EndTxn.
//   X2. After any error the producer is useless: the caller opens another, which aborts whatever this one left open
//       and fences whatever of it is still in flight. There is no abort-and-continue.
//   X3. Transaction version 2 (KIP-890): producing adds the partition, committing offsets adds the group, and the
//       epoch moves with every commit, so nothing late can land in the next transaction.

import { BrokerRefusedError, FencedError, StreamsError } from "../errors.ts";
import type { OutgoingRecord } from "../worker/record.ts";
import { Coordinator, failIfRefused } from "./coordinator.ts";
import type { AtomicCommit, TransactionalSender } from "./ports.ts";
import { chunkRecords, sendBatches } from "./produce-batches.ts";
import { endTxn } from "./protocol/end-txn.ts";
import { errorCodes } from "./protocol/errors.ts";
import { initProducerId, type ProducerIdentity } from "./protocol/init-producer-id.ts";
import type { ProduceBatch } from "./protocol/produce.ts";
import { byTopic } from "./protocol/request.ts";
import { txnOffsetCommit } from "./protocol/txn-offset-commit.ts";
import { encodeRecordBatch } from "./record-batch.ts";
import type { Wire } from "./wire.ts";

/** How a transactional producer is opened. */
export interface TransactionalProducerOptions {
  /** Stable for the process's place in the deployment, so that a restart aborts its predecessor's transaction. */
  readonly transactionalId: string;
  readonly groupId: string;
  /** After it the broker aborts an open transaction. Below the group's session time-out. */
  readonly transactionTimeoutMs: number;
}

/** Answers that mean: somebody else owns this producer, member or generation. */
const fencing: readonly number[] = [
  errorCodes.INVALID_PRODUCER_EPOCH,
  errorCodes.PRODUCER_FENCED,
  errorCodes.ILLEGAL_GENERATION,
  errorCodes.UNKNOWN_MEMBER_ID,
  errorCodes.FENCED_INSTANCE_ID,
];

/** Aborts the open transaction of a transactional id, whoever held it, and returns the id's new identity. */
export const takeOver = async (
  wire: Wire,
  transactionalId: string,
  transactionTimeoutMs: number,
): Promise<ProducerIdentity> => {
  const coordinator = new Coordinator(wire, "transaction", transactionalId);
  return coordinator.call(transactionTimeoutMs, "repeat", async (nodeId) => {
    const answer = await wire.send(nodeId, initProducerId(transactionalId, transactionTimeoutMs));
    failIfRefused(`InitProducerId of ${transactionalId}`, answer.errorCode);
    return answer;
  });
};

/** One producer id, one transaction at a time. */
export class TransactionalProducer implements TransactionalSender {
  readonly #wire: Wire;
  readonly #options: TransactionalProducerOptions;
  readonly #transactions: Coordinator;
  readonly #group: Coordinator;
  #identity: ProducerIdentity;

  private constructor(wire: Wire, options: TransactionalProducerOptions, identity: ProducerIdentity) {
    this.#wire = wire;
    this.#options = options;
    this.#identity = identity;
    this.#transactions = new Coordinator(wire, "transaction", options.transactionalId);
    this.#group = new Coordinator(wire, "group", options.groupId);
  }

  /** @throws StreamsError STREAMS_TRANSACTIONS_TOO_OLD below transaction version 2 */
  static async open(wire: Wire, options: TransactionalProducerOptions): Promise<TransactionalProducer> {
    const level = await wire.featureLevel("transaction.version");
    if (level < 2) {
      throw new StreamsError(
        "STREAMS_TRANSACTIONS_TOO_OLD",
        `Opening the transactional producer: the cluster's transaction.version is ${level}, and 2 is needed (Kafka 4.0 or newer). Upgrade it with kafka-features.sh.`,
      );
    }
    return new TransactionalProducer(
      wire,
      options,
      await takeOver(wire, options.transactionalId, options.transactionTimeoutMs),
    );
  }

  async commit({ records, offsets, fence }: AtomicCommit): Promise<void> {
    try {
      await this.#produce(records);
      await this.#commitOffsets(offsets, fence);
      await this.#end();
    } catch (error) {
      if (error instanceof BrokerRefusedError && fencing.includes(error.errorCode)) {
        throw new FencedError(
          `The atomic commit of ${this.#options.transactionalId} was refused: ${error.message}`,
          { cause: error },
        );
      }
      throw error;
    }
  }

  async #produce(records: readonly OutgoingRecord[]): Promise<void> {
    const queues = byTopic(records).flatMap(([topic, ofTopic]) =>
      [...Map.groupBy(ofTopic, ({ partition }) => partition)].map(([partition, of]) => ({
        topic,
        partition,
        chunks: chunkRecords(topic, of),
        sequence: 0,
      })),
    );
    for (let round = 0; ; round++) {
      const batches: ProduceBatch[] = [];
      for (const queue of queues) {
        const chunk = queue.chunks[round];
        if (chunk === undefined) continue;
        const producer = { ...this.#identity, baseSequence: queue.sequence, transactional: true };
        batches.push({
          topic: queue.topic,
          partition: queue.partition,
          bytes: encodeRecordBatch(chunk, producer),
        });
        queue.sequence += chunk.length;
      }
      if (batches.length === 0) return;
      await sendBatches(this.#wire, batches, {
        transactionalId: this.#options.transactionalId,
        deadlineMs: this.#options.transactionTimeoutMs,
      });
    }
  }

  async #commitOffsets(offsets: AtomicCommit["offsets"], fence: AtomicCommit["fence"]): Promise<void> {
    await this.#group.call(this.#options.transactionTimeoutMs, "throw", async (nodeId) => {
      const outcomes = await this.#wire.send(nodeId, txnOffsetCommit(this.#owner(), fence, offsets));
      for (const { topic, partition, errorCode } of outcomes) {
        failIfRefused(
          `TxnOffsetCommit of ${topic}/${partition}, generation ${fence.generationId}`,
          errorCode,
        );
      }
    });
  }

  async #end(): Promise<void> {
    const ended = await this.#transactions.call(
      this.#options.transactionTimeoutMs,
      "throw",
      async (nodeId) => {
        const answer = await this.#wire.send(nodeId, endTxn(this.#owner(), true));
        failIfRefused(`EndTxn of ${this.#options.transactionalId}`, answer.errorCode);
        return answer;
      },
    );
    this.#identity = ended;
  }

  #owner() {
    return { transactionalId: this.#options.transactionalId, ...this.#identity };
  }
}
