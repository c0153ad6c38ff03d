// A task: one partition's share of a stage, apart from any broker.
//
//   T1. Everything a batch does (outputs, state, stream time, position) leaves the task in one `drain`,
//       for one atomic commit; until then nobody else sees it.
//   T2. After any error the task is thrown away and built again from what was committed: it is never rolled back.
//   T3. A record no codec reads is dead-lettered, bytes unchanged, and its neighbours go on.

import type { RecordHeaders, Topic } from "@riffle/contracts/envelope";
import { headerNames } from "@riffle/contracts/envelope";
import { HandlerError, StreamsError } from "../errors.ts";
import { LoggedStore } from "../state/logged-store.ts";
import { MemoryStore } from "../state/memory-store.ts";
import type { KeyValueStore, StoreSpec } from "../state/store.ts";
import { laterOf } from "../time/stream-time.ts";
import { deadLetter } from "./dead-letter.ts";
import type { HeaderPair, OutgoingRecord, RawRecord, RecordBatch, StreamRecord } from "./record.ts";
import type { Emission, Stage, Task, TopicHandler } from "./stage.ts";

/** What a task hands to the atomic commit. */
export interface TaskOutput {
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

/** Offsets whose records failed for good, with the last error: they are dead-lettered instead of handled. */
export type Condemned = ReadonlyMap<string, unknown>;

/** The key of {@link Condemned}. */
export const recordId = (topic: string, partition: number, offset: number): string =>
  `${topic}/${partition}/${offset}`;

/** Name of the changelog topic of a store. */
export const changelogTopic = (service: string, store: string): string => `${service}-${store}-changelog`;

const utf8 = new TextDecoder();

/** Fetched bytes are Buffers, whose own decoder takes half the time of TextDecoder for short texts. */
const textOf = (bytes: Uint8Array): string =>
  Buffer.isBuffer(bytes) ? bytes.toString("utf8") : utf8.decode(bytes);

/** One partition's share of a stage. */
export class PartitionTask implements Task {
  readonly partition: number;
  readonly #stage: Stage;
  readonly #condemned: Condemned;
  readonly #stores = new Map<string, LoggedStore<unknown>>();
  readonly #emits: ReadonlySet<string>;
  readonly #positions: Map<string, number>;
  #streamTimeMs: number;
  #outgoing: OutgoingRecord[] = [];
  #changed = false;

  constructor(stage: Stage, start: TaskStart, condemned: Condemned = new Map()) {
    this.partition = start.partition;
    this.#stage = stage;
    this.#condemned = condemned;
    this.#positions = new Map(start.positions);
    this.#streamTimeMs = start.streamTimeMs;
    this.#emits = new Set(stage.handlers.flatMap((handler) => handler.emits.map((topic) => topic.name)));
    for (const handler of stage.handlers) {
      for (const spec of handler.stores) {
        if (!this.#stores.has(spec.name))
          this.#stores.set(spec.name, new LoggedStore(new MemoryStore(), spec.serde));
      }
    }
  }

  get streamTimeMs(): number {
    return this.#streamTimeMs;
  }

  /** Whether there is something to commit. */
  get changed(): boolean {
    return this.#changed;
  }

  /** How many records wait for the commit. */
  get pending(): number {
    return this.#outgoing.length;
  }

  store<V>(spec: StoreSpec<V>): KeyValueStore<V> {
    const store = this.#stores.get(spec.name);
    if (store === undefined) {
      throw new StreamsError(
        "STREAMS_STORE_UNKNOWN",
        `The store "${spec.name}" is not declared by ${this.#stage.service}; it has ${[...this.#stores.keys()].join(", ") || "none"}. Add it to the handler's \`stores\`.`,
      );
    }
    return store as KeyValueStore<unknown> as KeyValueStore<V>;
  }

  emit<V>(topic: Topic<V>, record: Emission<V>): void {
    if (!this.#emits.has(topic.name)) {
      throw new StreamsError(
        "STREAMS_EMIT_UNDECLARED",
        `${this.#stage.service} emitted to ${topic.name}, which it does not declare. Add it to the handler's \`emits\`.`,
      );
    }
    this.#outgoing.push({
      topic: topic.name,
      partition: this.partition,
      key: Buffer.from(record.key, "utf8"),
      value: topic.codec.encode(record.value),
      timestampMs: record.timestampMs,
      headers: outgoingHeaders(topic.codec.schema, record.cause?.headers),
    });
  }

