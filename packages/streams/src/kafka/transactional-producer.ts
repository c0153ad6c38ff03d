// The transactional producer: one for a process, fenced by its transactional id and by the group's generation.
//
// Two ways are known to fence a dead process's work (KIP-447): one transactional id for each input partition, or one
// id for the process with the group's generation sent along with the offsets. This is the second: three requests a
// commit however many tasks it covers. Its price is that one task's failure rolls all of the process's tasks back.
//
//   X1. An atomic commit is: outputs and changelog, then offsets under generation and member, then EndTxn.
//   X2. After any error the producer is useless: the caller opens another, which aborts whatever this one left open
//       and fences whatever of it is still in flight. There is no abort-and-continue.
//   X3. Nothing late of one transaction can land in the next: by the epoch, which moves with every commit where the
//       cluster speaks transaction version 2 (KIP-890), and by X2 where it speaks an older one.

import { BrokerRefusedError, FencedError } from "../errors.ts";
import { failPoint } from "../fail-points.ts";
import type { OutgoingRecord } from "../worker/record.ts";
import type { Compression } from "./compression.ts";
import { Coordinator, failIfRefused } from "./coordinator.ts";
import type { AtomicCommit, CommittedEnds, TopicPartition, TransactionalSender } from "./ports.ts";
import { chunkRecords, sendBatches } from "./produce-batches.ts";
import { errorCodes } from "./protocol/errors.ts";
import { initProducerId, type ProducerIdentity } from "./protocol/init-producer-id.ts";
import type { ProduceBatch } from "./protocol/produce.ts";
import { byTopic } from "./protocol/request.ts";
import { encodeRecordBatch } from "./record-batch.ts";
import type { TopicLimits } from "./topic-limits.ts";
import type { TransactionContext, TransactionProtocol } from "./transaction-protocol.ts";
import { TransactionVersionOne } from "./transaction-version-one.ts";
import { TransactionVersionTwo } from "./transaction-version-two.ts";
import type { Wire } from "./wire.ts";

/** How a transactional producer is opened. */
export interface TransactionalProducerOptions {
  /** Stable for the process's place in the deployment, so that a restart aborts its predecessor's transaction. */
  readonly transactionalId: string;
  readonly groupId: string;
  /** After it the broker aborts an open transaction. Below the group's session time-out. */
  readonly transactionTimeoutMs: number;
  /** How batches are packed. Default `none`: the topics' own `compression.type` decides what the broker stores. */
  readonly compression?: Compression;
  /** How large a batch of a topic may be. Default what Kafka's topics take. */
  readonly limits?: TopicLimits | undefined;
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

/** The protocol of the cluster: its finalized `transaction.version` decides. */
export const protocolOf = async (
  context: TransactionContext,
  identity: ProducerIdentity,
): Promise<TransactionProtocol> =>
  (await context.wire.featureLevel("transaction.version")) >= 2
    ? new TransactionVersionTwo(context, identity)
    : new TransactionVersionOne(context, identity);

/** One producer id, one transaction at a time. */
export class TransactionalProducer implements TransactionalSender {
  readonly #wire: Wire;
  readonly #options: TransactionalProducerOptions;
  readonly #transaction: TransactionProtocol;

  private constructor(wire: Wire, options: TransactionalProducerOptions, transaction: TransactionProtocol) {
    this.#wire = wire;
    this.#options = options;
    this.#transaction = transaction;
  }

  /** Fences and aborts whatever the last owner of the id left. */
  static async open(wire: Wire, options: TransactionalProducerOptions): Promise<TransactionalProducer> {
    const { transactionalId, transactionTimeoutMs, groupId } = options;
    const identity = await takeOver(wire, transactionalId, transactionTimeoutMs);
    failPoint("after-init-producer");
    const transactions = new Coordinator(wire, "transaction", transactionalId);
    const group = new Coordinator(wire, "group", groupId);
    const context = { wire, transactionalId, transactionTimeoutMs, transactions, group };
    return new TransactionalProducer(wire, options, await protocolOf(context, identity));
  }

  commit({ records, offsets, fence }: AtomicCommit): Promise<CommittedEnds> {
    return this.#commit(records, () => this.#transaction.commitOffsets(offsets, fence));
  }

  /** Commits records that no input stands behind: all of them become visible, or none. No group fences them. */
  write(records: readonly OutgoingRecord[]): Promise<CommittedEnds> {
    return this.#commit(records, async () => {});
  }

  async #commit(
    records: readonly OutgoingRecord[],
    commitOffsets: () => Promise<void>,
  ): Promise<CommittedEnds> {
    try {
      failPoint("before-produce");
      const ends = await this.#produce(records);
      failPoint("after-produce");
      await commitOffsets();
      failPoint("after-offset-commit");
      await this.#transaction.end();
      failPoint("after-end-txn");
      return ends;
    } catch (error) {
      if (error instanceof BrokerRefusedError && fencing.includes(error.errorCode)) {
        throw new FencedError(
          `The atomic commit of ${this.#options.transactionalId} was refused: ${error.message}`,
          { cause: error },
        );
      }
      if (error instanceof BrokerRefusedError && error.errorCode === errorCodes.MESSAGE_TOO_LARGE)
        this.#options.limits?.doubt();
      throw error;
    }
  }

  async #produce(records: readonly OutgoingRecord[]): Promise<CommittedEnds> {
    const ends = new Map<string, number>();
    const queues = byTopic(records).flatMap(([topic, ofTopic]) =>
      [...Map.groupBy(ofTopic, ({ partition }) => partition)].map(([partition, of]) => ({
        topic,
        partition,
        chunks: chunkRecords(topic, of, this.#options.limits?.batchBytesMax(topic)),
      })),
    );
    await this.#transaction.addPartitions(queues);
    for (let round = 0; ; round++) {
      const batches = queues.flatMap(({ topic, partition, chunks }) => {
        const chunk = chunks[round];
        return chunk === undefined ? [] : [this.#batch({ topic, partition }, chunk)];
      });
      if (batches.length === 0) return ends;
      const sent = await sendBatches(this.#wire, batches, {
        transactionalId: this.#options.transactionalId,
        version: this.#transaction.produceVersion,
        deadlineMs: this.#options.transactionTimeoutMs,
      });
      for (const { topic, partition, baseOffset } of sent) {
        const queue = queues.find((of) => of.topic === topic && of.partition === partition);
        if (baseOffset >= 0)
          ends.set(`${topic}/${partition}`, baseOffset + (queue?.chunks[round]?.length ?? 0));
      }
    }
  }

  #batch(partition: TopicPartition, records: readonly OutgoingRecord[]): ProduceBatch {
    const baseSequence = this.#transaction.takeSequence(partition, records.length);
    const producer = { ...this.#transaction.identity, baseSequence, transactional: true };
    return { ...partition, bytes: encodeRecordBatch(records, producer, this.#options.compression) };
  }
}
