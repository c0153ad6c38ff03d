// Restoring: reads a changelog partition from its start, or from where a local copy ends, to the end it had when the
// reading began, or a moment before, when it was described.
//
//   C1. The end is the high watermark, open transactions included, so the read waits until each of them is decided:
//       what a former owner committed last is never missed.
//   C2. Read committed: what it aborted is never applied.
//   C3. Markers, tombstones and compacted-away offsets move the position like any record.
//   C4. Changelogs whose facts are wanted at the same time are asked about together: the tasks of a process open side by
//       side, and by themselves each would ask four questions on one connection, which answers in turn.

import { failPoint } from "../fail-points.ts";
import type { ChangelogFacts } from "../state/checkpoint.ts";
import type { RawRecord } from "../worker/record.ts";
import { describeChangelogs } from "./changelog-facts.ts";
import { failIfRefused } from "./coordinator.ts";
import type { ChangelogSource, Replayed, ReplayOptions, TopicPartition } from "./ports.ts";
import { leaderOf, listedOffsets, readFromLeaders } from "./position-reader.ts";
import { errorCodes } from "./protocol/errors.ts";
import { type FetchedPartition, fetch } from "./protocol/fetch.ts";
import { committedRecords } from "./read-committed.ts";
import { type DecodedBatch, decodeRecordBatches } from "./record-batch.ts";
import type { Wire } from "./wire.ts";

const limits = { maxWaitMs: 100, bytesMax: 8 << 20, partitionBytesMax: 4 << 20 };
/** Answers without progress, each after up to `maxWaitMs`, before the reader says it is stalled. */
const stalledAfter = 3;

/** Reads changelogs over a wire of its own. */
export class ChangelogReader implements ChangelogSource {
  readonly #wire: Wire;
  /** Adds a changelog to those that are about to be asked about; undefined before the first of them (C4). */
  #asked: ((partition: TopicPartition) => Promise<ChangelogFacts>) | undefined;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  describe(partition: TopicPartition): Promise<ChangelogFacts> {
    this.#asked ??= this.#gather();
    return this.#asked(partition);
  }

  async replay(
    partition: TopicPartition,
    apply: (record: RawRecord) => void,
    onStall: () => Promise<void>,
    { fromOffset, toOffset = Number.POSITIVE_INFINITY, endOffset, onProgress }: ReplayOptions = {},
  ): Promise<Replayed> {
    const name = `${partition.topic}/${partition.partition}`;
    const logEnd = endOffset ?? (await listedOffsets(this.#wire, [partition], "latest")).get(name) ?? 0;
    const end = Math.min(logEnd, toOffset);
    const start = fromOffset ?? (await listedOffsets(this.#wire, [partition], "earliest")).get(name) ?? 0;
    let offset = start;
    let records = 0;
    let ahead = offset < end ? this.#fetchNext(partition, offset, onStall) : undefined;
    while (ahead !== undefined) {
      const { batches, aborted, nextOffset } = await ahead;
      // The next answer is under way while this one is applied.
      ahead = nextOffset < end ? this.#fetchNext(partition, nextOffset, onStall) : undefined;
      ahead?.catch(() => {});
      for (const record of committedRecords(batches, aborted, offset)) {
        apply(record);
        records++;
      }
      offset = nextOffset;
      failPoint("during-restore");
      await onProgress?.({ records, fromOffset: start, nextOffset: offset, endOffset: end });
    }
    return { records, fromOffset: start, nextOffset: offset };
  }

  /** C4. */
  #gather(): (partition: TopicPartition) => Promise<ChangelogFacts> {
    const asked = new Map<string, TopicPartition>();
    const described = this.#wire.clock.delay(0).then(() => {
      this.#asked = undefined;
      return describeChangelogs(this.#wire, [...asked.values()]);
    });
    return async (partition) => {
      const name = `${partition.topic}/${partition.partition}`;
      asked.set(name, partition);
      return (await described).get(name) as ChangelogFacts;
    };
  }

  /** What comes at the offset, as soon as no open transaction is in the way. */
  async #fetchNext(
    partition: TopicPartition,
    offset: number,
    onStall: () => Promise<void>,
  ): Promise<{
    readonly batches: DecodedBatch[];
    readonly aborted: FetchedPartition["aborted"];
    readonly nextOffset: number;
  }> {
    for (let stalled = 1; ; stalled++) {
      const { records, aborted } = await this.#fetch(partition, offset);
      const batches = decodeRecordBatches(records);
      const last = batches.at(-1);
      if (last !== undefined) return { batches, aborted, nextOffset: last.lastOffset + 1 };
      if (stalled === stalledAfter) await onStall();
    }
  }

  #fetch(partition: TopicPartition, offset: number): Promise<FetchedPartition> {
    const name = `${partition.topic}/${partition.partition}`;
    return readFromLeaders(this.#wire, async () => {
      const leader = leaderOf(this.#wire, partition);
      const answer = await this.#wire.send(leader, fetch([{ ...partition, offset }], limits));
      failIfRefused(`Fetch of ${name}`, answer.errorCode);
      const [fetched] = answer.partitions;
      failIfRefused(
        `Fetch of ${name} at ${offset}`,
        fetched?.errorCode ?? errorCodes.UNKNOWN_TOPIC_OR_PARTITION,
      );
      return fetched as FetchedPartition;
    });
  }
}
