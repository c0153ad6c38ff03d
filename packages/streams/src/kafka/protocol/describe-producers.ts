// DescribeProducers (61), version 0 (KIP-664): who writes to a partition, and since which offset a transaction is open.
// Asked of the partition's leader.
//
//   request  => [topics: name COMPACT_STRING, [partition_indexes INT32], TAGS], TAGS
//   response => throttle_time_ms INT32, [topics: name COMPACT_STRING, [partitions: partition_index INT32,
//               error_code INT16, error_message COMPACT_NULLABLE_STRING, [active_producers: producer_id INT64,
//               producer_epoch INT32, last_sequence INT32, last_timestamp INT64, coordinator_epoch INT32,
//               current_txn_start_offset INT64, TAGS], TAGS], TAGS], TAGS

import { ByteWriter } from "../bytes.ts";
import type { KafkaRequest, TopicPartition } from "./request.ts";

/** A producer that a partition remembers. */
export interface ActiveProducer {
  readonly producerId: bigint;
  /** Epoch milliseconds of its last write, by the broker's clock or the record's, as the topic has it; -1 for none. */
  readonly lastTimestampMs: number;
  /** Where its open transaction begins; -1 when none is open. */
  readonly startOffset: number;
}

/** The producers of one partition. */
export interface DescribedProducers {
  readonly errorCode: number;
  readonly producers: readonly ActiveProducer[];
}

export const describeProducers = ({ topic, partition }: TopicPartition): KafkaRequest<DescribedProducers> => {
  const body = new ByteWriter().noTags();
  body.compactArray([topic], (name) => {
    body.compactString(name);
    body.compactArray([partition], (index) => {
      body.int32(index);
    });
    body.noTags();
  });
  return { api: "DescribeProducers", apiKey: 61, apiVersion: 0, body: body.noTags().bytes(), decode };
};

const decode: KafkaRequest<DescribedProducers>["decode"] = (read) => {
  read.tags();
  read.int32();
  // One partition of one topic was asked for; what follows it is not read.
  read.uvarint();
  read.compactString();
  read.uvarint();
  read.int32();
  const errorCode = read.int16();
  read.compactString();
  const producers = read.compactArray(() => {
    const producerId = read.bigint64();
    read.int32();
    read.int32();
    const lastTimestampMs = read.int64();
    read.int32();
    const startOffset = read.int64();
    read.tags();
    return { producerId, lastTimestampMs, startOffset };
  });
  return { errorCode, producers };
};
