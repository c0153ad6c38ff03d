// The judge of a run: every decision of the transaction coordinator, and everything that is visible at the end.
//
//   J1. What a committed transaction holds is what the stage alone does with the records between the group's former
//       position and the new one: no output more, fewer or other, in the same order, and the same state. So outputs are
//       visible exactly when their input is committed, at every step.
//   J2. A position never goes back and never passes what is stable.
//   J3. At the end each topic, read committed, holds what the stage alone gives for the whole input, in the same order in
//       each partition, and the changelogs hold its state byte for byte.
//   J4. At the end nothing is open: no transaction, no pending offset, no record above the last stable offset.

import { headerNames } from "@riffle/contracts/envelope";
import type { CommitOffset } from "../../kafka/ports.ts";
import { committedRecords } from "../../kafka/read-committed.ts";
import { decodeRecordBatches } from "../../kafka/record-batch.ts";
import { type BrokerCluster, Group, Partition } from "../../memory-broker/cluster.ts";
import type { Decision } from "../../memory-broker/transaction-coordinator.ts";
import { readPositionMetadata } from "../../worker/position-metadata.ts";
import type { OutgoingRecord, RawRecord } from "../../worker/record.ts";
import { changelogsOf, type ExpectedStep, entryName, ReferencePartition, sameBytes } from "./reference.ts";
import type { Scenario } from "./scenario.ts";

/** A promise that was broken. */
export class Violation extends Error {
  override readonly name = "Violation";
}

interface Committed {
  readonly decision: Decision;
  readonly offsets: readonly (CommitOffset & { readonly stable: number })[];
  readonly records: readonly { readonly partition: Partition; readonly records: readonly RawRecord[] }[];
}

/** Judges one run. */
export class Oracle {
  readonly #scenario: Scenario;
  readonly #cluster: BrokerCluster;
  readonly #references: ReferencePartition[];
  readonly #changelogs: ReadonlySet<string>;
  readonly #service: string;
  readonly #expected = new Map<string, OutgoingRecord[]>();
  #unjudged: Committed[] = [];
  /** How many committed transactions were judged, and how many outputs they held. */
  readonly judged = { commits: 0, outputs: 0 };

