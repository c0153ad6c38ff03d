// Committed records of some topics, from a time or an end on, in small pieces.
//
//   R1. What is handed out is committed, and of one partition in the order of its offsets.
//   R2. The next piece is read when the last one was taken, so a reader that is slow keeps little in memory.

import type { RawRecord } from "@riffle/streams";
import { CommittedReader, type LogRange, TopicFollower, type WireOptions } from "@riffle/streams/kafka";

/** Records of one partition, in order. */
export interface Piece {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly RawRecord[];
}

/** Where reading begins and whether it ends. */
export interface SourceOptions {
  readonly kafka: WireOptions;
  /** They exist. */
  readonly topics: readonly string[];
  /**
   * `end`: what comes from now on. Else from the first record on whose timestamp, in epoch milliseconds, is that or later;
   * those behind it may be older.
   */
  readonly from: "end" | "start" | { readonly fromMs: number };
  /** Whether it ends at the ends that the logs have now, or goes on until it is interrupted. */
  readonly untilNow: boolean;
  readonly interrupted: AbortSignal;
  readonly onStall: (topic: string, partition: number) => void;
}

/** Offsets that are read in one go: what a fetch brings, about. */
const stride = 2_000;
const waitMs = 250;

/** The records. @throws StreamsError when the cluster is unreachable */
export async function* committedRecords(options: SourceOptions): AsyncGenerator<Piece, void> {
  const reader = await CommittedReader.connect({ ...options.kafka, topics: options.topics });
  let ranges: LogRange[];
  try {
    ranges = await rangesOf(reader, options);
    if (options.untilNow) yield* toTheEnds(reader, ranges, options);
  } finally {
    await reader.close();
  }
  if (!options.untilNow) yield* following(ranges, options);
}

const rangesOf = async (reader: CommittedReader, { topics, from }: SourceOptions): Promise<LogRange[]> => {
  const fromMs = typeof from === "object" ? from.fromMs : undefined;
  const found = await Promise.all(topics.map((topic) => reader.ranges(topic, fromMs)));
  return found.flat().map((range) => (from === "end" ? { ...range, start: range.end } : range));
};

async function* toTheEnds(
  reader: CommittedReader,
  ranges: readonly LogRange[],
  { interrupted, onStall }: SourceOptions,
): AsyncGenerator<Piece, void> {
  for (const range of ranges) {
    const { topic, partition, start, end } = range;
    for (let fromOffset = start; fromOffset < end && !interrupted.aborted; fromOffset += stride) {
      const records: RawRecord[] = [];
      const toOffset = Math.min(end, fromOffset + stride);
      await reader.read(
        range,
        (record) => {
          if (record.offset >= fromOffset) records.push(record);
        },
        { fromOffset, toOffset, onStall: () => onStall(topic, partition) },
      );
      if (records.length > 0) yield { topic, partition, records };
    }
  }
}

async function* following(
  ranges: readonly LogRange[],
  { kafka, topics, interrupted }: SourceOptions,
): AsyncGenerator<Piece, void> {
  const follower = await TopicFollower.connect({ ...kafka, topics });
  try {
    for (const range of ranges) follower.follow(range, range.start);
    while (!interrupted.aborted) {
      const chunk = await follower.next(waitMs);
      if (chunk !== undefined && chunk.records.length > 0) yield chunk;
    }
  } finally {
    await follower.close();
  }
}
