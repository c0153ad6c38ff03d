// Writes what no codec reads straight into the topics that services read, while the pipeline is under attack.

import { setTimeout as delay } from "node:timers/promises";
import { IdempotentProducer } from "@riffle/streams/kafka";
import { digestOf } from "../pipeline/dead-letters.ts";
import { inputTopics } from "../pipeline/topic-answers.ts";
import { drawUnreadable } from "../workload/poison.ts";
import { seededRandom } from "../workload/random.ts";

/** How the writer works. */
export interface PoisonWriterOptions {
  /** Brokers that are not behind a proxy. */
  readonly brokers: readonly string[];
  readonly seed: number;
  /** Event time of what it writes, epoch milliseconds: what no codec reads moves no stream time. */
  readonly timestampMs: number;
}

/** Digests of values that no codec reads. */
export interface WrittenPoison {
  /** Of those that every in-sync replica has. */
  readonly acknowledged: ReadonlySet<string>;
  /** Of these and of those that nobody answered for, which may be there. */
  readonly tried: ReadonlySet<string>;
}

const writeEveryMs = 500;

/** Writes until it is stopped. */
export class PoisonWriter {
  readonly #producer: IdempotentProducer;
  readonly #options: PoisonWriterOptions;
  readonly #acknowledged = new Set<string>();
  readonly #tried = new Set<string>();
  readonly #running: Promise<void>;
  #stopped = false;

  private constructor(producer: IdempotentProducer, options: PoisonWriterOptions) {
    this.#producer = producer;
    this.#options = options;
    this.#running = this.#run();
  }

  static async start(options: PoisonWriterOptions): Promise<PoisonWriter> {
    const { brokers } = options;
    const producer = await IdempotentProducer.connect({
      brokers,
      clientId: "audit-poison",
      topics: inputTopics,
      deliveryTimeoutMs: 30_000,
    });
    return new PoisonWriter(producer, options);
  }

  /** @returns what it wrote */
  async stop(): Promise<WrittenPoison> {
    this.#stopped = true;
    await this.#running;
    await this.#producer.close();
    return { acknowledged: this.#acknowledged, tried: this.#tried };
  }

  async #run(): Promise<void> {
    const random = seededRandom(this.#options.seed);
    for (let n = 0; !this.#stopped; n++) {
      const { topic, key, value, headers } = drawUnreadable(random, n);
      this.#tried.add(digestOf(value));
      await this.#producer.send({ topic, key, value, headers, timestampMs: this.#options.timestampMs }).then(
        () => this.#acknowledged.add(digestOf(value)),
        // Whether it is there, its topic says.
        () => undefined,
      );
      await delay(writeEveryMs);
    }
  }
}
