// OffsetFetch (9), version 7: a group's committed offsets; with `require_stable` an offset that an open transaction
// may still replace is answered by UNSTABLE_OFFSET_COMMIT (KIP-447).
//
//   request  => group_id COMPACT_STRING, [topics] require_stable BOOLEAN, TAGS
//     topics => name COMPACT_STRING, [partition_indexes INT32] TAGS
//   response => throttle_time_ms INT32, [topics] error_code INT16, TAGS
//     topics => name COMPACT_STRING, [partitions] TAGS
//       partitions => index INT32, committed_offset INT64, leader_epoch INT32, metadata COMPACT_NULLABLE_STRING,
//         error_code INT16, TAGS

import { ByteWriter } from "../bytes.ts";
import { byTopic, type KafkaRequest, type TopicPartition } from "./request.ts";

/** A committed offset; -1 when the group never committed this partition. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  readonly metadata: string;
  readonly errorCode: number;
}

export const offsetFetch = (
  groupId: string,
  partitions: readonly TopicPartition[],
  requireStable: boolean,
): KafkaRequest<{ readonly errorCode: number; readonly offsets: CommittedOffset[] }> => {
  const body = new ByteWriter().noTags().compactString(groupId);
  body.compactArray(byTopic(partitions), ([topic, of]) => {
    body.compactString(topic);
    body.compactArray(of, ({ partition }) => {
      body.int32(partition);
    });
    body.noTags();
  });
  return {
    api: "OffsetFetch",
    apiKey: 9,
    apiVersion: 7,
    body: body.boolean(requireStable).noTags().bytes(),
    decode: (read) => {
      read.tags();
      read.int32();
      const offsets = read
        .compactArray(() => {
          const topic = read.compactString() ?? "";
          const of = read.compactArray((): CommittedOffset => {
            const partition = read.int32();
            const offset = read.int64();
            read.int32();
            const metadata = read.compactString() ?? "";
            const errorCode = read.int16();
            read.tags();
            return { topic, partition, offset, metadata, errorCode };
          });
          read.tags();
          return of;
        })
        .flat();
      return { offsets, errorCode: read.int16() };
    },
  };
};
