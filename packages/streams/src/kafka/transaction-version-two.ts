// Transaction version 2 (KIP-890).
//
//   V1. Producing adds the partition, committing offsets adds the group: three requests a transaction.
//   V2. The epoch moves with every transaction, so nothing late of one can land in the next; sequences begin at 0.

import { failIfRefused } from "./coordinator.ts";
import type { CommitOffset, GroupFence, TopicPartition } from "./ports.ts";
import { endTxn } from "./protocol/end-txn.ts";
import type { ProducerIdentity } from "./protocol/init-producer-id.ts";
import {
  sendOffsets,
  sequenceAfter,
  type TransactionContext,
  type TransactionProtocol,
} from "./transaction-protocol.ts";

/** Transactions of a cluster whose `transaction.version` is 2. */
export class TransactionVersionTwo implements TransactionProtocol {
  readonly produceVersion = 12;
  readonly #context: TransactionContext;
  readonly #sequences = new Map<string, number>();
  #identity: ProducerIdentity;

  constructor(context: TransactionContext, identity: ProducerIdentity) {
    this.#context = context;
    this.#identity = identity;
  }

  get identity(): ProducerIdentity {
    return this.#identity;
  }

  takeSequence({ topic, partition }: TopicPartition, count: number): number {
    const name = `${topic}/${partition}`;
    const sequence = this.#sequences.get(name) ?? 0;
    this.#sequences.set(name, sequenceAfter(sequence, count));
    return sequence;
  }

  async addPartitions(): Promise<void> {}

  commitOffsets(offsets: readonly CommitOffset[], fence: GroupFence): Promise<void> {
    return sendOffsets(this.#context, this.#identity, offsets, fence, 5);
  }

  async end(): Promise<void> {
    const { wire, transactions, transactionalId, transactionTimeoutMs } = this.#context;
    this.#identity = await transactions.call(transactionTimeoutMs, "throw", async (nodeId) => {
      const answer = await wire.send(nodeId, endTxn({ transactionalId, ...this.#identity }, true));
      failIfRefused(`EndTxn of ${transactionalId}`, answer.errorCode);
      return answer;
    });
    this.#sequences.clear();
  }
}
