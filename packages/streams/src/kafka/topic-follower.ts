// Follows topics from offsets that somebody else keeps: for what is built beside the pipeline, as a read model is. Read
// committed, no group, nothing is written to Kafka.
//
//   T1. What is handed out is decided: records of open and of aborted transactions never are.
//   T2. A chunk's `nextOffset` is where to go on; who stores it in one step with what it made of the records, applies each
//       record exactly once.
//   T3. Whether these are still the topics that the offsets belong to is the caller's to find out, from `identity`.

import type { LogRange } from "./committed-reader.ts";
import { failIfRefused } from "./coordinator.ts";
import type { FetcherOptions } from "./fetcher.ts";
import { Fetcher } from "./fetcher.ts";
import type { FetchedChunk, TopicPartition } from "./ports.ts";
import { listedOffsets } from "./position-reader.ts";
import { topicIdentity } from "./protocol/metadata.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** Which topics, and how far to read ahead. */
export interface TopicFollowerOptions extends WireOptions {
  readonly topics: readonly string[];
  readonly fetch?: FetcherOptions;
}

/** Reads the partitions of some topics for as long as it is asked to. */
export class TopicFollower {
  readonly #wire: Wire;
  readonly #fetcher: Fetcher;
  readonly #topics: readonly string[];

  private constructor(wire: Wire, { topics, fetch }: TopicFollowerOptions) {
    this.#wire = wire;
    this.#topics = topics;
    this.#fetcher = new Fetcher(wire, fetch);
  }

  /** @throws StreamsError when the cluster is unreachable or a topic does not exist */
  static async connect(options: TopicFollowerOptions): Promise<TopicFollower> {
    const wire = await Wire.connect(options);
    try {
      await wire.loadTopics(options.topics);
    } catch (error) {
      await wire.close();
      throw error;
    }
    return new TopicFollower(wire, options);
  }

  /** Names the topics as they are now: a topic that was deleted and made again, or another cluster, gives another text. */
  async identity(): Promise<string> {
    const node = await this.#wire.anyNode();
    const parts: string[] = [];
    for (const topic of this.#topics) {
      const { errorCode, clusterId, topicId } = await this.#wire.send(node, topicIdentity(topic));
      failIfRefused(`Metadata of ${topic}`, errorCode);
      if (parts.length === 0) parts.push(clusterId);
      parts.push(`${topic}=${topicId}`);
    }
    return parts.join(" ");
  }

  /** Where the logs of all partitions begin, and end for a read-committed reader. */
  async ranges(): Promise<LogRange[]> {
    const partitions = this.#partitions();
    const starts = await listedOffsets(this.#wire, partitions, "earliest");
    const ends = await listedOffsets(this.#wire, partitions, "stable");
    return partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      start: starts.get(`${topic}/${partition}`) ?? 0,
      end: ends.get(`${topic}/${partition}`) ?? 0,
    }));
  }

  /** Reads the partition from the offset on. */
  follow(partition: TopicPartition, offset: number): void {
    this.#fetcher.assign(partition, offset);
  }

  /** The next records of any partition; undefined when none came within `waitMs`. @throws StreamsError */
  next(waitMs: number): Promise<FetchedChunk | undefined> {
    return this.#fetcher.next(waitMs);
  }

  /** Whether a chunk is ready now. */
  get ready(): boolean {
    return this.#fetcher.ready;
  }

  /** Records between the last chunk taken and the partition's end; undefined before the first fetch. */
  lag(partition: TopicPartition): number | undefined {
    return this.#fetcher.lag(partition);
  }

  /** Interrupts a `next` that waits. */
  interrupt(): void {
    this.#fetcher.interrupt();
  }

  async close(): Promise<void> {
    this.#fetcher.close();
    await this.#wire.close();
  }

  #partitions(): TopicPartition[] {
    return this.#topics.flatMap((topic) =>
      Array.from({ length: this.#wire.partitionCount(topic) }, (_, partition) => ({ topic, partition })),
    );
  }
}
