// Atomicity, looked at while the attack lasts: of every stage, again and again (stage-watches.ts says what must hold).
//
//   AT1. A look that a broker's death cuts short says nothing, and is not counted; the next one goes on where it stopped.

import { setTimeout as delay } from "node:timers/promises";
import { type ClusterAdmin, CommittedReader, connectAdmin } from "@riffle/streams/kafka";
import type { FoundRecord } from "../pipeline/dead-letters.ts";
import { type StageWatch, stageWatches } from "./stage-watches.ts";

const lookEveryMs = 2_000;

/** What a look is made on. */
export interface LookedAt {
  /** Committed offsets by partition, below 0 where there are none. */
  committed(group: string, topic: string): Promise<readonly number[]>;
  /**
   * Calls `apply` with every committed record from these offsets on, in order; `fromOffset` is undefined for the first
   * there is.
   */
  read(
    topic: string,
    fromOffset: (partition: number) => number | undefined,
    apply: (partition: number, record: FoundRecord) => void,
  ): Promise<void>;
}

/** One stage, look by look. */
export class StageLooks {
  readonly #watch: StageWatch;
  readonly #at: LookedAt;
  readonly #positions = new Map<string, number>();
  #previously: readonly number[] = [];

  constructor(watch: StageWatch, at: LookedAt) {
    this.#watch = watch;
    this.#at = at;
  }

  /** @returns what it shows that must not be */
  async look(): Promise<string[]> {
    const { group, input, outputs, readsInput } = this.#watch;
    const before = await this.#at.committed(group, input);
    for (const topic of outputs)
      await this.#new(topic, "output", (partition, record) =>
        this.#watch.takeOutput(topic, partition, record),
      );
    // Behind the outputs, so that what made them is among it.
    if (readsInput)
      await this.#new(input, "input", (partition, record) => this.#watch.takeInput(partition, record));
    const after = await this.#at.committed(group, input);
    const previously = this.#previously;
    this.#previously = before;
    return before.flatMap((_, partition) =>
      this.#watch.judge(partition, {
        previously: Math.max(0, previously[partition] ?? 0),
        before: Math.max(0, before[partition] ?? 0),
        after: Math.max(0, after[partition] ?? 0),
      }),
    );
  }

  /** Hands over what has become visible since the last look. */
  async #new(
    topic: string,
    as: "input" | "output",
    take: (partition: number, record: FoundRecord) => void,
  ): Promise<void> {
    const name = (partition: number): string => `${as} ${topic}/${partition}`;
    await this.#at.read(
      topic,
      (partition) => this.#positions.get(name(partition)),
      (partition, record) => {
        this.#positions.set(name(partition), record.offset + 1);
        take(partition, record);
      },
    );
  }
}

/** Real brokers. */
const lookedAt = (admin: ClusterAdmin, reader: CommittedReader): LookedAt => ({
  committed: (group, topic) => admin.committed(group, topic),
  read: async (topic, positionOf, apply) => {
    for (const { partition, start, end } of await reader.ranges(topic)) {
      const fromOffset = positionOf(partition) ?? start;
      if (fromOffset >= end) continue;
      await reader.read({ topic, partition }, (record) => apply(partition, record), { fromOffset });
    }
  },
});

/** Looks again and again until it is stopped. */
export class AtomicityProbe {
  readonly #admin: ClusterAdmin;
  readonly #reader: CommittedReader;
  readonly #stages: readonly (readonly [group: string, looks: StageLooks])[];
  readonly #looks = new Map<string, number>();
  readonly #faults = new Set<string>();
  readonly #running: Promise<void>;
  #stopped = false;

  private constructor(admin: ClusterAdmin, reader: CommittedReader, watches: readonly StageWatch[]) {
    this.#admin = admin;
    this.#reader = reader;
    const at = lookedAt(admin, reader);
    this.#stages = watches.map((watch) => [watch.group, new StageLooks(watch, at)] as const);
    this.#running = this.#run();
  }

  /**
   * @param brokers that are not behind a proxy
   * @param channels of the notifier
   */
  static async start(brokers: readonly string[], channels: readonly string[]): Promise<AtomicityProbe> {
    const options = { brokers, clientId: "audit-atomicity" };
    const watches = stageWatches(channels);
    const topics = [...new Set(watches.flatMap(({ input, outputs }) => [input, ...outputs]))];
    const admin = await connectAdmin(options);
    return new AtomicityProbe(admin, await CommittedReader.connect({ ...options, topics }), watches);
  }

  /** How many looks were whole, of the stage that had fewest. */
  get looks(): number {
    return Math.min(...this.#stages.map(([group]) => this.#looks.get(group) ?? 0));
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
      for (const [group, looks] of this.#stages) await this.#look(group, looks);
      if (!this.#stopped) await delay(lookEveryMs);
    }
  }

  async #look(group: string, looks: StageLooks): Promise<void> {
    const faults = await looks.look().catch(() => undefined);
    if (faults === undefined) return;
    this.#looks.set(group, (this.#looks.get(group) ?? 0) + 1);
    for (const fault of faults) this.#faults.add(fault);
  }
}
