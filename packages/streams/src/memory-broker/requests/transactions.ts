// The requests of a transactional producer: InitProducerId (22), AddPartitionsToTxn (24), AddOffsetsToTxn (25),
// EndTxn (26), TxnOffsetCommit (28).
//
// Protocol version 2 (KIP-890) is EndTxn and TxnOffsetCommit from version 5 on; the requests that add something belong
// to version 1.

import { type ByteReader, ByteWriter } from "../../kafka/bytes.ts";
import { errorCodes } from "../../kafka/protocol/errors.ts";
import { byTopic } from "../../kafka/protocol/request.ts";
import type { CommitOffset, GroupFence, TransactionOwner } from "../../kafka/protocol/txn-offset-commit.ts";
import type { Partition } from "../cluster.ts";
import type { IdentityAnswer } from "../transaction-coordinator.ts";
import type { Arrival, RequestHandler } from "./handler.ts";

/** First version of EndTxn and TxnOffsetCommit that speaks protocol version 2. */
const versionTwoFrom = 5;

const faultAnswer = (errorCode: number): IdentityAnswer => ({
  errorCode,
  producerId: -1n,
  producerEpoch: -1,
});

/** Version 4. */
export const initProducerId: RequestHandler = ({ cluster, nodeId }, read, answer) => {
  read.tags();
  const id = read.compactString();
  const timeoutMs = read.int32();
  const fault = id === null ? errorCodes.NONE : cluster.coordinatorFault(nodeId, "transaction", id);
  let identity = faultAnswer(fault);
  if (fault === errorCodes.NONE) {
    const { transactions } = cluster;
    identity =
      id === null
        ? { errorCode: errorCodes.NONE, producerId: transactions.newProducerId(), producerEpoch: 0 }
        : transactions.initialise(id, timeoutMs);
  }
  const { errorCode, producerId, producerEpoch } = identity;
  cluster.note("InitProducerId", errorCode);
  answer(new ByteWriter().noTags().int32(0).int16(errorCode).int64(producerId).int16(producerEpoch).noTags());
};

const readOwner = (read: ByteReader): TransactionOwner => ({
  transactionalId: read.compactString() ?? "",
  producerId: read.bigint64(),
  producerEpoch: read.int16(),
});

/** Versions 3 to 5. */
export const endTransaction: RequestHandler = ({ cluster, nodeId, apiVersion }, read, answer) => {
  read.tags();
  const owner = readOwner(read);
  const marker = read.int8() === 1 ? "commit" : "abort";
  const version = apiVersion >= versionTwoFrom ? 2 : 1;
  const fault = cluster.coordinatorFault(nodeId, "transaction", owner.transactionalId);
  const { errorCode, producerId, producerEpoch } =
    fault === errorCodes.NONE
      ? cluster.transactions.end(owner.transactionalId, owner, marker, version)
      : faultAnswer(fault);
  cluster.note("EndTxn", errorCode);
  const write = new ByteWriter().noTags().int32(0).int16(errorCode);
  if (version === 2) write.int64(producerId).int16(producerEpoch);
  answer(write.noTags());
};

/** Version 3: one transaction. */
export const addPartitionsToTransaction: RequestHandler = ({ cluster, nodeId }, read, answer) => {
  read.tags();
  const owner = readOwner(read);
  const wanted = read
    .compactArray(() => {
      const topic = read.compactString() ?? "";
      const of = read.compactArray(() => ({ topic, partition: read.int32() }));
      read.tags();
      return of;
    })
    .flat();
  const partitions = wanted.map((each) => cluster.partition(each));
  const found = partitions.filter((each): each is Partition => each !== undefined);
  const fault =
    cluster.coordinatorFault(nodeId, "transaction", owner.transactionalId) ||
    (found.length < wanted.length
      ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION
      : cluster.transactions.add(owner.transactionalId, owner, found));
  const write = new ByteWriter().noTags().int32(0);
  write.compactArray(byTopic(wanted), ([topic, of]) => {
    write.compactString(topic).compactArray(of, ({ partition }) => {
      write.int32(partition).int16(fault).noTags();
    });
    write.noTags();
  });
  answer(write.noTags());
};

/** Version 3. */
export const addOffsetsToTransaction: RequestHandler = ({ cluster, nodeId }, read, answer) => {
  read.tags();
  const owner = readOwner(read);
  const group = cluster.group(read.compactString() ?? "");
  const fault =
    cluster.coordinatorFault(nodeId, "transaction", owner.transactionalId) ||
    cluster.transactions.add(owner.transactionalId, owner, [group]);
  answer(new ByteWriter().noTags().int32(0).int16(fault).noTags());
};

interface OffsetCommit {
  readonly owner: TransactionOwner;
  readonly fence: GroupFence;
  readonly offsets: readonly CommitOffset[];
}

const readOffsetCommit = (read: ByteReader): OffsetCommit => {
  const transactionalId = read.compactString() ?? "";
  const groupId = read.compactString() ?? "";
  const owner = { transactionalId, producerId: read.bigint64(), producerEpoch: read.int16() };
  const fence = {
    groupId,
    generationId: read.int32(),
    memberId: read.compactString() ?? "",
    groupInstanceId: read.compactString(),
  };
  const topics = read.compactArray(() => {
    const topic = read.compactString() ?? "";
    const of = read.compactArray((): CommitOffset => {
      const partition = read.int32();
      const offset = read.int64();
      read.int32();
      const metadata = read.compactString() ?? "";
      read.tags();
      return { topic, partition, offset, metadata };
    });
    read.tags();
    return of;
  });
  return { owner, fence, offsets: topics.flat() };
};

/** Versions 3 to 5. */
export const transactionOffsetCommit: RequestHandler = (arrival, read, answer) => {
  read.tags();
  const commit = readOffsetCommit(read);
  const errorCode = holdOffsets(arrival, commit);
  arrival.cluster.note("TxnOffsetCommit", errorCode);
  const write = new ByteWriter().noTags().int32(0);
  write.compactArray(byTopic(commit.offsets), ([topic, of]) => {
    write.compactString(topic).compactArray(of, ({ partition }) => {
      write.int32(partition).int16(errorCode).noTags();
    });
    write.noTags();
  });
  answer(write.noTags());
};

const holdOffsets = (
  { cluster, nodeId, apiVersion }: Arrival,
  { owner, fence, offsets }: OffsetCommit,
): number => {
  const fault = cluster.coordinatorFault(nodeId, "group", fence.groupId);
  if (fault !== errorCodes.NONE) return fault;
  const group = cluster.group(fence.groupId);
  const refusal =
    group.membership.fenceFault(fence) ||
    (apiVersion >= versionTwoFrom
      ? cluster.transactions.add(owner.transactionalId, owner, [group])
      : cluster.transactions.verify(owner.transactionalId, owner, group.name));
  if (refusal === errorCodes.PRODUCER_FENCED) return errorCodes.INVALID_PRODUCER_EPOCH;
  if (refusal !== errorCodes.NONE) return refusal;
  if (group.isFenced(owner)) return errorCodes.INVALID_PRODUCER_EPOCH;
  group.offsets.hold(owner.producerId, offsets);
  return errorCodes.NONE;
};
