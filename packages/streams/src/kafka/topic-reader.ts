// Reads topics from outside the pipeline: for the command line, scenarios and tests. Read committed, no group.

import { ChangelogReader } from "./changelog-reader.ts";
import { Fetcher } from "./fetcher.ts";
import type { FetchedChunk } from "./ports.ts";
import { listedOffsets } from "./position-reader.ts";
import type { OffsetSpec } from "./protocol/list-offsets.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** What to read and from where. */
export interface TopicReaderOptions extends WireOptions {
  readonly topic: string;
  /** `earliest` reads all there is, `latest` only what comes from now on, a time what is of that timestamp or later. */
  readonly from: OffsetSpec;
}

/** Follows all partitions of a topic. */
export class TopicReader {
  readonly #wire: Wire;
  readonly #fetcher: Fetcher;
  readonly #topic: string;
  readonly #partitions: number;

  private constructor(wire: Wire, topic: string) {
    this.#wire = wire;
    this.#topic = topic;
    this.#fetcher = new Fetcher(wire);
    this.#partitions = wire.partitionCount(topic);
  }

  static async open(options: TopicReaderOptions): Promise<TopicReader> {
    const wire = await Wire.connect(options);
    await wire.loadTopics([options.topic]);
    const reader = new TopicReader(wire, options.topic);
    const partitions = reader.#all();
    const ends = await listedOffsets(wire, partitions, "latest");
    const offsets = await listedOffsets(wire, partitions, options.from);
    for (const partition of partitions) {
      const name = `${partition.topic}/${partition.partition}`;
      const offset = offsets.get(name) ?? 0;
      reader.#fetcher.assign(partition, offset < 0 ? (ends.get(name) ?? 0) : offset);
    }
    return reader;
  }

  /** The next records of any partition; undefined when none came within `waitMs`. */
  next(waitMs: number): Promise<FetchedChunk | undefined> {
    return this.#fetcher.next(waitMs);
  }

  /** Whether everything up to the end that each partition had at its last fetch has been taken. */
  get caughtUp(): boolean {
    return this.#all().every((partition) => this.#fetcher.lag(partition) === 0);
  }

  async close(): Promise<void> {
    this.#fetcher.close();
    await this.#wire.close();
  }

  #all() {
    return Array.from({ length: this.#partitions }, (_, partition) => ({ topic: this.#topic, partition }));
  }
}

/** Everything committed in a topic up to the end each partition has now, by partition in offset order. */
export const readTopic = async (
  options: Omit<TopicReaderOptions, "from">,
): Promise<FetchedChunk["records"][]> => {
  const wire = await Wire.connect(options);
  await wire.loadTopics([options.topic]);
  const partitions = Array.from({ length: wire.partitionCount(options.topic) }, (_, partition) => ({
    topic: options.topic,
    partition,
  }));
  const reader = new ChangelogReader(wire);
  try {
    return await Promise.all(
      partitions.map(async (partition) => {
        const records: FetchedChunk["records"][number][] = [];
        await reader.replay(
          partition,
          (record) => records.push(record),
          async () => {},
        );
        return records;
      }),
    );
  } finally {
    await wire.close();
  }
};
