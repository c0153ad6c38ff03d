// An answer that several requests share: whether each partition was taken.
//
//   response => throttle_time_ms INT32, [topics] TAGS
//     topics => name COMPACT_STRING, [partitions: index INT32, error_code INT16, TAGS] TAGS

import type { ByteReader } from "../bytes.ts";
import type { TopicPartition } from "./request.ts";

/** What became of one partition; 0 is no error. */
export interface PartitionOutcome extends TopicPartition {
  readonly errorCode: number;
}

/** Reads the answer, its header's tags first. */
export const readPartitionOutcomes = (read: ByteReader): PartitionOutcome[] => {
  read.tags();
  read.int32();
  return read
    .compactArray(() => {
      const topic = read.compactString() ?? "";
      const outcomes = read.compactArray(() => {
        const outcome = { topic, partition: read.int32(), errorCode: read.int16() };
        read.tags();
        return outcome;
      });
      read.tags();
      return outcomes;
    })
    .flat();
};
