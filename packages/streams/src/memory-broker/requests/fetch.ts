// Fetch (1), version 11, without sessions. Waits for something to read, as long as the request says.

import { type ByteReader, ByteWriter } from "../../kafka/bytes.ts";
import { errorCodes } from "../../kafka/protocol/errors.ts";
import type { TopicPartition } from "../../kafka/protocol/request.ts";
import type { LogRead } from "../partition-log.ts";
import type { Arrival, RequestHandler } from "./handler.ts";

interface Wanted extends TopicPartition {
  readonly offset: number;
  readonly bytesMax: number;
}

interface Found extends LogRead {
  readonly partition: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly startOffset: number;
}

export const fetch: RequestHandler = (arrival, read, answer) => {
  read.int32();
  const maxWaitMs = read.int32();
  read.int32();
  const bytesMax = read.int32();
  const committed = read.int8() === 1;
  read.int32();
  read.int32();
  const topics = read.array(() => readTopic(read));
  const look = (): Found[][] => {
    let left = bytesMax;
    return topics.map((wanted) =>
      wanted.map((each) => {
        const found = find(arrival, each, Math.min(left, each.bytesMax), committed);
        for (const { bytes } of found.batches) left -= bytes.length;
        return found;
      }),
    );
  };
  const tell = (found: Found[][]): void => answer(written(topics, found));
  arrival.cluster.waits.add(
    maxWaitMs,
    () => {
      const found = look();
      const says = found.flat().some(({ errorCode, batches }) => errorCode !== 0 || batches.length > 0);
      if (says) tell(found);
      return says;
    },
    () => tell(look()),
  );
};

const readTopic = (read: ByteReader): Wanted[] => {
  const topic = read.string() ?? "";
  return read.array(() => {
    const partition = read.int32();
    read.int32();
    const offset = read.int64();
    read.int64();
    return { topic, partition, offset, bytesMax: read.int32() };
  });
};

const find = ({ cluster, nodeId }: Arrival, wanted: Wanted, bytesMax: number, committed: boolean): Found => {
  const { partition } = wanted;
  const log = cluster.partition(wanted)?.log;
  const fault =
    log === undefined
      ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION
      : cluster.leaderOf(wanted) === nodeId
        ? errorCodes.NONE
        : errorCodes.NOT_LEADER_OR_FOLLOWER;
  if (log === undefined || fault !== errorCodes.NONE) {
    return {
      partition,
      errorCode: fault,
      batches: [],
      aborted: [],
      highWatermark: -1,
      lastStableOffset: -1,
      startOffset: -1,
    };
  }
  const { highWatermark, lastStableOffset, startOffset } = log;
  const found = bytesMax > 0 ? log.read(wanted.offset, bytesMax, committed) : nothing;
  return { partition, ...found, highWatermark, lastStableOffset, startOffset };
};

const nothing: LogRead = { errorCode: errorCodes.NONE, batches: [], aborted: [] };

const written = (topics: readonly Wanted[][], found: readonly Found[][]): ByteWriter => {
  const write = new ByteWriter(1024).int32(0).int16(0).int32(0);
  const pairs = topics.map((wanted, i) => ({ topic: wanted[0]?.topic ?? "", found: found[i] ?? [] }));
  return write.array(pairs, (pair) => {
    write.string(pair.topic).array(pair.found, (each) => {
      write.int32(each.partition).int16(each.errorCode);
      write.int64(each.highWatermark).int64(each.lastStableOffset).int64(each.startOffset);
      write.array(each.aborted, ({ producerId, firstOffset }) => {
        write.int64(producerId).int64(firstOffset);
      });
      write.int32(-1);
      const bytes = Buffer.concat(each.batches.map((batch) => batch.bytes));
      write.int32(bytes.length).raw(bytes);
    });
  });
};
