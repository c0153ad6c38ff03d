// ListOffsets (2), version 2, and OffsetFetch (9), version 7.

import { ByteWriter } from "../../../kafka/bytes.ts";
import { errorCodes } from "../../../kafka/protocol/errors.ts";
import { byTopic, type TopicPartition } from "../../../kafka/protocol/request.ts";
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
      const { errorCode, offset } = listed(arrival, wanted, committed);
      write.int32(wanted.partition).int16(errorCode).int64(-1).int64(offset);
    });
  });
  answer(write);
};

const listed = (
  { cluster, nodeId }: Arrival,
  wanted: TopicPartition & { readonly timestamp: number },
  committed: boolean,
): { errorCode: number; offset: number } => {
  const log = cluster.partition(wanted)?.log;
  if (log === undefined) return { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, offset: -1 };
  if (cluster.leaderOf(wanted) !== nodeId)
    return { errorCode: errorCodes.NOT_LEADER_OR_FOLLOWER, offset: -1 };
  const end = committed ? log.lastStableOffset : log.highWatermark;
  return { errorCode: errorCodes.NONE, offset: wanted.timestamp === earliest ? log.startOffset : end };
};

export const offsetFetch: RequestHandler = ({ cluster, nodeId }, read, answer) => {
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
