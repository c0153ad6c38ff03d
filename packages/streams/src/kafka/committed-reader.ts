// Reads what is committed in partitions, from outside of the pipeline: for the command line. One connection for many
// questions, record by record, so that the size of a topic does not matter.

import type { RawRecord } from "../worker/record.ts";
import { ChangelogReader } from "./changelog-reader.ts";
import { listedOffsets } from "./position-reader.ts";
import type { TopicPartition } from "./protocol/request.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** What to read of a partition, and who is told of a wait. */
export interface CommittedRange {
  /** Default the start of the log. */
  readonly fromOffset?: number;
  /** Records from it on are not read. Default the end that the log has when the reading begins. */
  readonly toOffset?: number;
  /** Called when an open transaction has held the reading up for a while. */
  readonly onStall?: () => void;
}

/** Offsets that a partition's log has: from `start` on, and below `end`. */
export interface LogRange extends TopicPartition {
  readonly start: number;
  readonly end: number;
}

/** Reads partitions of some topics. */
export class CommittedReader {
  readonly #wire: Wire;
  readonly #reader: ChangelogReader;

  private constructor(wire: Wire) {
    this.#wire = wire;
    this.#reader = new ChangelogReader(wire);
  }

  /** @throws StreamsError when the cluster is unreachable or a topic does not exist */
  static async connect(
    options: WireOptions & { readonly topics: readonly string[] },
  ): Promise<CommittedReader> {
    const wire = await Wire.connect(options);
    try {
      await wire.loadTopics(options.topics);
    } catch (error) {
      await wire.close();
      throw error;
    }
    return new CommittedReader(wire);
  }

  /** Makes further topics known. @throws StreamsError STREAMS_TOPIC_MISSING when one does not exist */
  async load(topics: readonly string[]): Promise<void> {
    await this.#wire.loadTopics(topics);
  }

  /** How many partitions a topic has that was made known. */
  partitionCount(topic: string): number {
    return this.#wire.partitionCount(topic);
  }

  /**
   * Where the logs of a topic's partitions begin and end, in the order of their numbers.
   *
   * @param fromMs epoch milliseconds: a range begins with the first record of that timestamp or later
   */
  async ranges(topic: string, fromMs?: number): Promise<LogRange[]> {
    const partitions = Array.from({ length: this.#wire.partitionCount(topic) }, (_, partition) => ({
      topic,
      partition,
    }));
    const starts = await listedOffsets(
      this.#wire,
      partitions,
      fromMs === undefined ? "earliest" : { fromMs },
    );
    const ends = await listedOffsets(this.#wire, partitions, "latest");
    return partitions.map(({ partition }) => {
      const [start = 0, end = 0] = [starts, ends].map((offsets) => offsets.get(`${topic}/${partition}`));
      return { topic, partition, start: start < 0 ? end : start, end };
    });
  }

  /** Calls `apply` with every committed record of the range, in order. Waits for transactions that are open within it. */
  async read(
    partition: TopicPartition,
    apply: (record: RawRecord) => void,
    { fromOffset, toOffset = Number.POSITIVE_INFINITY, onStall }: CommittedRange = {},
  ): Promise<void> {
    await this.#reader.replay(
      partition,
      (record) => {
        if (record.offset < toOffset) apply(record);
      },
      async () => onStall?.(),
      { toOffset, ...(fromOffset === undefined ? {} : { fromOffset }) },
    );
  }

  async close(): Promise<void> {
    await this.#wire.close();
  }
}
