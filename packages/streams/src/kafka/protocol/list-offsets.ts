// ListOffsets (2), version 2.
//
//   request  => replica_id INT32, isolation_level INT8, [topics: name STRING, [partitions: index INT32, timestamp INT64]]
//   response => throttle_time_ms INT32, [topics: name STRING, [partitions: index INT32, error_code INT16,
//               timestamp INT64, offset INT64]]

import { ByteWriter } from "../bytes.ts";
import { byTopic, type KafkaRequest, type TopicPartition } from "./request.ts";

/**
 * `earliest` is the log start; `latest` the high watermark, records of open transactions included; `stable` the last
 * stable offset, before the first record of an open transaction; a time the first record whose timestamp, in epoch
 * milliseconds, is that or later, -1 where there is none.
 */
export type OffsetSpec = "earliest" | "latest" | "stable" | { readonly fromMs: number };

/** The offset of one partition. */
export interface ListedOffset extends TopicPartition {
  readonly errorCode: number;
  readonly offset: number;
}

const isolation = { readUncommitted: 0, readCommitted: 1 };

export const listOffsets = (
  partitions: readonly TopicPartition[],
  spec: OffsetSpec,
): KafkaRequest<ListedOffset[]> => {
  const timestamp = typeof spec === "object" ? spec.fromMs : spec === "earliest" ? -2 : -1;
  const level = spec === "stable" ? isolation.readCommitted : isolation.readUncommitted;
  const body = new ByteWriter().int32(-1).int8(level);
  body.array(byTopic(partitions), ([topic, of]) => {
    body.string(topic).array(of, ({ partition }) => {
      body.int32(partition).int64(timestamp);
    });
  });
  return {
    api: "ListOffsets",
    apiKey: 2,
    apiVersion: 2,
    body: body.bytes(),
    decode: (read) => {
      read.int32();
      return read
        .array(() => {
          const topic = read.string() ?? "";
          return read.array(() => {
            const partition = read.int32();
            const errorCode = read.int16();
            read.int64();
            return { topic, partition, errorCode, offset: read.int64() };
          });
        })
        .flat();
    },
  };
};
