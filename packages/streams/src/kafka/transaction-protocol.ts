// What the two versions of the transaction protocol have in common, as the transactional producer sees it.
//
// Which one is spoken is the cluster's choice, read from its finalized feature `transaction.version`:
//
//   below 2   transaction-version-one.ts   every partition and the group are added to a transaction by requests of
//                                          their own, and the epoch stays from one transaction to the next
//   2         transaction-version-two.ts   KIP-890: writing adds, and the epoch moves with every transaction

import type { Coordinator } from "./coordinator.ts";
import { failIfRefused } from "./coordinator.ts";
import type { CommitOffset, GroupFence, TopicPartition } from "./ports.ts";
import type { ProducerIdentity } from "./protocol/init-producer-id.ts";
import type { ProduceVersion } from "./protocol/produce.ts";
import { type TxnOffsetCommitVersion, txnOffsetCommit } from "./protocol/txn-offset-commit.ts";
import type { Wire } from "./wire.ts";

/** What a protocol works with. */
export interface TransactionContext {
  readonly wire: Wire;
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  /** Of the transactional id. */
  readonly transactions: Coordinator;
  /** Of the consumer group. */
  readonly group: Coordinator;
}

/** The transactions of one producer, one after the other. After any error it is useless. */
export interface TransactionProtocol {
  /** Who writes now. */
  readonly identity: ProducerIdentity;
  readonly produceVersion: ProduceVersion;
  /** The sequence of the next record to a partition; the one after it is `count` further. */
  takeSequence(partition: TopicPartition, count: number): number;
  /** Makes sure that the partitions are part of the transaction before anything is written to them. */
  addPartitions(partitions: readonly TopicPartition[]): Promise<void>;
  /** Puts the offsets into the transaction, fenced by the group. */
  commitOffsets(offsets: readonly CommitOffset[], fence: GroupFence): Promise<void>;
  /** Commits the transaction. */
  end(): Promise<void>;
}

/** Sequences are 31 bits wide and begin again at 0. */
export const sequenceAfter = (sequence: number, count: number): number => (sequence + count) % 2 ** 31;

/** Sends the offsets to the group's coordinator. @throws BrokerRefusedError with the first refusal */
export const sendOffsets = async (
  { wire, transactionalId, transactionTimeoutMs, group }: TransactionContext,
  identity: ProducerIdentity,
  offsets: readonly CommitOffset[],
  fence: GroupFence,
  version: TxnOffsetCommitVersion,
): Promise<void> => {
  await group.call(transactionTimeoutMs, "throw", async (nodeId) => {
    const owner = { transactionalId, ...identity };
    for (const outcome of await wire.send(nodeId, txnOffsetCommit(owner, fence, offsets, version))) {
      failIfRefused(
        `TxnOffsetCommit of ${outcome.topic}/${outcome.partition}, generation ${fence.generationId}`,
        outcome.errorCode,
      );
    }
  });
};
