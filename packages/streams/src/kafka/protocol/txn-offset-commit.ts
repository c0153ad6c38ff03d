// TxnOffsetCommit (28), versions 3 and 5, of one layout: offsets inside a transaction, fenced by the group's generation
// (KIP-447). Version 5 also adds the group to the transaction (transaction version 2, KIP-890).
//
//   request  => transactional_id COMPACT_STRING, group_id COMPACT_STRING, producer_id INT64, producer_epoch INT16,
//               generation_id INT32, member_id COMPACT_STRING, group_instance_id COMPACT_NULLABLE_STRING, [topics] TAGS
//     topics => name COMPACT_STRING, [partitions] TAGS
//       partitions => index INT32, offset INT64, leader_epoch INT32, metadata COMPACT_NULLABLE_STRING, TAGS
//   response => throttle_time_ms INT32, [topics] TAGS
//     topics => name COMPACT_STRING, [partitions: index INT32, error_code INT16, TAGS] TAGS

import { ByteWriter } from "../bytes.ts";
import { readPartitionOutcomes } from "./partition-outcomes.ts";
import { byTopic, type KafkaRequest, type TopicPartition } from "./request.ts";

/** The next offset to read, with what the committer wants to find again. */
export interface CommitOffset extends TopicPartition {
  readonly offset: number;
  readonly metadata: string;
}

/** Who commits: as of when the records were fetched, never the live values. A generation of -1 would not be fenced. */
export interface GroupFence {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

/** The producer and the transaction it commits in. */
export interface TransactionOwner {
  readonly transactionalId: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

/** 3 below transaction version 2, else 5. */
export type TxnOffsetCommitVersion = 3 | 5;

/** Writes the array of topics, which OffsetCommit has in the same layout. */
export const writeOffsets = (body: ByteWriter, offsets: readonly CommitOffset[]): void => {
  body.compactArray(byTopic(offsets), ([topic, partitions]) => {
    body.compactString(topic);
    body.compactArray(partitions, ({ partition, offset, metadata }) => {
      body.int32(partition).int64(offset).int32(-1).compactString(metadata).noTags();
    });
    body.noTags();
  });
};

export const txnOffsetCommit = (
  owner: TransactionOwner,
  fence: GroupFence,
  offsets: readonly CommitOffset[],
  apiVersion: TxnOffsetCommitVersion = 5,
): KafkaRequest<(TopicPartition & { readonly errorCode: number })[]> => {
  const body = new ByteWriter(256 + offsets.length * 96)
    .noTags()
    .compactString(owner.transactionalId)
    .compactString(fence.groupId)
    .int64(owner.producerId)
    .int16(owner.producerEpoch)
    .int32(fence.generationId)
    .compactString(fence.memberId)
    .compactString(fence.groupInstanceId);
  writeOffsets(body, offsets);
  return {
    api: "TxnOffsetCommit",
    apiKey: 28,
    apiVersion,
    body: body.noTags().bytes(),
    decode: readPartitionOutcomes,
  };
};