  /** Applies one changelog record while the task is being restored. */
  restore(store: string, key: Uint8Array, value: Uint8Array | null): void {
    try {
      this.#stores.get(store)?.restore(textOf(key), value);
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
   * @param singly hands the records over one at a time, so that a failure can be charged to one of them
   * @throws HandlerError naming the record; the task must then be discarded (T2)
   */
  async process(
    topic: string,
    records: readonly RawRecord[],
    nextOffset: number,
    singly = false,
  ): Promise<void> {
    const handler = this.#handlerOf(topic);
    if (singly) for (const record of records) await this.#processBatch(handler, [record]);
    else if (records.length > 0) await this.#processBatch(handler, records);
    this.#positions.set(topic, nextOffset);
    this.#changed = true;
  }

  async #processBatch(handler: TopicHandler, records: readonly RawRecord[]): Promise<void> {
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

  /** Makes the next commit cover the task's positions though nothing was processed. */
  claim(): void {
    this.#changed = true;
  }

  /** Takes everything since the last drain, changelog records last. */
  drain(): TaskOutput {
    const records = this.#outgoing;
    this.#outgoing = [];
    this.#changed = false;
    for (const [name, store] of this.#stores) {
      const topic = changelogTopic(this.#stage.service, name);
      store.drain(({ key, value }) => {
        records.push({
          topic,
          partition: this.partition,
          key: Buffer.from(key, "utf8"),
          value,
          timestampMs: Math.max(0, this.#streamTimeMs),
          headers: [],
        });
      });
    }
    return { records, positions: new Map(this.#positions), streamTimeMs: this.#streamTimeMs };
  }

  /** Entries of each store, for inspection and tests. */
  *stores(): IterableIterator<readonly [name: string, store: KeyValueStore<unknown>]> {
    yield* this.#stores;
  }

  async #handle(handler: TopicHandler, batch: HeldBatch): Promise<void> {
    try {
      const result = handler.handle(batch, this);
      if (result !== undefined) await result;
    } catch (cause) {
      throw new HandlerError(handler.topic.name, this.partition, batch.heldOffset, cause);
    }
  }

  /** Decodes the records; those no codec reads, and condemned ones, go to the dead-letter topic (T3). */
  #readable(handler: TopicHandler, records: readonly RawRecord[]): StreamRecord<unknown>[] {
    const readable: StreamRecord<unknown>[] = [];
    for (const record of records) {
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
    this.#outgoing.push(
      deadLetter({ to: this.#stage.deadLetters, topic, partition: this.partition, record, cause }),
    );
  }

  #handlerOf(topic: string): TopicHandler {
    const handler = this.#stage.handlers.find((candidate) => candidate.topic.name === topic);
    if (handler === undefined) {
      throw new StreamsError("STREAMS_TOPIC_MISSING", `${this.#stage.service} has no handler for ${topic}.`);
    }
    return handler;
  }
}

/** The batch a handler is given; knows which record the handler holds. */
class HeldBatch implements RecordBatch<unknown> {
  readonly topic: string;
  readonly partition: number;
  readonly #records: readonly StreamRecord<unknown>[];
  readonly #observe: (timestampMs: number) => void;
  #held = -1;
  #observed = 0;

  constructor(
    topic: Topic<unknown>,
    partition: number,
    records: readonly StreamRecord<unknown>[],
    observe: (timestampMs: number) => void,
  ) {
    this.topic = topic.name;
    this.partition = partition;
    this.#records = records;
    this.#observe = observe;
  }

  get size(): number {
    return this.#records.length;
  }

  get heldOffset(): number {
    const held = this.#records.length === 1 ? 0 : this.#held;
    return this.#records[held]?.offset ?? -1;
  }

  *[Symbol.iterator](): Iterator<StreamRecord<unknown>> {
    for (let i = 0; i < this.#records.length; i++) {
      const record = this.#records[i] as StreamRecord<unknown>;
      this.#held = i;
      this.#observeUpTo(i);
      yield record;
    }
    this.#held = -1;
  }

  /** Takes in the event times of records the handler did not look at: stream time does not depend on its loops. */
  observeRest(): void {
    this.#observeUpTo(this.#records.length - 1);
  }

  #observeUpTo(index: number): void {
    for (; this.#observed <= index; this.#observed++) {
      this.#observe((this.#records[this.#observed] as StreamRecord<unknown>).timestampMs);
    }
  }
}

const decode = (topic: Topic<unknown>, partition: number, record: RawRecord): StreamRecord<unknown> => {
  const headers = readHeaders(record);
  return {
    key: record.key === null ? "" : textOf(record.key),
    value: topic.codec.decode(record.value, headers[headerNames.schema]),
    timestampMs: record.timestampMs,
    topic: topic.name,
    partition,
    offset: record.offset,
    headers,
  };
};

const readHeaders = (record: RawRecord): RecordHeaders => {
  const headers: Record<string, string> = {};
  for (const [name, value] of record.headers) {
    if (value !== null) headers[name] = textOf(value);
  }
  return headers;
};

/** The `schema` header by schema: there are a handful, and every record has one. */
const schemaHeaders = new Map<string, HeaderPair>();

const schemaHeader = (schema: string): HeaderPair => {
  let header = schemaHeaders.get(schema);
  if (header === undefined) {
    header = [headerNames.schema, Buffer.from(schema)];
    schemaHeaders.set(schema, header);
  }
  return header;
};

/** The headers every output has, in this order: schema, then trace and `received-at` of its cause. */
const outgoingHeaders = (schema: string, cause: RecordHeaders | undefined): HeaderPair[] => {
  const headers: HeaderPair[] = [];
  // A codec without a schema passes bytes on as they are and says nothing about them.
  if (schema !== "") headers.push(schemaHeader(schema));
  if (cause === undefined) return headers;
  const traceparent = cause[headerNames.traceparent];
  if (traceparent !== undefined) headers.push([headerNames.traceparent, Buffer.from(traceparent)]);
  const receivedAt = cause[headerNames.receivedAt];
  if (receivedAt !== undefined) headers.push([headerNames.receivedAt, Buffer.from(receivedAt)]);
  return headers;
};
