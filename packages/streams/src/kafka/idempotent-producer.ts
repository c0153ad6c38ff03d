// The idempotent producer: acknowledged records, each once, in order per partition, outside any transaction.
// It is what an HTTP edge needs: many small sends under way at once, few requests.
//
//   I1. `send` resolves only when every in-sync replica has the record.
//   I2. Sends that arrive while a leader is busy wait and leave together in its next request (group commit).
//   I3. A request whose answer is lost is repeated with the same sequences: the broker drops what it has.
//   I4. When a batch fails for good its producer id is discarded, because its sequence numbers now have a gap.
//   I5. A send that rejects may still have been written: a rejection is never proof of absence.

import { setTimeout as delay } from "node:timers/promises";
import { OutcomeUnknownError, StreamsError } from "../errors.ts";
import type { HeaderPair } from "../worker/record.ts";
import { failIfRefused } from "./coordinator.ts";
import { partitionOf } from "./partitioner.ts";
import { batchBytesMax, sendBatches } from "./produce-batches.ts";
import { initProducerId, type ProducerIdentity } from "./protocol/init-producer-id.ts";
import { type BatchRecord, encodeRecordBatch, recordBytesBound } from "./record-batch.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** A record to send. */
export interface SendRecord {
  readonly topic: string;
  /** Default: murmur2 of the key. */
  readonly partition?: number;
  readonly key: string;
  readonly value: Uint8Array;
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** How an idempotent producer works. */
export interface IdempotentProducerOptions extends WireOptions {
  /** Topics it will send to; they must exist. */
  readonly topics: readonly string[];
  /** How long a record may wait for its acknowledgement, milliseconds. Default 10,000. */
  readonly deliveryTimeoutMs?: number;
  /** Records that may wait unsent before `send` refuses. Default 10,000: memory stays bounded while brokers are away. */
  readonly queueMax?: number;
}

interface Pending extends BatchRecord {
  readonly bytes: number;
  readonly deadline: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Queue {
  readonly topic: string;
  readonly partition: number;
  readonly waiting: Pending[];
  sequence: number;
}

/** Pause before a request without an answer is repeated. */
const retryMs = 20;

const headersOf = (headers: Readonly<Record<string, string>>): HeaderPair[] =>
  Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]);

/** Sends records with acknowledgement from all in-sync replicas. */
export class IdempotentProducer {
  readonly #wire: Wire;
  readonly #deliveryTimeoutMs: number;
  readonly #queueMax: number;
  readonly #queues = new Map<string, Queue>();
  #identity: ProducerIdentity | undefined;
  #queued = 0;
  #sending: Promise<void> | undefined;
  #closed = false;

  private constructor(wire: Wire, options: IdempotentProducerOptions) {
    this.#wire = wire;
    this.#deliveryTimeoutMs = options.deliveryTimeoutMs ?? 10_000;
    this.#queueMax = options.queueMax ?? 10_000;
  }

  /** @throws StreamsError when the cluster is unreachable or a topic does not exist */
  static async connect(options: IdempotentProducerOptions): Promise<IdempotentProducer> {
    const wire = await Wire.connect(options);
    try {
      await wire.loadTopics(options.topics);
      await wire.connectLeaders(options.topics);
      const producer = new IdempotentProducer(wire, options);
      producer.#identity = await producer.#newIdentity(Date.now() + producer.#deliveryTimeoutMs);
      return producer;
    } catch (error) {
      await wire.close();
      throw error;
    }
  }

  /** Records waiting to be sent or acknowledged. */
  get queued(): number {
    return this.#queued;
  }

