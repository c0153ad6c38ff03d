// Transaction version 1 and older (KIP-98): for clusters whose finalized `transaction.version` is below 2.
//
//   O1. A partition is added to the transaction before the first write to it, the group before its offsets are sent.
//   O2. The epoch stays from one transaction to the next, so sequences go on counting.
//   O3. Because the epoch stays, something late of one transaction could land in the next. It cannot here: nothing is
//       sent before the answer to what came before it, and after an answer that never came the producer is discarded.
//       Its successor's InitProducerId raises the epoch, which fences what may still be under way.

import { failIfRefused } from "./coordinator.ts";
import type { CommitOffset, GroupFence, TopicPartition } from "./ports.ts";
import { addOffsetsToTxn } from "./protocol/add-offsets-to-txn.ts";
import { addPartitionsToTxn } from "./protocol/add-partitions-to-txn.ts";
import { endTxnWithoutEpochBump } from "./protocol/end-txn.ts";
import type { ProducerIdentity } from "./protocol/init-producer-id.ts";
import type { KafkaRequest } from "./protocol/request.ts";
import {
  sendOffsets,
  sequenceAfter,
  type TransactionContext,
  type TransactionProtocol,
} from "./transaction-protocol.ts";

/** Transactions of a cluster whose `transaction.version` is 0 or 1. */
export class TransactionVersionOne implements TransactionProtocol {
  readonly produceVersion = 11;
  readonly identity: ProducerIdentity;
  readonly #context: TransactionContext;
  readonly #sequences = new Map<string, number>();

  constructor(context: TransactionContext, identity: ProducerIdentity) {
    this.#context = context;
    this.identity = identity;
  }

  takeSequence({ topic, partition }: TopicPartition, count: number): number {
    const name = `${topic}/${partition}`;
    const sequence = this.#sequences.get(name) ?? 0;
    this.#sequences.set(name, sequenceAfter(sequence, count));
    return sequence;
  }

  async addPartitions(partitions: readonly TopicPartition[]): Promise<void> {
    if (partitions.length === 0) return;
    await this.#ask(addPartitionsToTxn(this.#owner(), partitions), (answer) => {
      for (const { topic, partition, errorCode } of answer)
        failIfRefused(`AddPartitionsToTxn of ${topic}/${partition}`, errorCode);
    });
  }

  async commitOffsets(offsets: readonly CommitOffset[], fence: GroupFence): Promise<void> {
    await this.#ask(addOffsetsToTxn(this.#owner(), fence.groupId), ({ errorCode }) =>
      failIfRefused(`AddOffsetsToTxn of ${this.#context.transactionalId}`, errorCode),
    );
    await sendOffsets(this.#context, this.identity, offsets, fence, 3);
  }

  async end(): Promise<void> {
    await this.#ask(endTxnWithoutEpochBump(this.#owner(), true), ({ errorCode }) =>
      failIfRefused(`EndTxn of ${this.#context.transactionalId}`, errorCode),
    );
  }

  #owner() {
    return { transactionalId: this.#context.transactionalId, ...this.identity };
  }

  #ask<R>(request: KafkaRequest<R>, check: (answer: R) => void): Promise<R> {
    const { wire, transactions, transactionTimeoutMs } = this.#context;
    return transactions.call(transactionTimeoutMs, "throw", async (nodeId) => {
      const answer = await wire.send(nodeId, request);
      check(answer);
      return answer;
    });
  }
}
