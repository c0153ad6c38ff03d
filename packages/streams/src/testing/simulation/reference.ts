// What should have come out: the stage alone, over the same log, one record after the other.
//
// Kept for each partition at an offset; it only goes forward. The expected state is what its changelog should hold.

import { committedRecords } from "../../kafka/read-committed.ts";
import { decodeRecordBatches } from "../../kafka/record-batch.ts";
import type { PartitionLog } from "../../memory-broker/partition-log.ts";
import type { OutgoingRecord, RawRecord } from "../../worker/record.ts";
import type { Stage } from "../../worker/stage.ts";
import { changelogTopic, PartitionTask, recordId } from "../../worker/task.ts";
import type { Scenario } from "./scenario.ts";

/** What the records between two offsets should do. */
export interface ExpectedStep {
  /** Outputs and dead letters, in order. */
  readonly records: readonly OutgoingRecord[];
  /** Changelog entries whose value is another one now, as `topic key`; removed ones are `null`. */
  readonly changes: ReadonlyMap<string, Buffer | null>;
  readonly streamTimeMs: number;
}

/** Key of an entry of a changelog. */
export const entryName = (topic: string, key: Uint8Array | null): string =>
  `${topic} ${Buffer.from(key ?? []).toString("latin1")}`;

/** One partition of a scenario, run without faults. */
export class ReferencePartition {
  readonly #scenario: Scenario;
  readonly #partition: number;
  readonly #log: PartitionLog;
  readonly #task: PartitionTask;
  readonly #changelogs: ReadonlySet<string>;
  readonly #condemned = new Map<string, unknown>();
  /** The expected content of the changelogs, by {@link entryName}. */
  readonly state = new Map<string, Buffer>();
  offset = 0;

  constructor(scenario: Scenario, partition: number, log: PartitionLog) {
    this.#scenario = scenario;
    this.#partition = partition;
    this.#log = log;
    const stage = scenario.stage(() => {});
    this.#changelogs = changelogsOf(stage);
    const { name } = scenario.input;
    const start = { partition, positions: new Map([[name, 0]]), streamTimeMs: -1 };
    this.#task = new PartitionTask(stage, start, { condemned: this.#condemned });
  }

  /** Goes on to the offset, which must be stable. */
  async advance(to: number): Promise<ExpectedStep> {
    const before = new Map<string, Buffer | null>();
    const records: OutgoingRecord[] = [];
    for (const record of this.#recordsUpTo(to)) {
      for (const each of await this.#take(record)) {
        if (!this.#changelogs.has(each.topic)) {
          records.push(each);
          continue;
        }
        const name = entryName(each.topic, each.key);
        if (!before.has(name)) before.set(name, this.state.get(name) ?? null);
        if (each.value === null) this.state.delete(name);
        else this.state.set(name, Buffer.from(each.value));
      }
    }
    this.offset = to;
    const changes = new Map<string, Buffer | null>();
    for (const [name, was] of before) {
      const is = this.state.get(name) ?? null;
      if (!sameBytes(was, is)) changes.set(name, is);
    }
    return { records, changes, streamTimeMs: this.#task.streamTimeMs };
  }

  #recordsUpTo(to: number): RawRecord[] {
    const { batches, aborted } = this.#log.read(this.offset, Number.POSITIVE_INFINITY, true);
    const decoded = decodeRecordBatches(Buffer.concat(batches.map(({ bytes }) => bytes)));
    return committedRecords(decoded, aborted, this.offset).filter(({ offset }) => offset < to);
  }

  async #take(record: RawRecord): Promise<OutgoingRecord[]> {
    const { name } = this.#scenario.input;
    const failure = this.#scenario.failure?.(record);
    if (failure !== undefined) this.#condemned.set(recordId(name, this.#partition, record.offset), failure);
    await this.#task.process(name, [record], record.offset + 1);
    return this.#task.drain().records;
  }
}

/** Whether both are null, or hold the same bytes. */
export const sameBytes = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : Buffer.from(a).equals(b);

/** Names of a stage's changelog topics. */
export const changelogsOf = (stage: Stage): ReadonlySet<string> =>
  new Set(
    stage.handlers.flatMap(({ stores }) => stores.map(({ name }) => changelogTopic(stage.service, name))),
  );
