// AddPartitionsToTxn (24), version 3: the last one for clients (version 4 is for brokers among themselves).
//
//   request  => transactional_id COMPACT_STRING, producer_id INT64, producer_epoch INT16, [topics] TAGS
//     topics => name COMPACT_STRING, [partitions INT32] TAGS
//   response => throttle_time_ms INT32, [topics] TAGS
//     topics => name COMPACT_STRING, [partitions: index INT32, error_code INT16, TAGS] TAGS

import { ByteWriter } from "../bytes.ts";
import { readPartitionOutcomes } from "./partition-outcomes.ts";
import { byTopic, type KafkaRequest, type TopicPartition } from "./request.ts";
import type { TransactionOwner } from "./txn-offset-commit.ts";

export const addPartitionsToTxn = (
  owner: TransactionOwner,
  partitions: readonly TopicPartition[],
): KafkaRequest<(TopicPartition & { readonly errorCode: number })[]> => {
  const body = new ByteWriter(128 + partitions.length * 32)
    .noTags()
    .compactString(owner.transactionalId)
    .int64(owner.producerId)
    .int16(owner.producerEpoch);
  body.compactArray(byTopic(partitions), ([topic, of]) => {
    body.compactString(topic);
    body.compactArray(of, ({ partition }) => {
      body.int32(partition);
    });
    body.noTags();
  });
  return {
    api: "AddPartitionsToTxn",
    apiKey: 24,
    apiVersion: 3,
    body: body.noTags().bytes(),
    decode: readPartitionOutcomes,
  };
};
