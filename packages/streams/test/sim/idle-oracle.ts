// The judge of runs in which stream time follows the wall clock: what the general judge compares (J1 to J4 in
// src/testing/simulation/oracle.ts), and when stream time may move without a record.
//
//   I1. A commit holds what the stage alone does with the same records and the same advances, in the same order.
//   I2. Stream time is moved to what the clock shows less `idleAfterMs`, never further.
//   I3. Where it is moved to some time, every record was handled that could be read by then: a task that is behind does not
//       advance by the clock.

import type { CommitOffset } from "../../src/kafka/ports.ts";
import { committedRecords } from "../../src/kafka/read-committed.ts";
import { decodeRecordBatches } from "../../src/kafka/record-batch.ts";
import { type BrokerCluster, Group, Partition } from "../../src/memory-broker/cluster.ts";
import type { PartitionLog } from "../../src/memory-broker/partition-log.ts";
import type { Decision } from "../../src/memory-broker/transaction-coordinator.ts";
import { compareRecords, Violation, visible } from "../../src/testing/simulation/oracle.ts";
import { changelogsOf, entryName, sameBytes } from "../../src/testing/simulation/reference.ts";
import type { Scenario } from "../../src/testing/simulation/scenario.ts";
import { readPositionMetadata } from "../../src/worker/position-metadata.ts";
import type { RawRecord } from "../../src/worker/record.ts";
import { PartitionTask } from "../../src/worker/task.ts";
import type { Advance, IdleJournal } from "./idle-journal.ts";
import type { Judge } from "./site.ts";

type Written = Omit<RawRecord, "offset">;

/** One partition, run by the stage alone. */
interface Expected {
  readonly task: PartitionTask;
  /** The changelogs. */
  readonly state: Map<string, Buffer>;
  /** Outputs so far, by topic. */
  readonly outputs: Map<string, Written[]>;
  offset: number;
}

interface Committed {
  readonly who: string;
  readonly position: CommitOffset;
  readonly advances: readonly Advance[];
  readonly records: ReadonlyMap<string, readonly RawRecord[]>;
}

/** Judges one run of a stage with one input. */
export class IdleOracle implements Judge {
  readonly judged = { commits: 0, outputs: 0 };
  /** Commits so far, by who committed. */
  readonly commitsOf = new Map<string, number>();
  readonly #cluster: BrokerCluster;
  readonly #journal: IdleJournal;
  readonly #idleAfterMs: number;
  readonly #service: string;
  readonly #input: string;
  readonly #changelogs: ReadonlySet<string>;
  readonly #topics: readonly string[];
  readonly #expected: readonly Expected[];
  #unjudged: Committed[] = [];
  #fault: string | undefined;

  constructor(scenario: Scenario, cluster: BrokerCluster, journal: IdleJournal, idleAfterMs: number) {
    const stage = scenario.stage(() => {});
    this.#cluster = cluster;
    this.#journal = journal;
    this.#idleAfterMs = idleAfterMs;
    this.#service = stage.service;
    this.#input = scenario.inputs[0].name;
    this.#changelogs = changelogsOf(stage);
    this.#topics = stage.handlers.flatMap(({ emits }) => emits.map(({ name }) => name));
    this.#expected = cluster.partitionsOf(this.#input).map(({ partition }) => ({
      task: new PartitionTask(
        scenario.stage(() => {}),
        {
          partition,
          positions: new Map([[this.#input, 0]]),
          streamTimeMs: -1,
        },
      ),
      state: new Map(),
      outputs: new Map(),
      offset: 0,
    }));
  }

