// Fetched chunks without a broker: offsets are given as a log would.

import type { OutgoingRecord } from "@riffle/streams";
import type { FetchedChunk } from "@riffle/streams/kafka";

/** The records of each partition as one chunk, offsets from 0, in the order of the partitions' first records. */
export const chunksOf = (records: readonly OutgoingRecord[]): FetchedChunk[] => {
  const byPartition = Map.groupBy(records, ({ topic, partition }) => `${topic}/${partition}`);
  return [...byPartition.values()].map((own) => ({
    topic: own[0]?.topic ?? "",
    partition: own[0]?.partition ?? 0,
    records: own.map(({ key, value, timestampMs, headers }, offset) => ({
      offset,
      timestampMs,
      key,
      value,
      headers,
    })),
    nextOffset: own.length,
    bytes: 0,
  }));
};

/** The chunk cut into pieces that begin at the given offsets. */
export const cut = (chunk: FetchedChunk, at: readonly number[]): FetchedChunk[] => {
  const starts = [...new Set([0, ...at])]
    .filter((start) => start < chunk.nextOffset)
    .toSorted((a, b) => a - b);
  return starts.map((start, i) => {
    const end = starts[i + 1] ?? chunk.nextOffset;
    return { ...chunk, records: chunk.records.slice(start, end), nextOffset: end };
  });
};
