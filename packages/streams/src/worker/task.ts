// A task: one partition's share of a stage, apart from any broker.
//
//   T1. Everything a batch does (outputs, state, stream time, position) leaves the task in one `drain`,
//       for one atomic commit; until then nobody else sees it.
//   T2. After any error the task is thrown away and built again from what was committed: it is never rolled back.
//   T3. A record no codec reads is dead-lettered, bytes unchanged, and its neighbours go on.
//   T4. What is registered for before the commit runs at the start of every `drain`: what it emits and stores is in that
//       commit. Where records are handed over singly it runs after each of them, so that its failure names one. So it is
//       with a value that its serde cannot write, and with one that makes a changelog record larger than its topic takes.
//   T5. A record that was sent again for another service is passed by: it moves the position, and not stream time.
//   T6. What is registered for after the commit runs when everything the task did before is durable, and at no other time.
//   T7. A task that has ended wakes nobody: results of its external calls reach neither it nor its successor.
//   T8. The wall clock reaches one header of what is emitted, read once for a call of a handler, and nothing else.
//   T9. No record leaves the task that its topic does not take: what is too large fails where it is made, charged to the
//       input record, and a dead letter carries what fits.

import type { Topic } from "@riffle/contracts/envelope";
import { HandlerError, StreamsError } from "../errors.ts";
import type { RecordLimits } from "../kafka/ports.ts";
import type { StoreChange } from "../state/changelogged-store.ts";
import type { StoreMeter } from "../state/metered-store.ts";
import type { AnyStoreSpec, KeyValueStore, StoreOf } from "../state/store.ts";
import { laterOf } from "../time/stream-time.ts";
import { isForAnother } from "./addressee.ts";
import { deadLetter } from "./dead-letter.ts";
import { HeldBatch } from "./held-batch.ts";
import type { HeaderPair, OutgoingRecord, RawRecord, StreamRecord } from "./record.ts";
import { decode, outgoingHeaders, processedAtHeader, textOf } from "./record-decoding.ts";
import { type Condemned, recordId } from "./record-failures.ts";
import { RecordSizes } from "./record-sizes.ts";
import type { Emission, Stage, Task, TopicHandler } from "./stage.ts";
import { type CommittedCopy, type HeldStores, refuseUndeclared, TaskStores } from "./task-stores.ts";

/** What a task hands to the atomic commit. */
export interface TaskOutput {
  /** How many input records it comes from. */
  readonly inputs: number;
  readonly records: OutgoingRecord[];
  /** Next offset to read, by input topic. */
  readonly positions: ReadonlyMap<string, number>;
  readonly streamTimeMs: number;
}

/** Where a task begins: what the last atomic commit made durable. */
export interface TaskStart {
  readonly partition: number;
  readonly positions: ReadonlyMap<string, number>;
  readonly streamTimeMs: number;
}

/** What a task has besides what was committed; all of it may be left out. */
export interface TaskSurroundings {
  readonly condemned?: Condemned;
  /** Counts the operations of stores, by name. */
  readonly meterOf?: ((store: string) => StoreMeter) | undefined;
  /** Where committed state is copied to. */
  readonly copy?: CommittedCopy | undefined;
  /** Committed state that a standby holds. */
  readonly held?: HeldStores | undefined;
  /** Called when the task asks to run though no record came. */
  readonly onWake?: ((partition: number) => void) | undefined;
  /** Wall clock, epoch milliseconds, for the header `processed-at`. Default none: outputs do not have it. */
  readonly now?: (() => number) | undefined;
  /** How large records may be. Default: what Kafka's topics take. */
  readonly limits?: RecordLimits | undefined;
}

/** Name of the changelog topic of a store. */
export const changelogTopic = (service: string, store: string): string => `${service}-${store}-changelog`;

/** The stores that a stage declares, each once. */
export const storesOf = (stage: Stage): AnyStoreSpec[] => [
  ...new Map(
    stage.handlers.flatMap(({ stores }) => stores.map((spec) => [spec.name, spec] as const)),
  ).values(),
];

/** One partition's share of a stage. */
export class PartitionTask implements Task {
  readonly partition: number;
  readonly #stage: Stage;
  readonly #condemned: Condemned;
  readonly #stores: TaskStores;
  readonly #emits: ReadonlySet<string>;
  readonly #positions: Map<string, number>;
  readonly #beforeCommit: (() => void)[] = [];
  readonly #afterCommit: (() => void)[] = [];
  readonly #ended = new AbortController();
  readonly #onWake: ((partition: number) => void) | undefined;
  readonly #now: (() => number) | undefined;
  readonly #sizes: RecordSizes;
  /** Of the call of a handler that is under way; made when it emits first. */
  #processedAt: HeaderPair | undefined;
  #streamTimeMs: number;
  #outgoing: OutgoingRecord[] = [];
  #changed = false;
  /** Input records since the last drain. */
  #inputs = 0;
  #committed: TaskStart;
  #drained: TaskStart;
  /** Input topic of the records that came last. */
  #lastTopic: string;

