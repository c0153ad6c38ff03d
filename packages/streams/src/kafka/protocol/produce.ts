// Produce (0), versions 11 and 12, of one layout. In a transaction version 12 also adds the partition to it
// (transaction version 2, KIP-890).
//
//   request  => transactional_id COMPACT_NULLABLE_STRING, acks INT16, timeout_ms INT32, [topics] TAGS
//     topics => name COMPACT_STRING, [partitions] TAGS
//       partitions => index INT32, records COMPACT_RECORDS, TAGS
//   response => [topics] throttle_time_ms INT32, TAGS
//     topics => name COMPACT_STRING, [partitions] TAGS
//       partitions => index INT32, error_code INT16, base_offset INT64, log_append_time_ms INT64,
//         log_start_offset INT64, [record_errors] error_message COMPACT_NULLABLE_STRING, TAGS
//         record_errors => batch_index INT32, message COMPACT_NULLABLE_STRING, TAGS

import { type ByteReader, ByteWriter } from "../bytes.ts";
import { byTopic, type KafkaRequest, type TopicPartition } from "./request.ts";

/** One batch for one partition. A request holds at most one a partition. */
export interface ProduceBatch extends TopicPartition {
  readonly bytes: Buffer;
}

/** What became of a batch. */
export interface ProduceOutcome extends TopicPartition {
  readonly errorCode: number;
  readonly baseOffset: number;
  readonly errorMessage: string | null;
}

const allReplicas = -1;

/** 12 in transactions of version 2; 11 in older ones, whose partitions have been added before, and outside of any. */
export type ProduceVersion = 11 | 12;

/** @param timeoutMs how long the broker waits for the replicas */
export const produce = (
  transactionalId: string | null,
  timeoutMs: number,
  batches: readonly ProduceBatch[],
  apiVersion: ProduceVersion = 12,
): KafkaRequest<ProduceOutcome[]> => {
  const body = new ByteWriter().noTags().compactString(transactionalId).int16(allReplicas).int32(timeoutMs);
  body.compactArray(byTopic(batches), ([topic, partitions]) => {
    body.compactString(topic);
    body.compactArray(partitions, ({ partition, bytes }) => {
      body.int32(partition).attached(bytes).noTags();
    });
    body.noTags();
  });
  return { api: "Produce", apiKey: 0, apiVersion, body: body.noTags().pieces(), decode };
};

const decode = (read: ByteReader): ProduceOutcome[] => {
  read.tags();
  return read
    .compactArray(() => {
      const topic = read.compactString() ?? "";
      const outcomes = read.compactArray(() => outcome(read, topic));
      read.tags();
      return outcomes;
    })
    .flat();
};

const outcome = (read: ByteReader, topic: string): ProduceOutcome => {
  const partition = read.int32();
  const errorCode = read.int16();
  const baseOffset = read.int64();
  read.int64();
  read.int64();
  read.compactArray(() => {
    read.int32();
    read.compactString();
    read.tags();
  });
  const errorMessage = read.compactString();
  read.tags();
  return { topic, partition, errorCode, baseOffset, errorMessage };
};
