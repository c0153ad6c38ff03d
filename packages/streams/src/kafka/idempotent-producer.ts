// The idempotent producer: acknowledged records, each once, in order per partition, outside any transaction.
// It is what an HTTP edge needs: many small sends under way at once, few requests.
//
//   I1. `send` resolves only when every in-sync replica has the record.
//   I2. Sends that arrive while their leader is busy wait and leave together in its next request (group commit). One
//       leader's trouble holds up nobody else's records.
//   I3. A request whose answer is lost is repeated with the same sequences: the broker drops what it has.
//   I4. When a batch fails for good its producer id is discarded, because its sequence numbers now have a gap.
//   I5. A send that rejects may still have been written: a rejection is never proof of absence.

import { OutcomeUnknownError, StreamsError } from "../errors.ts";
import type { HeaderPair } from "../worker/record.ts";
import type { Compression } from "./compression.ts";
import { failIfRefused } from "./coordinator.ts";
import { PartitionQueue } from "./partition-queue.ts";
import { type Partitioner, partitionOf } from "./partitioner.ts";
import { batchBytesMax, produceVerdict, refusal, withoutLeader } from "./produce-batches.ts";
import { leaderMovedCodes } from "./protocol/errors.ts";
import { initProducerId, type ProducerIdentity } from "./protocol/init-producer-id.ts";
import { type ProduceOutcome, produce } from "./protocol/produce.ts";
import { type BatchRecord, recordBytesBound } from "./record-batch.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** A record to send. */
export interface SendRecord {
  readonly topic: string;
  /** Default: what the producer's partitioner says. */
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
  /** How batches are packed. Default `none`. */
  readonly compression?: Compression;
  /**
   * Which partition a record goes to that does not name one. Default `byKey`, murmur2 of the key, as Kafka's own clients:
   * any other one takes a topic out of step with those it is co-partitioned with.
   */
  readonly partitioner?: Partitioner;
}

/** Pause of a partition before its batch is repeated. */
const retryMs = 20;

const headersOf = (headers: Readonly<Record<string, string>>): HeaderPair[] =>
  Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]);

/** Sends records with acknowledgement from all in-sync replicas. */
export class IdempotentProducer {
  readonly #wire: Wire;
  readonly #deliveryTimeoutMs: number;
  readonly #queueMax: number;
  readonly #compression: Compression;
  /** Undefined for the default, which has the bytes of the key already. */
  readonly #partitioner: Partitioner | undefined;
  readonly #queues = new Map<string, PartitionQueue>();
  /** Leaders with a request under way. */
  readonly #busy = new Set<number>();
  #identity: Promise<ProducerIdentity> | undefined;
  #queued = 0;
  #pumping = false;
  #cancelExpiry: (() => void) | undefined;
  #refreshing: Promise<void> | undefined;
  #closed = false;
  #whenEmpty: (() => void) | undefined;

  private constructor(wire: Wire, options: IdempotentProducerOptions) {
    this.#wire = wire;
    this.#deliveryTimeoutMs = options.deliveryTimeoutMs ?? 10_000;
    this.#queueMax = options.queueMax ?? 10_000;
    this.#compression = options.compression ?? "none";
    this.#partitioner = options.partitioner;
  }

  /** @throws StreamsError when the cluster is unreachable or a topic does not exist */
  static async connect(options: IdempotentProducerOptions): Promise<IdempotentProducer> {
    const wire = await Wire.connect(options);
    try {
      await wire.loadTopics(options.topics);
      await wire.connectLeaders(options.topics);
      const producer = new IdempotentProducer(wire, options);
      await producer.#currentIdentity();
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
   * @throws StreamsError when the queue is full or there is no such partition, OutcomeUnknownError at the delivery
   *   time-out, or the broker's refusal (I5)
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
    const partitions = this.#wire.partitionCount(record.topic);
    const partition =
      record.partition ?? this.#partitioner?.(record, partitions) ?? partitionOf(key, partitions);
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) {
      return Promise.reject(noSuchPartition(record.topic, partition, partitions));
    }
    const deadline = this.#wire.clock.now() + this.#deliveryTimeoutMs;
    return new Promise((resolve, reject) => {
      this.#queue(record.topic, partition).push({ ...content, bytes, deadline, resolve, reject });
      this.#queued++;
      this.#watchDeadlines();
      this.#pump();
    });
  }

  /** Waits for what is under way, each record at most until its delivery time-out, then closes the connections. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#queued > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#whenEmpty = resolve;
      await promise;
    }
    this.#cancelExpiry?.();
    await this.#wire.close();
  }

  #queue(topic: string, partition: number): PartitionQueue {
    const name = `${topic}/${partition}`;
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new PartitionQueue({ topic, partition }, this.#compression);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /** Looks for work once this turn of the event loop is over, so that the sends of one burst share a request. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#dispatch();
    });
  }

  /** A request to every leader that has none under way and something to be sent (I2). */
  #dispatch(): void {
    const byLeader = new Map<number, PartitionQueue[]>();
    for (const queue of this.#queues.values()) {
      if (!queue.sendable) continue;
      const leader = this.#wire.leaderOf(queue.topic, queue.partition);
      if (this.#busy.has(leader)) continue;
      const led = byLeader.get(leader);
      if (led === undefined) byLeader.set(leader, [queue]);
      else led.push(queue);
    }
    for (const [leader, queues] of byLeader) void this.#sendTo(leader, queues);
  }

