// The stage driver: runs a stage's handlers with no broker, one record or one batch at a time.
//
// What it does not simulate: several tasks at once, rebalances, aborted commits, and time. Stream time moves with
// the records given to it, and with `advanceStreamTime`; nothing here reads a clock.

import type { RecordHeaders, Topic } from "@riffle/contracts/envelope";
import { headerNames } from "@riffle/contracts/envelope";
import type { AnyStoreSpec, StoreOf } from "../state/store.ts";
import type { OutgoingRecord, RawRecord } from "../worker/record.ts";
import type { Stage } from "../worker/stage.ts";
import { changelogTopic, PartitionTask } from "../worker/task.ts";

/** A record given to the driver. */
export interface DrivenRecord<V> {
  readonly key: string;
  readonly value: V;
  /** Event time, epoch milliseconds. */
  readonly timestampMs: number;
  readonly headers?: RecordHeaders;
}

/** A record a stage emitted, decoded with the codec of its topic. */
export interface EmittedRecord<V> {
  readonly key: string;
  readonly value: V;
  readonly timestampMs: number;
  readonly headers: RecordHeaders;
}

/** Runs one task of a stage in the test's own hands. */
export class StageDriver {
  readonly #stage: Stage;
  readonly #partition: number;
  readonly #offsets = new Map<string, number>();
  readonly #changelog = new Map<string, Map<string, OutgoingRecord>>();
  readonly #emitted: OutgoingRecord[] = [];
  #woken = false;
  #task: PartitionTask;

  constructor(stage: Stage, options: { readonly partition?: number } = {}) {
    this.#stage = stage;
    this.#partition = options.partition ?? 0;
    this.#task = this.#newTask(new Map(), -1);
  }

  /** The task's stream time, epoch milliseconds. */
  get streamTimeMs(): number {
    return this.#task.streamTimeMs;
  }

  /** Hands over one batch of decoded values, encoded with the topic's codec first, and commits. */
  async send<V>(topic: Topic<V>, ...records: readonly DrivenRecord<V>[]): Promise<void> {
    await this.sendRaw(
      topic.name,
      ...records.map((record) => ({
        timestampMs: record.timestampMs,
        key: Buffer.from(record.key),
        value: topic.codec.encode(record.value),
        headers: Object.entries({ [headerNames.schema]: topic.codec.schema, ...record.headers }).map(
          ([name, value]) => [name, Buffer.from(value)] as const,
        ),
      })),
    );
  }

  /** Hands over one batch of raw records (for what no codec reads) and commits. */
  async sendRaw(topic: string, ...records: readonly Omit<RawRecord, "offset">[]): Promise<void> {
    const first = this.#offsets.get(topic) ?? 0;
    const next = first + records.length;
    this.#offsets.set(topic, next);
    await this.#task.process(
      topic,
      records.map((record, i) => ({ ...record, offset: first + i })),
      next,
    );
    this.#commit();
  }

  /** Moves stream time as an idle, caught-up task does, and commits. */
  async advanceStreamTime(toMs: number): Promise<void> {
    await this.#task.advanceStreamTime(toMs);
    this.#commit();
  }

  /** Whether the task waits to be called: it is new and has external handlers, or was woken. */
  get woken(): boolean {
    return this.#woken;
  }

  /** Calls a task that waits to be called, and commits. Does nothing when none does. */
  async resume(): Promise<void> {
    if (!this.#woken) return;
    this.#woken = false;
    await this.#task.resume();
    this.#commit();
  }

  /** Throws the task away and restores it from what it committed, as a restart does. */
  restart(): void {
    const { streamTimeMs } = this.#task;
    this.#task.end();
    this.#task = this.#newTask(this.#offsets, streamTimeMs);
    for (const [store, records] of this.#changelog) {
      for (const { key, value } of records.values())
        this.#task.restore(store, key ?? new Uint8Array(), value);
    }
  }

  /** Goes on where another driver stopped, as another build or configuration of the same service does. */
  adopt(former: StageDriver): void {
    former.#task.end();
    for (const [topic, offset] of former.#offsets) this.#offsets.set(topic, offset);
    for (const [store, records] of former.#changelog) this.#changelog.set(store, new Map(records));
    this.restart();
  }

  /** Everything emitted to the topic so far, in order. */
  emitted<V>(topic: Topic<V>): EmittedRecord<V>[] {
    return this.rawEmitted(topic.name).map((record) => {
      const headers = Object.fromEntries(
        record.headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()]),
      );
      return {
        key: Buffer.from(record.key ?? []).toString(),
        value: topic.codec.decode(record.value, headers[headerNames.schema]),
        timestampMs: record.timestampMs,
        headers,
      };
    });
  }

  /** The same as bytes; also for dead-letter topics. */
  rawEmitted(topic: string): OutgoingRecord[] {
    return this.#emitted.filter((record) => record.topic === topic);
  }

  /** The task's share of a store. */
  store<S extends AnyStoreSpec>(spec: S): StoreOf<S> {
    return this.#task.store(spec);
  }

  #newTask(positions: ReadonlyMap<string, number>, streamTimeMs: number): PartitionTask {
    const onWake = (): void => {
      this.#woken = true;
    };
    this.#woken = this.#stage.handlers.some((handler) => handler.external === true);
    return new PartitionTask(
      this.#stage,
      { partition: this.#partition, positions, streamTimeMs },
      { onWake },
    );
  }

  #commit(): void {
    const changelogs = new Map(
      this.#stage.handlers.flatMap((handler) =>
        handler.stores.map(({ name }) => [changelogTopic(this.#stage.service, name), name] as const),
      ),
    );
    for (const record of this.#task.drain().records) {
      const store = changelogs.get(record.topic);
      if (store === undefined) this.#emitted.push(record);
      else this.#logged(store).set(Buffer.from(record.key ?? []).toString(), record);
    }
    this.#task.confirm(new Map(), 0);
  }

  #logged(store: string): Map<string, OutgoingRecord> {
    let log = this.#changelog.get(store);
    if (log === undefined) {
      log = new Map();
      this.#changelog.set(store, log);
    }
    return log;
  }
}