  constructor(
    stage: Stage,
    start: TaskStart,
    { condemned = new Map(), meterOf, copy, held, onWake, now, limits }: TaskSurroundings = {},
  ) {
    this.partition = start.partition;
    this.#stage = stage;
    this.#condemned = condemned;
    this.#onWake = onWake;
    this.#now = now;
    this.#sizes = new RecordSizes(limits);
    this.#positions = new Map(start.positions);
    this.#streamTimeMs = start.streamTimeMs;
    this.#committed = start;
    this.#drained = start;
    this.#lastTopic = stage.handlers[0]?.topic.name ?? "";
    this.#emits = new Set(stage.handlers.flatMap((handler) => handler.emits.map((topic) => topic.name)));
    this.#stores = new TaskStores(storesOf(stage), {
      streamTimeMs: () => this.#streamTimeMs,
      meterOf,
      copy,
      held,
    });
  }

  get streamTimeMs(): number {
    return this.#streamTimeMs;
  }

  /** Where it would begin again: what was committed of it last. */
  get committed(): TaskStart {
    return this.#committed;
  }

  /** Whether there is something to commit. */
  get changed(): boolean {
    return this.#changed;
  }

  /** Next offset to read, by input topic. */
  get positions(): ReadonlyMap<string, number> {
    return this.#positions;
  }

  /** How many records wait for the commit. */
  get pending(): number {
    return this.#outgoing.length;
  }

  store<S extends AnyStoreSpec>(spec: S): StoreOf<S> {
    return this.#stores.get(spec) ?? refuseUndeclared(this.#stage.service, spec.name, this.#stores.names);
  }

  emit<V>(topic: Topic<V>, record: Emission<V>): void {
    if (!this.#emits.has(topic.name)) {
      throw new StreamsError(
        "STREAMS_EMIT_UNDECLARED",
        `${this.#stage.service} emitted to ${topic.name}, which it does not declare. Add it to the handler's \`emits\`.`,
      );
    }
    if (this.#now !== undefined) this.#processedAt ??= processedAtHeader(this.#now());
    const outgoing = {
      topic: topic.name,
      partition: this.partition,
      key: Buffer.from(record.key, "utf8"),
      value: topic.codec.encode(record.value),
      timestampMs: record.timestampMs,
      headers: outgoingHeaders(topic.codec.schema, record.cause?.headers, this.#processedAt),
    };
    this.#outgoing.push(this.#sizes.checked(outgoing));
  }

  beforeCommit(hook: () => void): void {
    this.#beforeCommit.push(hook);
  }

  afterCommit(hook: () => void): void {
    this.#afterCommit.push(hook);
  }

  wake(): void {
    if (!this.signal.aborted) this.#onWake?.(this.partition);
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** Says that the task is thrown away (T7). */
  end(): void {
    this.#ended.abort();
  }

  /**
   * Applies one committed entry while the task is being restored.
   *
   * @param stages whether the copy on disk does not have it yet
   * @throws StreamsError STREAMS_STATE_CORRUPT when the store's serde cannot read it
   */
  restore(store: string, key: Uint8Array, value: Uint8Array | null, stages = false): void {
    try {
      this.#stores.restore(store, textOf(key), value, stages);
    } catch (cause) {
      throw new StreamsError(
        "STREAMS_STATE_CORRUPT",
        `Restoring store "${store}" of ${this.#stage.service}, partition ${this.partition}: a changelog record cannot be read by its serde.`,
        { cause },
      );
    }
  }

  /**
   * Runs the handler over records of one input topic and moves the task's position to `nextOffset`.
   *
   * @param nextOffset offset after the last one that the fetch covered, markers and aborted records included
   * @param singly hands the records over one at a time, each as if a commit followed, so that a failure can be charged
   * to one of them
   * @throws HandlerError naming the record; the task must then be discarded (T2)
   */
  async process(
    topic: string,
    records: readonly RawRecord[],
    nextOffset: number,
    singly = false,
  ): Promise<void> {
    const handler = this.#handlerOf(topic);
    this.#lastTopic = topic;
    if (singly) for (const record of records) await this.#processSingly(handler, record);
    else if (records.length > 0) await this.#processBatch(handler, records);
    this.#inputs += records.length;
    this.#positions.set(topic, nextOffset);
    this.#changed = true;
  }

  async #processSingly(handler: TopicHandler, record: RawRecord): Promise<void> {
    const { size } = await this.#processBatch(handler, [record]);
    if (size === 0) return;
    this.#runBeforeCommit(record.offset);
    this.#charging(record.offset, () =>
      this.#stores.check((store, change) => this.#changelogRecord(store, change)),
    );
  }

  async #processBatch(handler: TopicHandler, records: readonly RawRecord[]): Promise<HeldBatch> {
    const batch = new HeldBatch(
      handler.topic,
      this.partition,
      this.#readable(handler, records),
      (timestampMs) => {
        this.#streamTimeMs = laterOf(this.#streamTimeMs, timestampMs);
      },
    );
    if (batch.size > 0) await this.#handle(handler, batch);
    batch.observeRest();
    return batch;
  }

  /**
   * Moves stream time forward though no record came, and lets every handler act on it with an empty batch. The move is
   * committed like any other: a record that is late for it must be late after a restart too.
   */
  async advanceStreamTime(toMs: number): Promise<void> {
    if (toMs <= this.#streamTimeMs) return;
    this.#streamTimeMs = toMs;
    this.#changed = true;
    for (const handler of this.#stage.handlers) {
      await this.#handle(handler, new HeldBatch(handler.topic, this.partition, [], () => {}));
    }
  }

  /** Lets the external handlers begin, or take what their calls brought, with an empty batch each. */
  async resume(): Promise<void> {
    this.#changed = true;
    for (const handler of this.#stage.handlers) {
      if (handler.external === true)
        await this.#handle(handler, new HeldBatch(handler.topic, this.partition, [], () => {}));
    }
  }

  /** Makes the next commit cover the task's positions though nothing was processed. */
  claim(): void {
    this.#changed = true;
  }

  /**
   * Takes everything since the last drain, changelog records last.
   *
   * @throws HandlerError without an offset when what runs before the commit fails, or a value cannot be written (T4)
   */
  drain(): TaskOutput {
    this.#runBeforeCommit(-1);
    const records = this.#outgoing;
    const inputs = this.#inputs;
    this.#outgoing = [];
    this.#inputs = 0;
    this.#changed = false;
    this.#charging(-1, () => this.#drainStores(records));
    const [positions, streamTimeMs] = [new Map(this.#positions), this.#streamTimeMs];
    this.#drained = { partition: this.partition, positions, streamTimeMs };
    return { inputs, records, positions, streamTimeMs };
  }

  /**
   * Says that what was drained last has been committed.
   *
   * @param ends offset after the last record of each partition that was written to, by `topic/partition`
   * @param atMs wall clock before the commit, epoch milliseconds
   */
  confirm(ends: ReadonlyMap<string, number>, atMs: number): void {
    const { service } = this.#stage;
    this.#committed = this.#drained;
    this.#stores.confirm((store) => ends.get(`${changelogTopic(service, store)}/${this.partition}`), atMs);
    this.#charging(-1, () => {
      for (const hook of this.#afterCommit) hook();
    });
  }

  /** Entries of each store, for inspection and tests. */
  *stores(): IterableIterator<readonly [name: string, store: KeyValueStore<unknown>]> {
    yield* this.#stores;
  }

  #drainStores(into: OutgoingRecord[]): void {
    this.#stores.drain((store, change) => into.push(this.#changelogRecord(store, change)));
  }

  /** @throws StreamsError STREAMS_RECORD_TOO_LARGE (T9) */
  #changelogRecord(store: string, { key, value }: StoreChange): OutgoingRecord {
    return this.#sizes.checked({
      topic: changelogTopic(this.#stage.service, store),
      partition: this.partition,
      key: Buffer.from(key, "utf8"),
      value,
      timestampMs: Math.max(0, this.#streamTimeMs),
      headers: [],
    });
  }

  #runBeforeCommit(offset: number): void {
    this.#charging(offset, () => {
      for (const hook of this.#beforeCommit) hook();
    });
  }

  /** @param offset of the record that a failure is charged to, or -1 */
  #charging(offset: number, act: () => void): void {
    try {
      act();
    } catch (cause) {
      throw new HandlerError(this.#lastTopic, this.partition, offset, cause);
    }
  }

  async #handle(handler: TopicHandler, batch: HeldBatch): Promise<void> {
    this.#processedAt = undefined;
    try {
      const result = handler.handle(batch, this);
      if (result !== undefined) await result;
    } catch (cause) {
      throw new HandlerError(handler.topic.name, this.partition, batch.heldOffset, cause);
    }
  }

  /** Decodes the records; those no codec reads, and condemned ones, go to the dead-letter topic (T3, T5). */
  #readable(handler: TopicHandler, records: readonly RawRecord[]): StreamRecord<unknown>[] {
    const readable: StreamRecord<unknown>[] = [];
    for (const record of records) {
      if (isForAnother(record, this.#stage.service)) continue;
      const id =
        this.#condemned.size === 0 ? "" : recordId(handler.topic.name, this.partition, record.offset);
      if (this.#condemned.has(id)) {
        this.#bury(handler.topic.name, record, this.#condemned.get(id));
        continue;
      }
      try {
        readable.push(decode(handler.topic, this.partition, record));
      } catch (cause) {
        this.#bury(handler.topic.name, record, cause);
      }
    }
    return readable;
  }

  #bury(topic: string, record: RawRecord, cause: unknown): void {
    const { deadLetters: to } = this.#stage;
    const bytesMax = this.#sizes.bytesMax(to);
    this.#outgoing.push(deadLetter({ to, topic, partition: this.partition, record, cause, bytesMax }));
  }

  #handlerOf(topic: string): TopicHandler {
    const handler = this.#stage.handlers.find((candidate) => candidate.topic.name === topic);
    if (handler === undefined) {
      throw new StreamsError("STREAMS_TOPIC_MISSING", `${this.#stage.service} has no handler for ${topic}.`);
    }
    return handler;
  }
}