  /**
   * Sends one record.
   * @returns resolves when every in-sync replica has it (I1)
   * @throws StreamsError when the queue is full, OutcomeUnknownError at the delivery time-out, or the broker's refusal (I5)
   */
  send(record: SendRecord): Promise<void> {
    if (this.#closed || this.#queued >= this.#queueMax) {
      const why = this.#closed ? "the producer is closed" : `${this.#queued} records wait already`;
      return Promise.reject(
        new StreamsError("STREAMS_QUEUE_FULL", `Produce to ${record.topic}: not sent, ${why}.`),
      );
    }
    const key = Buffer.from(record.key);
    const content: BatchRecord = {
      key,
      value: record.value,
      timestampMs: record.timestampMs,
      headers: headersOf(record.headers),
    };
    const bytes = recordBytesBound(content);
    if (bytes > batchBytesMax) {
      return Promise.reject(
        new StreamsError(
          "STREAMS_RECORD_TOO_LARGE",
          `A record of ${bytes} bytes for ${record.topic} is too large.`,
        ),
      );
    }
    const partition = record.partition ?? partitionOf(key, this.#wire.partitionCount(record.topic));
    return new Promise((resolve, reject) => {
      const pending = { ...content, bytes, deadline: Date.now() + this.#deliveryTimeoutMs, resolve, reject };
      this.#queue(record.topic, partition).waiting.push(pending);
      this.#queued++;
      this.#sending ??= this.#run();
    });
  }

  /** Waits for what is under way, then closes the connections. Records not acknowledged by then are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#sending;
    await this.#wire.close();
  }

  #queue(topic: string, partition: number): Queue {
    const name = `${topic}/${partition}`;
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = { topic, partition, waiting: [], sequence: 0 };
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /** Sends round after round until nothing waits. */
  async #run(): Promise<void> {
    // One turn of the event loop lets the sends of one burst share the first request too.
    await delay(0);
    try {
      while (this.#queued > 0) await this.#round();
    } finally {
      this.#sending = undefined;
    }
  }

  /** One batch of each waiting partition, to all leaders at once. */
  async #round(): Promise<void> {
    const taken = [...this.#queues.values()].filter(({ waiting }) => waiting.length > 0).map(takeBatch);
    const records = taken.flatMap(({ batch }) => batch);
    try {
      await this.#deliver(taken);
      this.#queued -= records.length;
      for (const record of records) record.resolve();
    } catch (error) {
      this.#queued -= records.length;
      this.#identity = undefined;
      for (const record of records) record.reject(error as Error);
      this.#expire(error as Error);
    }
  }

  /** Rejects what has waited past its deadline meanwhile: no request of its own could be in time. */
  #expire(error: Error): void {
    const now = Date.now();
    for (const queue of this.#queues.values()) {
      const fresh = queue.waiting.findIndex(({ deadline }) => deadline > now);
      const expired = queue.waiting.splice(0, fresh < 0 ? queue.waiting.length : fresh);
      this.#queued -= expired.length;
      for (const record of expired) record.reject(error);
    }
  }

  async #deliver(taken: readonly { queue: Queue; batch: Pending[] }[]): Promise<void> {
    const deadline = Math.min(...taken.flatMap(({ batch }) => batch.map((record) => record.deadline)));
    this.#identity ??= await this.#newIdentity(deadline);
    const identity = this.#identity;
    const batches = taken.map(({ queue, batch }) => ({
      topic: queue.topic,
      partition: queue.partition,
      bytes: encodeRecordBatch(batch, { ...identity, baseSequence: queue.sequence, transactional: false }),
    }));
    for (;;) {
      try {
        const deadlineMs = Math.max(1, deadline - Date.now());
        await sendBatches(this.#wire, batches, { transactionalId: null, deadlineMs });
        break;
      } catch (error) {
        if (!(error instanceof OutcomeUnknownError) || Date.now() >= deadline) throw error;
        await delay(retryMs);
        await this.#wire.refreshMetadata().catch(() => {});
      }
    }
    for (const { queue, batch } of taken) queue.sequence += batch.length;
  }

  async #newIdentity(deadline: number): Promise<ProducerIdentity> {
    for (;;) {
      try {
        const answer = await this.#wire.send(await this.#wire.anyNode(), initProducerId(null, 60_000));
        failIfRefused("InitProducerId", answer.errorCode);
        for (const queue of this.#queues.values()) queue.sequence = 0;
        return answer;
      } catch (error) {
        if (Date.now() >= deadline) throw error;
        await delay(retryMs);
      }
    }
  }
}

/** The head of a queue, as much as fits one batch. */
const takeBatch = (queue: Queue): { queue: Queue; batch: Pending[] } => {
  let bytes = 0;
  let count = 0;
  for (const record of queue.waiting) {
    if (bytes + record.bytes > batchBytesMax) break;
    bytes += record.bytes;
    count++;
  }
  return { queue, batch: queue.waiting.splice(0, count) };
};
