// Fetch (1), version 11, without a fetch session.
//
//   request  => replica_id INT32, max_wait_ms INT32, min_bytes INT32, max_bytes INT32, isolation_level INT8,
//               session_id INT32, session_epoch INT32, [topics] [forgotten_topics] rack_id STRING
//     topics => name STRING, [partitions: index INT32, current_leader_epoch INT32, fetch_offset INT64,
//               log_start_offset INT64, partition_max_bytes INT32]
//   response => throttle_time_ms INT32, error_code INT16, session_id INT32, [topics]
//     topics => name STRING, [partitions: index INT32, error_code INT16, high_watermark INT64,
//               last_stable_offset INT64, log_start_offset INT64,
//               [aborted_transactions: producer_id INT64, first_offset INT64], preferred_read_replica INT32,
//               records RECORDS]

import { type ByteReader, ByteWriter } from "../bytes.ts";
import type { AbortedTransaction } from "../read-committed.ts";
import { byTopic, type KafkaRequest, type TopicPartition } from "./request.ts";

/** Where to read. */
export interface FetchPosition extends TopicPartition {
  readonly offset: number;
}

/** What limits a fetch. */
export interface FetchLimits {
  /** How long the broker waits for the first byte. */
  readonly maxWaitMs: number;
  readonly bytesMax: number;
  readonly partitionBytesMax: number;
}

/** What a partition answered. */
export interface FetchedPartition extends TopicPartition {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: AbortedTransaction[];
  readonly records: Buffer;
}

/** What a broker answered. */
export interface FetchAnswer {
  readonly errorCode: number;
  readonly partitions: FetchedPartition[];
}

const readCommitted = 1;
const empty = Buffer.alloc(0);

/** Always read committed: nothing in this engine may see what a transaction did not commit. */
export const fetch = (
  positions: readonly FetchPosition[],
  limits: FetchLimits,
): KafkaRequest<FetchAnswer> => {
  const body = new ByteWriter(128 + positions.length * 64)
    .int32(-1)
    .int32(limits.maxWaitMs)
    .int32(1)
    .int32(limits.bytesMax)
    .int8(readCommitted)
    .int32(0)
    .int32(-1);
  body.array(byTopic(positions), ([topic, partitions]) => {
    body.string(topic).array(partitions, ({ partition, offset }) => {
      body.int32(partition).int32(-1).int64(offset).int64(-1).int32(limits.partitionBytesMax);
    });
  });
  body.array([], () => {}).string("");
  return { api: "Fetch", apiKey: 1, apiVersion: 11, body: body.bytes(), decode };
};

const decode = (read: ByteReader): FetchAnswer => {
  read.int32();
  const errorCode = read.int16();
  read.int32();
  const partitions = read
    .array(() => {
      const topic = read.string() ?? "";
      return read.array((): FetchedPartition => {
        const partition = read.int32();
        const error = read.int16();
        const highWatermark = read.int64();
        const lastStableOffset = read.int64();
        const logStartOffset = read.int64();
        const aborted = read.array(() => ({ producerId: read.bigint64(), firstOffset: read.int64() }));
        read.int32();
        const records = read.bytes() ?? empty;
        return {
          topic,
          partition,
          errorCode: error,
          highWatermark,
          lastStableOffset,
          logStartOffset,
          aborted,
          records,
        };
      });
    })
    .flat();
  return { errorCode, partitions };
};
