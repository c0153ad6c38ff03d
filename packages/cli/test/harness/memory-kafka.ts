// A Kafka in memory at a port of its own, with what a test does to it by hand: for tests of commands that need no container.

import type { Topic } from "@riffle/contracts";
import { type Stage, StreamWorker } from "@riffle/streams";
import { connectAdmin, connectStreams, IdempotentProducer } from "@riffle/streams/kafka";
import { startMemoryBroker } from "@riffle/streams/memory";
import { onTestFinished } from "vitest";
import { freePorts } from "../../../../infra/kafka/ports.ts";

/** A broker that is gone when the test ends, with all that was connected to it. */
export class MemoryKafka {
  readonly address: string;
  readonly #toClose: (() => Promise<unknown>)[] = [];
  readonly #producers = new Map<string, Promise<IdempotentProducer>>();

  private constructor(address: string) {
    this.address = address;
  }

  static async start(): Promise<MemoryKafka> {
    const [port = 0] = await freePorts(1);
    const broker = await startMemoryBroker({ port });
    const kafka = new MemoryKafka(broker.address);
    kafka.#toClose.push(() => broker.close());
    // By the test's own hook: one that this module registered would be run for the first file alone that shares it.
    onTestFinished(async () => {
      for (const close of kafka.#toClose.toReversed()) await close();
    });
    return kafka;
  }

  get #wire() {
    return { brokers: [this.address], clientId: "cli-test" };
  }

  async createTopics(partitions: number, ...names: readonly string[]): Promise<void> {
    const admin = await connectAdmin(this.#wire);
    await admin.createTopics(names.map((name) => ({ name, partitions, replicationFactor: 1, configs: {} })));
    await admin.close();
  }

  /** Sends one value; it is on record when this resolves. */
  async send(
    topic: string,
    partition: number,
    key: string,
    value: Uint8Array,
    schema: string,
  ): Promise<void> {
    const headers = { schema, "received-at": String(Date.now()) };
    const producer = await this.#producerOf(topic);
    await producer.send({ topic, partition, key, value, timestampMs: Date.now(), headers });
  }

  /** Runs a stage of one handler, each of whose batches is one record. */
  async runHandler(
    group: string,
    input: Topic<string>,
    handle: Stage["handlers"][number]["handle"],
  ): Promise<void> {
    const stage: Stage = {
      service: group,
      deadLetters: `${group}.dlq.v1`,
      handlers: [{ topic: input as Topic<unknown>, stores: [], emits: [], handle }],
    };
    const client = await connectStreams(stage, {
      ...this.#wire,
      instanceId: "0",
      fetch: { partitionBytesMax: 1 },
    });
    const worker = new StreamWorker(stage, client, { commitIntervalMsMax: 1 });
    const running = worker.run();
    this.#toClose.push(async () => {
      await worker.stop();
      await running;
      await client.close();
    });
  }

  #producerOf(topic: string): Promise<IdempotentProducer> {
    const known = this.#producers.get(topic);
    if (known !== undefined) return known;
    const made = IdempotentProducer.connect({ ...this.#wire, topics: [topic] });
    this.#toClose.push(async () => (await made).close());
    this.#producers.set(topic, made);
    return made;
  }
}
