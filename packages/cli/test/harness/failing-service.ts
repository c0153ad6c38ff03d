// A service that fails at some records, on the broker of the run, with topics of a test's own.

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Topic } from "@riffle/contracts";
import { keyValueStore, type RawRecord, type Stage, StreamWorker, type WorkerOptions } from "@riffle/streams";
import {
  connectAdmin,
  connectStreams,
  IdempotentProducer,
  readTopic,
  type StreamsClientOptions,
} from "@riffle/streams/kafka";
import { afterEach, inject } from "vitest";

const toClose: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of toClose.splice(0).toReversed()) await close();
});

/** How a test reaches the broker of the run. */
export const kafka = () => ({ brokers: inject("kafkaBrokers"), clientId: "cli-test" });

/** The words that name that broker. */
export const onBroker = (): string[] => ["--brokers", inject("kafkaBrokers").join(",")];

const partitions = 3;
const timestampMs = 1_700_000_000_000;

const textTopic = (name: string): Topic<string> => ({
  name,
  partitions,
  cleanupPolicy: "delete",
  retentionMs: -1,
  owner: "test",
  codec: {
    schema: "text/1",
    encode: (value) => Buffer.from(value),
    decode: (bytes) => Buffer.from(bytes ?? []).toString(),
  },
});

/** A service of a test's own. */
export interface FailingService {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly deadLetters: string;
  /** Has it fail at no record from now on. */
  mend(): void;
}

/** Creates topics of three partitions that keep records however old their event time is. */
export const createTopics = async (...names: readonly string[]): Promise<void> => {
  const admin = await connectAdmin(kafka());
  try {
    const layout = { partitions, replicationFactor: 1, configs: { "retention.ms": "-1" } };
    await admin.createTopics(names.map((name) => ({ name, ...layout })));
  } finally {
    await admin.close();
  }
};

/**
 * Starts a service that writes each text of its input to its output, and fails at those that begin with `bad`. With
 * `input` it reads a topic that is there.
 */
export const startService = async (input?: string): Promise<FailingService> => {
  const name = `cli-${randomUUID().slice(0, 8)}`;
  const service = {
    name,
    input: input ?? `${name}.in.v1`,
    output: `${name}.out.v1`,
    deadLetters: `${name}.dlq.v1`,
  };
  await createTopics(...(input === undefined ? [service.input] : []), service.output, service.deadLetters);
  let fails = true;
  const output = textTopic(service.output);
  const stage: Stage = {
    service: name,
    deadLetters: service.deadLetters,
    handlers: [
      {
        topic: textTopic(service.input) as Topic<unknown>,
        stores: [],
        emits: [output as Topic<unknown>],
        handle: (batch, task) => {
          for (const record of batch) {
            const value = String(record.value);
            if (fails && value.startsWith("bad")) throw new Error(`cannot handle \u001b[2J${value}`);
            task.emit(output, { key: record.key, value, timestampMs: record.timestampMs, cause: record });
          }
        },
      },
    ],
  };
  await runWorker(stage);
  return {
    ...service,
    mend: () => {
      fails = false;
    },
  };
};

/** Starts a service that counts the records of each key in a store, and keeps a copy of it below the folder. */
export const startCountingService = async (
  stateDir: string,
): Promise<{
  readonly name: string;
  readonly input: string;
  readonly output: string;
  stop(): Promise<void>;
}> => {
  const name = `cli-${randomUUID().slice(0, 8)}`;
  const [input, output] = [textTopic(`${name}.in.v1`), textTopic(`${name}.out.v1`)];
  await createTopics(input.name, output.name, `${name}.dlq.v1`);
  const counts = keyValueStore<number>("counts");
  const stop = await runWorker(
    {
      service: name,
      deadLetters: `${name}.dlq.v1`,
      handlers: [
        {
          topic: input as Topic<unknown>,
          stores: [counts],
          emits: [output as Topic<unknown>],
          handle: (batch, task) => {
            const store = task.store(counts);
            for (const record of batch) {
              const count = (store.get(record.key) ?? 0) + 1;
              store.put(record.key, count);
              const { key, timestampMs } = record;
              task.emit(output, { key, value: String(count), timestampMs, cause: record });
            }
          },
        },
      ],
    },
    { stateDir },
  );
  return { name, input: input.name, output: output.name, stop };
};

/**
 * Starts a service that does with each of its batches what a test says, one fetched batch of records at a time.
 *
 * @param name the group, and the prefix of its topics
 */
export const startHandling = async (
  name: string,
  handle: () => Promise<void>,
): Promise<{ readonly input: string; stop(): Promise<void> }> => {
  const input = textTopic(`${name}.in.v1`);
  await createTopics(input.name, `${name}.dlq.v1`);
  const stage: Stage = {
    service: name,
    deadLetters: `${name}.dlq.v1`,
    handlers: [{ topic: input as Topic<unknown>, stores: [], emits: [], handle }],
  };
  return { input: input.name, stop: await runWorker(stage, {}, { partitionBytesMax: 1 }) };
};

const runWorker = async (
  stage: Stage,
  options: WorkerOptions = {},
  fetch: StreamsClientOptions["fetch"] = {},
): Promise<() => Promise<void>> => {
  const times = { sessionTimeoutMs: 6_000, transactionTimeoutMs: 4_000, heartbeatIntervalMs: 300 };
  const client = await connectStreams(stage, { ...kafka(), ...times, fetch, instanceId: "0" });
  const worker = new StreamWorker(stage, client, { commitIntervalMsMax: 20, ...options });
  const run = worker.run();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      await worker.stop();
      await client.close();
      await run;
    })();
    return stopped;
  };
  toClose.push(stop);
  return stop;
};

/** Sends `key=value` texts, one after the other, to one partition. */
export const send = async (topic: string, partition: number, ...texts: readonly string[]): Promise<void> => {
  const producer = await IdempotentProducer.connect({ ...kafka(), topics: [topic] });
  try {
    for (const text of texts) {
      const [key = "", value = ""] = text.split("=");
      const headers = { schema: "text/1", mine: value };
      await producer.send({ topic, partition, key, value: Buffer.from(value), timestampMs, headers });
    }
  } finally {
    await producer.close();
  }
};

/** What is committed in a topic, partition by partition. */
export const recordsIn = (topic: string): Promise<(readonly RawRecord[])[]> =>
  readTopic({ ...kafka(), topic });

/** The same as `key=value`. */
export const textsIn = async (topic: string): Promise<string[]> =>
  (await recordsIn(topic))
    .flat()
    .map(({ key, value }) => `${Buffer.from(key ?? [])}=${Buffer.from(value ?? [])}`);

/** Waits until so many records are committed in a topic, and returns their texts. */
export const eventuallyIn = async (topic: string, count: number, withinMs = 20_000): Promise<string[]> => {
  for (const deadline = performance.now() + withinMs; ; await delay(20)) {
    const texts = await textsIn(topic);
    if (texts.length >= count) return texts;
    if (performance.now() > deadline)
      throw new Error(`not within ${withinMs} ms: ${count} records in ${topic}; there are ${texts.length}`);
  }
};
