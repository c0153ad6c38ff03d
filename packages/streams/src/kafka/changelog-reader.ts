// Restoring: reads a changelog partition from its start to the end it had when the reading began.
//
//   C1. The end is the high watermark, open transactions included, so the read waits until each of them is decided:
//       what a former owner committed last is never missed.
//   C2. Read committed: what it aborted is never applied.
//   C3. Markers, tombstones and compacted-away offsets move the position like any record.

import type { RawRecord } from "../worker/record.ts";
import { failIfRefused } from "./coordinator.ts";
import type { ChangelogSource, TopicPartition } from "./ports.ts";
import { leaderOf, listedOffsets, readFromLeaders } from "./position-reader.ts";
import { errorCodes } from "./protocol/errors.ts";
import { type FetchedPartition, fetch } from "./protocol/fetch.ts";
import { committedRecords } from "./read-committed.ts";
import { decodeRecordBatches } from "./record-batch.ts";
import type { Wire } from "./wire.ts";

const limits = { maxWaitMs: 100, bytesMax: 8 << 20, partitionBytesMax: 4 << 20 };
/** Answers without progress, each after up to `maxWaitMs`, before the reader says it is stalled. */
const stalledAfter = 3;

/** Reads changelogs over a wire of its own. */
export class ChangelogReader implements ChangelogSource {
  readonly #wire: Wire;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  async replay(
    partition: TopicPartition,
    apply: (record: RawRecord) => void,
    onStall: () => Promise<void>,
  ): Promise<number> {
    const name = `${partition.topic}/${partition.partition}`;
    const end = (await listedOffsets(this.#wire, [partition], "latest")).get(name) ?? 0;
    let offset = (await listedOffsets(this.#wire, [partition], "earliest")).get(name) ?? 0;
    let applied = 0;
    let stalled = 0;
    while (offset < end) {
      const fetched = await this.#fetch(partition, offset);
      const batches = decodeRecordBatches(fetched.records);
      for (const record of committedRecords(batches, fetched.aborted, offset)) {
        apply(record);
        applied++;
      }
      const last = batches.at(-1);
      if (last !== undefined) {
        offset = last.lastOffset + 1;
        stalled = 0;
      } else if (++stalled === stalledAfter) {
        await onStall();
      }
    }
    return applied;
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