  /** Sends one batch of each queue and settles them by the answer. Never rejects. */
  async #sendTo(leader: number, queues: readonly PartitionQueue[]): Promise<void> {
    this.#busy.add(leader);
    for (const queue of queues) queue.inFlight = true;
    let error: Error | undefined;
    let outcomes: readonly ProduceOutcome[] = [];
    try {
      outcomes = await this.#request(leader, queues);
    } catch (reason) {
      error = reason as Error;
    }
    this.#busy.delete(leader);
    for (const queue of queues) {
      queue.inFlight = false;
      this.#settle(queue, error ?? outcomeOf(outcomes, queue));
    }
    this.#pump();
  }

  async #request(leader: number, queues: readonly PartitionQueue[]): Promise<readonly ProduceOutcome[]> {
    if (leader < 0) return queues.map(withoutLeader);
    const identity = await this.#currentIdentity();
    const batches = queues.map((queue) => queue.batch(identity));
    return this.#wire.send(leader, produce(null, this.#deliveryTimeoutMs, batches, 11));
  }

  /** Decides about the batch under way: acknowledged, to be repeated, or given up. */
  #settle(queue: PartitionQueue, answer: ProduceOutcome | Error): void {
    if (!(answer instanceof Error) && produceVerdict(answer.errorCode) === "written") {
      this.#settled(queue.settle());
      return;
    }
    const again =
      answer instanceof Error
        ? answer instanceof OutcomeUnknownError
        : produceVerdict(answer.errorCode) === "again";
    if (again && this.#wire.clock.now() < queue.deadline) {
      void this.#rest(queue, answer instanceof Error || leaderMovedCodes.includes(answer.errorCode));
      return;
    }
    // I4. Other partitions go on under the old identity, whose sequences have no gap there.
    this.#identity = undefined;
    this.#settled(queue.fail(answer instanceof Error ? answer : refusal([answer])));
  }

  async #rest(queue: PartitionQueue, mayHaveMoved: boolean): Promise<void> {
    queue.resting = true;
    await this.#wire.clock.delay(retryMs);
    if (mayHaveMoved) await this.#refreshMetadata();
    queue.resting = false;
    this.#pump();
  }

  /** One look at the metadata for all that ask meanwhile. */
  async #refreshMetadata(): Promise<void> {
    this.#refreshing ??= this.#wire
      .refreshMetadata()
      .catch(() => {})
      .finally(() => {
        this.#refreshing = undefined;
      });
    await this.#refreshing;
  }

  #settled(records: number): void {
    this.#queued -= records;
    if (this.#queued === 0) this.#whenEmpty?.();
  }

  /** Rejects at their deadline the records that wait behind a leader in trouble. */
  #watchDeadlines(afterMs = this.#deliveryTimeoutMs): void {
    this.#cancelExpiry ??= this.#wire.clock.after(afterMs, () => {
      this.#cancelExpiry = undefined;
      const now = this.#wire.clock.now();
      let next = Number.POSITIVE_INFINITY;
      for (const queue of this.#queues.values()) {
        this.#settled(queue.expire(now, () => this.#overdue(queue)));
        next = Math.min(next, queue.oldestDeadline);
      }
      if (next < Number.POSITIVE_INFINITY) this.#watchDeadlines(next - now);
    });
  }

  #overdue({ topic, partition }: PartitionQueue): OutcomeUnknownError {
    return new OutcomeUnknownError(
      `Produce to ${topic}/${partition}: not acknowledged within ${this.#deliveryTimeoutMs} ms`,
    );
  }

  /** The identity for batches of partitions that have none; the same for all until one of them fails (I4). */
  #currentIdentity(): Promise<ProducerIdentity> {
    this.#identity ??= this.#newIdentity().catch((error: unknown) => {
      this.#identity = undefined;
      throw error;
    });
    return this.#identity;
  }

  async #newIdentity(): Promise<ProducerIdentity> {
    const deadline = this.#wire.clock.now() + this.#deliveryTimeoutMs;
    for (;;) {
      try {
        const answer = await this.#wire.send(await this.#wire.anyNode(), initProducerId(null, 60_000));
        failIfRefused("InitProducerId", answer.errorCode);
        return answer;
      } catch (error) {
        if (this.#wire.clock.now() >= deadline) throw error;
        await this.#wire.clock.delay(retryMs);
      }
    }
  }
}

const noSuchPartition = (topic: string, partition: number, partitions: number): StreamsError =>
  new StreamsError(
    "STREAMS_PARTITION_INVALID",
    `Produce to ${topic}: not sent, partition ${partition} is none of its ${partitions}. Correct the record's partition, or the producer's partitioner.`,
  );

/** What the answer says of a queue's batch; a partition it leaves out counts as one without a leader. */
const outcomeOf = (outcomes: readonly ProduceOutcome[], queue: PartitionQueue): ProduceOutcome =>
  outcomes.find(({ topic, partition }) => topic === queue.topic && partition === queue.partition) ??
  withoutLeader(queue);
