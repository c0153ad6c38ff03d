// What should have come out: the stage alone, over the same logs, one record after the other.
//
// Kept for each partition number at an offset of each input; it only goes forward. Between two commits it takes one input
// after the other, which by the terms of a scenario gives the same as any other order. The expected state is what the
// changelogs should hold.

import { committedRecords } from "../../kafka/read-committed.ts";
import { decodeRecordBatches } from "../../kafka/record-batch.ts";
import type { PartitionLog } from "../../memory-broker/partition-log.ts";
import type { OutgoingRecord, RawRecord } from "../../worker/record.ts";
import { recordId } from "../../worker/record-failures.ts";
import type { Stage } from "../../worker/stage.ts";
import { changelogTopic, PartitionTask } from "../../worker/task.ts";
import type { Scenario } from "./scenario.ts";

/** Next offset of each input topic. */
export type Positions = ReadonlyMap<string, number>;

/** What the records between two commits should do. */
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

/** One partition number of a scenario, run without faults. */
export class ReferencePartition {
  readonly #scenario: Scenario;
  readonly #partition: number;
  readonly #logs: ReadonlyMap<string, PartitionLog>;
  readonly #task: PartitionTask;
  readonly #changelogs: ReadonlySet<string>;
  readonly #condemned = new Map<string, unknown>();
  /** The expected content of the changelogs, by {@link entryName}. */
  readonly state = new Map<string, Buffer>();
  readonly #positions: Map<string, number>;

  constructor(scenario: Scenario, partition: number, logs: ReadonlyMap<string, PartitionLog>) {
    this.#scenario = scenario;
    this.#partition = partition;
    this.#logs = logs;
    const stage = scenario.stage(() => {});
    this.#changelogs = changelogsOf(stage);
    this.#positions = new Map(scenario.inputs.map(({ name }) => [name, 0]));
    const start = { partition, positions: new Map(this.#positions), streamTimeMs: -1 };
    this.#task = new PartitionTask(stage, start, { condemned: this.#condemned });
  }

  /** The next offset of an input that it takes. */
  offsetOf(topic: string): number {
    return this.#positions.get(topic) ?? 0;
  }

  /** Goes on to the positions, which must be stable; an input that is not among them stays where it is. */
  async advance(to: Positions): Promise<ExpectedStep> {
    const before = new Map<string, Buffer | null>();
    const records: OutgoingRecord[] = [];
    for (const [topic, offset] of to) {
      for (const record of this.#recordsUpTo(topic, offset)) {
        for (const each of await this.#take(topic, record)) {
          if (this.#changelogs.has(each.topic)) this.#change(each, before);
          else records.push(each);
        }
      }
      this.#positions.set(topic, offset);
    }
    const changes = new Map<string, Buffer | null>();
    for (const [name, was] of before) {
      const is = this.state.get(name) ?? null;
      if (!sameBytes(was, is)) changes.set(name, is);
    }
    return { records, changes, streamTimeMs: this.#task.streamTimeMs };
  }

  /** @param before what the entries held that this step changes */
  #change({ topic, key, value }: OutgoingRecord, before: Map<string, Buffer | null>): void {
    const name = entryName(topic, key);
    if (!before.has(name)) before.set(name, this.state.get(name) ?? null);
    if (value === null) this.state.delete(name);
    else this.state.set(name, Buffer.from(value));
  }

  #recordsUpTo(topic: string, to: number): RawRecord[] {
    const from = this.offsetOf(topic);
    const log = this.#logs.get(topic);
    if (log === undefined) return [];
    const { batches, aborted } = log.read(from, Number.POSITIVE_INFINITY, true);
    const decoded = decodeRecordBatches(Buffer.concat(batches.map(({ bytes }) => bytes)));
    return committedRecords(decoded, aborted, from).filter(({ offset }) => offset < to);
  }

  async #take(topic: string, record: RawRecord): Promise<OutgoingRecord[]> {
    const failure = this.#scenario.failure?.(record);
    if (failure !== undefined) this.#condemned.set(recordId(topic, this.#partition, record.offset), failure);
    await this.#task.process(topic, [record], record.offset + 1);
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
