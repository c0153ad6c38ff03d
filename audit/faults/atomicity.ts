// Atomicity, looked at while the attack lasts: outputs are visible if and only if the offsets of their input are.
//
// The filter answers each record with exactly one: screened, rejected or dead. So at every moment as many outputs of a
// partition are visible as input records lie below its committed offset.
//
//   AT1. Offsets are read before the outputs and after them. What was committed before must be visible; what was visible
//        must be committed after: read while no open transaction can change it.
//   AT2. A look that a broker's death cuts short says nothing, and is not counted.

import { setTimeout as delay } from "node:timers/promises";
import { topics } from "@riffle/contracts";
import { type ClusterAdmin, CommittedReader, connectAdmin } from "@riffle/streams/kafka";
import type { FoundRecord } from "../pipeline/dead-letters.ts";
import { isPlanted } from "../workload/poison.ts";

const group = "filter";
const input = topics.transactionsReceived.name;
const deadLetters = topics.filterDeadLetters.name;
const outputs = [topics.transactionsScreened.name, topics.transactionsRejected.name, deadLetters];
const lookEveryMs = 2_000;

/** Whether the filter wrote it: others' poison is among what it screened, and keeps its mark as a dead letter. */
export const isOutput = (topic: string, record: FoundRecord): boolean =>
  topic === deadLetters || !isPlanted(record);

/** One look at one partition. */
export interface AtomicityLook {
  readonly partition: number;
  /** Committed offset of the input before the outputs were read; ingest's topic has no gaps. */
  readonly before: number;
  /** Outputs that were visible. */
  readonly visible: number;
  /** Committed offset after that. */
  readonly after: number;
}

/** What a look shows that must not be, if anything. */
export const atomicityFault = ({ partition, before, visible, after }: AtomicityLook): string | undefined => {
  if (visible < before)
    return `${group}/${partition}: offsets up to ${before} are committed, and only ${visible} outputs visible`;
  if (visible > after)
    return `${group}/${partition}: ${visible} outputs are visible, and only offsets up to ${after} committed`;
  return undefined;
};

/** Looks again and again until it is stopped. */
export class AtomicityProbe {
  readonly #admin: ClusterAdmin;
  readonly #reader: CommittedReader;
  readonly #visible: number[];
  readonly #positions = new Map<string, number>();
  readonly #faults = new Set<string>();
  readonly #running: Promise<void>;
  #stopped = false;
  #looks = 0;

  private constructor(admin: ClusterAdmin, reader: CommittedReader) {
    this.#admin = admin;
    this.#reader = reader;
    this.#visible = Array.from({ length: reader.partitionCount(input) }, () => 0);
    this.#running = this.#run();
  }

  /** @param brokers that are not behind a proxy */
  static async start(brokers: readonly string[]): Promise<AtomicityProbe> {
    const options = { brokers, clientId: "audit-atomicity" };
    const admin = await connectAdmin(options);
    return new AtomicityProbe(
      admin,
      await CommittedReader.connect({ ...options, topics: [input, ...outputs] }),
    );
  }

  /** How many looks were whole. */
  get looks(): number {
    return this.#looks;
  }

  /** Ends after the look at hand. @returns what was seen that must not be */
  async stop(): Promise<string[]> {
    this.#stopped = true;
    await this.#running;
    await this.#admin.close();
    await this.#reader.close();
    return [...this.#faults];
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#look().catch(() => {});
      if (!this.#stopped) await delay(lookEveryMs);
    }
  }

  async #look(): Promise<void> {
    const before = await this.#admin.committed(group, input);
    for (const topic of outputs) await this.#count(topic);
    const visible = [...this.#visible];
    const after = await this.#admin.committed(group, input);
    this.#looks++;
    visible.forEach((count, partition) => {
      const fault = atomicityFault({
        partition,
        before: Math.max(0, before[partition] ?? 0),
        visible: count,
        after: Math.max(0, after[partition] ?? 0),
      });
      if (fault !== undefined) this.#faults.add(fault);
    });
  }

  /** Counts what has become visible since the last look. */
  async #count(topic: string): Promise<void> {
    for (const { partition, start, end } of await this.#reader.ranges(topic)) {
      const name = `${topic}/${partition}`;
      const fromOffset = this.#positions.get(name) ?? start;
      if (fromOffset >= end) continue;
      await this.#reader.read(
        { topic, partition },
        (record) => {
          this.#positions.set(name, record.offset + 1);
          if (isOutput(topic, record)) this.#visible[partition] = (this.#visible[partition] ?? 0) + 1;
        },
        { fromOffset },
      );
    }
  }
}