  constructor(scenario: Scenario, cluster: BrokerCluster) {
    this.#scenario = scenario;
    this.#cluster = cluster;
    const stage = scenario.stage(() => {});
    this.#service = stage.service;
    this.#changelogs = changelogsOf(stage);
    this.#references = cluster.partitionsOf(scenario.inputs[0].name).map(({ partition }) => {
      const logs = scenario.inputs.flatMap(({ name: topic }) => {
        const log = cluster.partition({ topic, partition })?.log;
        return log === undefined ? [] : [[topic, log] as const];
      });
      return new ReferencePartition(scenario, partition, new Map(logs));
    });
  }

  /** Notes a decision before its markers are written; it is judged by the next {@link judge}. */
  decided(decision: Decision): void {
    if (decision.marker === "abort") return;
    const { producerId } = decision;
    const partitions = decision.participants.filter((each) => each instanceof Partition);
    const groups = decision.participants.filter((each) => each instanceof Group);
    this.#unjudged.push({
      decision,
      records: partitions.map((partition) => {
        const bytes = Buffer.concat(partition.log.openBatches(producerId).map((batch) => batch.bytes));
        return { partition, records: committedRecords(decodeRecordBatches(bytes), [], 0) };
      }),
      offsets: groups.flatMap(({ offsets }) =>
        offsets.pendingOf(producerId).map((offset) => ({
          ...offset,
          stable: this.#cluster.partition(offset)?.log.lastStableOffset ?? 0,
        })),
      ),
    });
  }

  /** Judges what was decided since. @throws Violation */
  async judge(): Promise<void> {
    const unjudged = this.#unjudged;
    this.#unjudged = [];
    for (const committed of unjudged) await this.#judge(committed);
  }

  async #judge({ decision, offsets, records }: Committed): Promise<void> {
    const who = `the commit of ${decision.transactionalId}, epoch ${decision.producerEpoch}`;
    const covered = new Set(offsets.map(({ partition }) => partition));
    for (const { partition } of records) {
      if (!covered.has(partition.partition))
        throw new Violation(`${who} holds records of ${partition.name}, but no position of that partition`);
    }
    for (const [partition, moved] of Map.groupBy(offsets, (offset) => offset.partition)) {
      const expected = await this.#stepTo(who, partition, moved);
      const held = records.filter(({ partition: of }) => of.partition === partition);
      const to = moved.map(({ topic, offset }) => `${topic} ${offset}`).join(", ");
      const where = `${who}, partition ${partition} to ${to}`;
      this.#compareOutputs(where, expected, held);
      if (!this.#scenario.stateHasManyForms) this.#compareChanges(where, expected, held, partition);
    }
    this.judged.commits++;
  }

  async #stepTo(who: string, partition: number, offsets: Committed["offsets"]): Promise<ExpectedStep> {
    const reference = this.#references[partition];
    if (reference === undefined)
      throw new Violation(`${who} moves partition ${partition}, which is not there`);
    for (const { topic, offset, stable } of offsets) {
      const from = reference.offsetOf(topic);
      if (offset < from)
        throw new Violation(`${who} moves ${topic}/${partition} back from ${from} to ${offset}`);
      if (offset > stable)
        throw new Violation(
          `${who} moves ${topic}/${partition} to ${offset}, past ${stable}, which is stable`,
        );
    }
    const expected = await reference.advance(new Map(offsets.map(({ topic, offset }) => [topic, offset])));
    for (const record of expected.records) {
      const name = `${record.topic}/${record.partition}`;
      const soFar = this.#expected.get(name);
      if (soFar === undefined) this.#expected.set(name, [record]);
      else soFar.push(record);
    }
    for (const { topic, offset, metadata } of offsets) {
      const streamTimeMs = readPositionMetadata(metadata)?.streamTimeMs;
      if (streamTimeMs !== expected.streamTimeMs)
        throw new Violation(
          `${who} commits stream time ${streamTimeMs} of ${topic}/${partition} at ${offset}; it is ${expected.streamTimeMs}`,
        );
    }
    return expected;
  }

  #compareOutputs(where: string, expected: ExpectedStep, held: Committed["records"]): void {
    const topics = new Set([
      ...expected.records.map(({ topic }) => topic),
      ...held.map(({ partition }) => partition.topic).filter((topic) => !this.#changelogs.has(topic)),
    ]);
    for (const topic of topics) {
      const wanted = expected.records.filter((record) => record.topic === topic);
      const found = held.filter(({ partition }) => partition.topic === topic).flatMap((each) => each.records);
      compareRecords(`${where}: ${topic}`, wanted, found);
      this.judged.outputs += found.length;
    }
  }

  #compareChanges(
    where: string,
    expected: ExpectedStep,
    held: Committed["records"],
    partition: number,
  ): void {
    const state = this.#references[partition]?.state;
    const found = new Set<string>();
    for (const { partition: of, records } of held) {
      if (!this.#changelogs.has(of.topic)) continue;
      for (const { key, value } of records) {
        const name = entryName(of.topic, key);
        found.add(name);
        if (!sameBytes(value, state?.get(name) ?? null))
          throw new Violation(`${where}: ${name} becomes ${value}, not ${state?.get(name) ?? "nothing"}`);
      }
    }
    for (const [name, value] of expected.changes) {
      if (!found.has(name)) throw new Violation(`${where}: ${name} does not become ${value}`);
    }
  }

  /** Whether the group stands at the end of every input partition and nothing is open. */
  get drained(): boolean {
    const { offsets } = this.#cluster.group(this.#service);
    const inputs = this.#scenario.inputs.flatMap(({ name }) => this.#cluster.partitionsOf(name));
    return (
      this.#cluster.transactions.unfinished.length === 0 &&
      inputs.every(
        ({ topic, partition, log }) =>
          log.lastStableOffset === log.highWatermark &&
          (offsets.committed({ topic, partition })?.offset ?? 0) === log.highWatermark,
      )
    );
  }

  /** Compares what is visible with what should be. @throws Violation */
  compareEnd(): void {
    const stage = this.#scenario.stage(() => {});
    const outputs = stage.handlers.flatMap(({ emits }) => emits.map(({ name }) => name));
    for (const topic of new Set([...outputs, stage.deadLetters])) {
      for (const { name, log } of this.#cluster.partitionsOf(topic))
        compareRecords(`At the end: ${name}`, this.#expected.get(name) ?? [], visible(log));
    }
    if (!this.#scenario.stateHasManyForms) this.#compareState();
    for (const topic of this.#cluster.topics) {
      for (const { name, log } of this.#cluster.partitionsOf(topic)) {
        if (log.lastStableOffset !== log.highWatermark)
          throw new Violation(`At the end: ${name} is not stable above ${log.lastStableOffset}`);
      }
    }
  }

  #compareState(): void {
    for (const [partition, { state }] of this.#references.entries()) {
      const found = new Map<string, Buffer>();
      for (const topic of this.#changelogs) {
        const log = this.#cluster.partition({ topic, partition })?.log;
        for (const { key, value } of log === undefined ? [] : visible(log)) {
          if (value === null) found.delete(entryName(topic, key));
          else found.set(entryName(topic, key), Buffer.from(value));
        }
      }
      for (const name of new Set([...state.keys(), ...found.keys()])) {
        if (!sameBytes(state.get(name) ?? null, found.get(name) ?? null)) {
          throw new Violation(
            `At the end: partition ${partition}, ${name} is ${found.get(name)}, not ${state.get(name)}`,
          );
        }
      }
    }
  }
}

/** What a read-committed reader sees of a log. */
export const visible = (log: Partition["log"]): RawRecord[] => {
  const { batches, aborted } = log.read(log.startOffset, Number.POSITIVE_INFINITY, true);
  return committedRecords(decodeRecordBatches(Buffer.concat(batches.map(({ bytes }) => bytes))), aborted, 0);
};

const textOf = ({ key, value, timestampMs, headers }: Omit<RawRecord, "offset">): string =>
  [
    key === null ? "null" : Buffer.from(key),
    value === null ? "null" : Buffer.from(value),
    timestampMs,
    ...headers
      // When a process handled it is its own affair: a record that is handled again is handled later.
      .filter(([name]) => name !== headerNames.processedAt)
      .map(([name, bytes]) => `${name}=${bytes === null ? "null" : Buffer.from(bytes)}`),
  ].join(" | ");

/** Compares records in order; when they were handled is no difference. @throws Violation naming the first that differs */
export const compareRecords = (
  where: string,
  wanted: readonly Omit<RawRecord, "offset">[],
  found: readonly Omit<RawRecord, "offset">[],
): void => {
  for (let i = 0; i < Math.max(wanted.length, found.length); i++) {
    const [want, have] = [wanted[i], found[i]];
    const [wantText, haveText] = [want && textOf(want), have && textOf(have)];
    if (wantText !== haveText) {
      throw new Violation(
        `${where}: record ${i} of ${wanted.length} expected, ${found.length} found, is\n    ${haveText ?? "missing"}\n  and should be\n    ${wantText ?? "absent"}`,
      );
    }
  }
};