  decided({ marker, producerId, transactionalId, producerEpoch, participants }: Decision): void {
    if (marker === "abort") return;
    this.commitsOf.set(transactionalId, (this.commitsOf.get(transactionalId) ?? 0) + 1);
    const who = `the commit of ${transactionalId}, epoch ${producerEpoch}`;
    const partitions = participants.filter((each) => each instanceof Partition);
    const positions = participants
      .filter((each) => each instanceof Group)
      .flatMap(({ offsets }) => offsets.pendingOf(producerId));
    for (const { name, partition } of partitions)
      if (!positions.some((position) => position.partition === partition))
        this.#fault ??= `${who} writes to ${name}, and moves no position of that partition`;
    const instanceId = transactionalId.slice(this.#service.length + 1);
    for (const position of positions) {
      const advances = this.#journal.advancesOf(instanceId, position.partition);
      const own = partitions.filter(({ partition }) => partition === position.partition);
      const records = new Map(own.map(({ topic, log }) => [topic, openRecords(log, producerId)]));
      this.#unjudged.push({ who, position, advances, records });
    }
  }

  async judge(): Promise<void> {
    const unjudged = this.#unjudged;
    this.#unjudged = [];
    if (this.#fault !== undefined) throw new Violation(this.#fault);
    for (const committed of unjudged) await this.#judge(committed);
  }

  get drained(): boolean {
    const { offsets } = this.#cluster.group(this.#service);
    return (
      this.#cluster.transactions.unfinished.length === 0 &&
      this.#cluster
        .partitionsOf(this.#input)
        .every(
          ({ topic, partition, log }) =>
            log.lastStableOffset === log.highWatermark &&
            (offsets.committed({ topic, partition })?.offset ?? 0) === log.highWatermark,
        )
    );
  }

  compareEnd(): void {
    for (const [partition, { state, outputs }] of this.#expected.entries()) {
      for (const topic of this.#topics) {
        const log = this.#cluster.partition({ topic, partition })?.log;
        compareRecords(
          `At the end: ${topic}/${partition}`,
          outputs.get(topic) ?? [],
          log ? visible(log) : [],
        );
      }
      const found = new Map<string, Buffer>();
      for (const topic of this.#changelogs) {
        const log = this.#cluster.partition({ topic, partition })?.log;
        for (const { key, value } of log ? visible(log) : []) apply(found, entryName(topic, key), value);
      }
      for (const name of new Set([...state.keys(), ...found.keys()]))
        if (!sameBytes(state.get(name) ?? null, found.get(name) ?? null))
          throw new Violation(`At the end: ${name} is ${found.get(name)}, not ${state.get(name)}`);
    }
  }

  /** Stream time of each partition as the stage alone has it, -1 before its first record. */
  get streamTimes(): readonly number[] {
    return this.#expected.map(({ task }) => task.streamTimeMs);
  }

  /** How many entries the stage alone keeps. */
  get entries(): number {
    return this.#expected.reduce((sum, { state }) => sum + state.size, 0);
  }

  async #judge({ who, position, advances, records }: Committed): Promise<void> {
    const { partition, offset } = position;
    const expected = this.#expected[partition];
    if (expected === undefined) throw new Violation(`${who} moves partition ${partition}`);
    const where = `${who}, partition ${partition} to ${offset}`;
    if (offset < expected.offset) throw new Violation(`${where}: it goes back from ${expected.offset}`);
    const streamTimeMs = readPositionMetadata(position.metadata)?.streamTimeMs ?? -1;
    const before = new Map(expected.state);
    const wanted: Written[] = [];
    for (const advance of advances) {
      // One that was committed before, or was never to be: its task is gone and its successor has done nothing yet.
      if (advance.toMs <= expected.task.streamTimeMs || advance.toMs > streamTimeMs) continue;
      this.#judgeAdvance(where, expected, advance);
      await this.#take(expected, advance.afterOffset + 1, wanted);
      await expected.task.advanceStreamTime(advance.toMs);
      this.#drain(expected, wanted);
    }
    await this.#take(expected, offset, wanted);
    expected.offset = offset;
    if (streamTimeMs !== expected.task.streamTimeMs)
      throw new Violation(`${where} commits stream time ${streamTimeMs}, not ${expected.task.streamTimeMs}`);
    const outputs = [...records].filter(([topic]) => !this.#changelogs.has(topic));
    compareRecords(
      where,
      wanted,
      outputs.flatMap(([, found]) => found),
    );
    this.#compareChanges(where, before, expected.state, records);
    this.judged.commits++;
    this.judged.outputs += wanted.length;
  }

  #judgeAdvance(
    where: string,
    { task: { partition }, offset }: Expected,
    { toMs, atMs, afterOffset }: Advance,
  ): void {
    if (toMs > atMs - this.#idleAfterMs)
      throw new Violation(`${where}: stream time was moved to ${toMs} at ${atMs} (I2)`);
    const readable = this.#journal.readableAt(partition, toMs);
    const missed = this.#records(partition).filter(
      (record) => record.offset >= offset && record.offset > afterOffset && record.offset < readable,
    );
    if (missed.length > 0)
      throw new Violation(
        `${where}: at ${atMs} stream time was moved to ${toMs} by the clock, though ${missed.length} records from ${missed[0]?.offset} on could be read by then and were not handled: ${missed.map(({ timestampMs }) => timestampMs)} (I3)`,
      );
  }

  /** Lets the stage handle the records before `to`. */
  async #take(expected: Expected, to: number, into: Written[]): Promise<void> {
    for (const record of this.#records(expected.task.partition)) {
      if (record.offset < expected.offset || record.offset >= to) continue;
      await expected.task.process(this.#input, [record], record.offset + 1);
      this.#drain(expected, into);
    }
    expected.offset = Math.max(expected.offset, to);
  }

  #drain({ task, state, outputs }: Expected, into: Written[]): void {
    for (const record of task.drain().records) {
      if (this.#changelogs.has(record.topic)) {
        apply(state, entryName(record.topic, record.key), record.value);
        continue;
      }
      into.push(record);
      outputs.set(record.topic, [...(outputs.get(record.topic) ?? []), record]);
    }
  }

  #compareChanges(
    where: string,
    before: ReadonlyMap<string, Buffer>,
    state: ReadonlyMap<string, Buffer>,
    records: ReadonlyMap<string, readonly RawRecord[]>,
  ): void {
    const found = new Set<string>();
    for (const [topic, changes] of records) {
      if (!this.#changelogs.has(topic)) continue;
      for (const { key, value } of changes) {
        const name = entryName(topic, key);
        found.add(name);
        if (!sameBytes(value, state.get(name) ?? null))
          throw new Violation(`${where}: ${name} becomes ${value}, not ${state.get(name)}`);
      }
    }
    for (const name of new Set([...before.keys(), ...state.keys()]))
      if (!found.has(name) && !sameBytes(before.get(name) ?? null, state.get(name) ?? null))
        throw new Violation(`${where}: ${name} does not become ${state.get(name)}`);
  }

  #records(partition: number): RawRecord[] {
    const log = this.#cluster.partition({ topic: this.#input, partition })?.log;
    return log === undefined ? [] : visible(log);
  }
}

const apply = (state: Map<string, Buffer>, name: string, value: Uint8Array | null): void => {
  if (value === null) state.delete(name);
  else state.set(name, Buffer.from(value));
};

const openRecords = (log: PartitionLog, producerId: bigint): RawRecord[] =>
  committedRecords(
    decodeRecordBatches(Buffer.concat(log.openBatches(producerId).map(({ bytes }) => bytes))),
    [],
    0,
  );
