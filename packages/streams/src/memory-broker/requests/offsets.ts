// ListOffsets (2), version 2, and OffsetFetch (9), versions 4 and 7.
//
//   OffsetFetch 4 request  => group_id STRING, [topics: topic STRING, [partitions INT32]], null for all
//   OffsetFetch 4 response => throttle_time_ms INT32, [topics: topic STRING, [partitions: partition INT32, offset INT64,
//               metadata NULLABLE_STRING, error_code INT16]], error_code INT16
//   ListOffsets 2, OffsetFetch 7: see kafka/protocol

import { type ByteReader, ByteWriter } from "../../kafka/bytes.ts";
import { errorCodes } from "../../kafka/protocol/errors.ts";
import { byTopic, type TopicPartition } from "../../kafka/protocol/request.ts";
import type { Arrival, RequestHandler } from "./handler.ts";

const earliest = -2;

export const listOffsets: RequestHandler = (arrival, read, answer) => {
  read.int32();
  const committed = read.int8() === 1;
  const topics = read.array(() => {
    const topic = read.string() ?? "";
    return read.array(() => ({ topic, partition: read.int32(), timestamp: read.int64() }));
  });
  const write = new ByteWriter().int32(0);
  write.array(topics, (partitions) => {
    write.string(partitions[0]?.topic ?? "").array(partitions, (wanted) => {
      const { errorCode, offset, timestampMs = -1 } = listed(arrival, wanted, committed);
      write.int32(wanted.partition).int16(errorCode).int64(timestampMs).int64(offset);
    });
  });
  answer(write);
};

const listed = (
  { cluster, nodeId }: Arrival,
  wanted: TopicPartition & { readonly timestamp: number },
  committed: boolean,
): { errorCode: number; offset: number; timestampMs?: number } => {
  const log = cluster.partition(wanted)?.log;
  if (log === undefined) return { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, offset: -1 };
  if (cluster.leaderOf(wanted) !== nodeId)
    return { errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER, offset: -1 };
  if (wanted.timestamp >= 0)
    return { errorCode: errorCodes.NONE, ...(log.firstFrom(wanted.timestamp) ?? { offset: -1 }) };
  const end = committed ? log.lastStableOffset : log.highWatermark;
  return { errorCode: errorCodes.NONE, offset: wanted.timestamp === earliest ? log.startOffset : end };
};

const flexibleFrom = 6;

export const offsetFetch: RequestHandler = (arrival, read, answer) => {
  const { cluster, nodeId, apiVersion } = arrival;
  if (apiVersion < flexibleFrom) return earlierOffsetFetch(arrival, read, answer);
  read.tags();
  const groupId = read.compactString() ?? "";
  const partitions = read
    .compactArray(() => {
      const topic = read.compactString() ?? "";
      const of = read.compactArray(() => ({ topic, partition: read.int32() }));
      read.tags();
      return of;
    })
    .flat();
  const stable = read.int8() === 1;
  const fault = cluster.coordinatorFault(nodeId, "group", groupId);
  const offsets = fault === errorCodes.NONE ? cluster.group(groupId).offsets.read(partitions, stable) : [];
  for (const { errorCode } of offsets) cluster.note("OffsetFetch", errorCode);
  const write = new ByteWriter().noTags().int32(0);
  write.compactArray(byTopic(offsets), ([topic, of]) => {
    write.compactString(topic).compactArray(of, ({ partition, offset, metadata, errorCode }) => {
      write.int32(partition).int64(offset).int32(-1).compactString(metadata).int16(errorCode).noTags();
    });
    write.noTags();
  });
  answer(write.int16(fault).noTags());
};

const earlierOffsetFetch: RequestHandler = ({ cluster, nodeId }, read, answer) => {
  const groupId = read.string() ?? "";
  const asked = readPartitions(read);
  const fault = cluster.coordinatorFault(nodeId, "group", groupId);
  const { offsets } = cluster.group(groupId);
  const found = fault === errorCodes.NONE ? offsets.read(asked ?? offsets.partitions, false) : [];
  const write = new ByteWriter().int32(0);
  write.array(byTopic(found), ([topic, of]) => {
    write.string(topic).array(of, ({ partition, offset, metadata, errorCode }) => {
      write.int32(partition).int64(offset).string(metadata).int16(errorCode);
    });
  });
  answer(write.int16(fault));
};

/** Undefined for all. */
const readPartitions = (read: ByteReader): TopicPartition[] | undefined => {
  const count = read.int32();
  if (count < 0) return undefined;
  return Array.from({ length: count }, () => {
    const topic = read.string() ?? "";
    return read.array(() => ({ topic, partition: read.int32() }));
  }).flat();
};
