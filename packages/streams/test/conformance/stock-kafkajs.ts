// Runs the scenarios of the client's tests against stock kafkajs, and prints what fails: why the client exists.
//
//   node packages/streams/test/conformance/stock-kafkajs.ts
//
// Starts three brokers of its own, each behind a proxy; takes about a minute. What is written is read back by this
// repository's reader, which the integration tests compare with Kafka's own consumer.

import { setTimeout as delay } from "node:timers/promises";
import { KafkaProxy } from "../../../../infra/faults/kafka-proxy.ts";
import { startKafka } from "../../../../infra/kafka/local-kafka.ts";
import { freePorts } from "../../../../infra/kafka/ports.ts";
import { connectAdmin } from "../../src/kafka/admin.ts";
import { readTopic } from "../../src/kafka/topic-reader.ts";
import { eventually, present } from "../harness/eventually.ts";
import { CompressionTypes, stockKafka } from "./stock-client.ts";

const ports = await freePorts(3);
const kafka = await startKafka({ source: "jvm", brokers: 3, proxyPorts: ports, onProgress: console.error });
const proxies = await Promise.all(
  kafka.nodes.map((node, i) => KafkaProxy.listen(present(ports[i]), present(node.behindProxy))),
);
const brokers = ports.map((port) => `127.0.0.1:${port}`);
const own = { brokers: kafka.brokers, clientId: "conformance" };
let names = 0;

const newTopic = async (partitions = 3, configs: Record<string, string> = {}): Promise<string> => {
  const name = `stock-${names++}`;
  const admin = await connectAdmin(own);
  await admin.createTopics([{ name, partitions, replicationFactor: 3, configs }]);
  await admin.close();
  return name;
};

const valuesIn = async (topic: string): Promise<string[]> =>
  (await readTopic({ ...own, topic })).flat().map(({ value }) => String(value));

/** How many of the expected are missing, and how many there are more than once. */
const compare = (expected: readonly string[], found: readonly string[]): string => {
  const counts = new Map<string, number>();
  for (const value of found) counts.set(value, (counts.get(value) ?? 0) + 1);
  const lost = expected.filter((value) => !counts.has(value)).length;
  const doubled = [...counts.values()].filter((count) => count > 1).length;
  const wanted = new Set(expected);
  const unasked = [...counts.keys()].filter((value) => !wanted.has(value)).length;
  return `${lost} of ${expected.length} lost, ${doubled} doubled, ${unasked} that should not be there`;
};

/** Reads with stock kafkajs until nothing came for a while. */
const stockReads = async (topic: string, from?: string): Promise<string[]> => {
  const consumer = stockKafka(brokers).consumer({ groupId: `group-${names++}`, readUncommitted: false });
  const values: string[] = [];
  let lastAt = Date.now();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(String(message.value));
      lastAt = Date.now();
    },
  });
  if (from !== undefined) consumer.seek({ topic, partition: 0, offset: from });
  await eventually("it is quiet", () => Date.now() - lastAt > 2_500, 20_000);
  await consumer.disconnect();
  return values;
};

const interleavedAborts = async (): Promise<string> => {
  const topic = await newTopic(1);
  const producers = await Promise.all(
    Array.from({ length: 6 }, async (_, i) => {
      const producer = stockKafka(brokers).producer({
        transactionalId: `${topic}-${i}`,
        idempotent: true,
        maxInFlightRequests: 1,
      });
      await producer.connect();
      return producer;
    }),
  );
  const committed: string[] = [];
  for (let round = 0; round < 8; round++) {
    const open = [];
    for (const [i, producer] of producers.entries()) {
      const transaction = await producer.transaction();
      const values = [`${round}-${i}-a`, `${round}-${i}-b`];
      for (const value of values)
        await transaction.send({ topic, messages: [{ key: Buffer.alloc(4), value }] });
      open.push({ transaction, values, commits: (round + i) % 2 === 0 });
    }
    // Ended in another order than begun: the broker lists aborted transactions as they ended.
    for (const { transaction, values, commits } of open.toReversed()) {
      if (commits) committed.push(...values);
      await (commits ? transaction.commit() : transaction.abort());
    }
  }
  for (const producer of producers) await producer.disconnect();
  return compare(committed, await stockReads(topic));
};

const lostAnswersTwoInFlight = async (): Promise<string> => {
  const topic = await newTopic(1);
  const producer = stockKafka(brokers).producer({ idempotent: true });
  await producer.connect();
  const acknowledged: string[] = [];
  for (let i = 0; i < 10; i++) {
    const faults = proxies.map((proxy) =>
      proxy.inject({ api: "Produce", of: "answer", action: { kind: "disconnect" }, client: "stock" }),
    );
    const send = async (value: string): Promise<void> => {
      await producer.send({ topic, messages: [{ value, partition: 0 }] });
      acknowledged.push(value);
    };
    await Promise.allSettled([send(`${i}-a`), send(`${i}-b`)]);
    for (const fault of faults) fault.release();
  }
  await producer.disconnect();
  return `of what was acknowledged: ${compare(acknowledged, await valuesIn(topic))}`;
};

const partialFailureInTransaction = async (): Promise<string> => {
  const topic = await newTopic(3);
  const producer = stockKafka(brokers).producer({
    transactionalId: topic,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const committed: string[] = [];
  for (let i = 0; i < 10; i++) {
    const [slow, lossy] = [present(proxies[i % 3]), present(proxies[(i + 1) % 3])];
    const faults = [
      slow.inject({
        api: "Produce",
        of: "answer",
        action: { kind: "delay", delayMs: 1_000 },
        client: "stock",
      }),
      lossy.inject({ api: "Produce", of: "answer", action: { kind: "disconnect" }, client: "stock" }),
    ];
    const values = [0, 1, 2].map((partition) => `${i}-${partition}`);
    try {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: values.map((value, partition) => ({ value, partition })) });
      await transaction.commit();
      committed.push(...values);
    } catch {
      // A failed commit leaves kafkajs's state machine where it is: the producer is of no more use.
      break;
    } finally {
      for (const fault of faults) fault.release();
    }
  }
  await producer.disconnect();
  return `of ${committed.length / 3} committed transactions: ${compare(committed, await valuesIn(topic))}`;
};

const staleGeneration = async (): Promise<string> => {
  const topic = await newTopic(1);
  const groupId = `group-${names++}`;
  const producer = stockKafka(brokers).producer({
    transactionalId: topic,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const owner = stockKafka(brokers).consumer({ groupId });
  await owner.connect();
  await owner.subscribe({ topic });
  await owner.run({ eachMessage: async () => {} });
  const offset = { topics: [{ topic, partitions: [{ partition: 0, offset: "42" }] }] };
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ value: "of nobody in the group" }] });
  const outcome = await transaction.sendOffsets({ consumerGroupId: groupId, ...offset }).then(
    () => transaction.commit().then(() => "accepted, from a producer that no member of the group owns"),
    (error: Error) => `refused: ${error.message}`,
  );
  await owner.disconnect();
  await producer.disconnect();
  return outcome;
};

const pendingOffsets = async (): Promise<string> => {
  const topic = await newTopic(1);
  const groupId = `group-${names++}`;
  const producer = stockKafka(brokers).producer({
    transactionalId: topic,
    idempotent: true,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ value: "v" }] });
  await transaction.sendOffsets({
    consumerGroupId: groupId,
    topics: [{ topic, partitions: [{ partition: 0, offset: "1" }] }],
  });
  const admin = stockKafka(brokers).admin();
  await admin.connect();
  const [read] = await admin.fetchOffsets({ groupId, topics: [topic] });
  await transaction.commit();
  await admin.disconnect();
  await producer.disconnect();
  return `answered ${read?.partitions[0]?.offset} at once, while 1 was about to be committed`;
};

const outOfRange = async (): Promise<string> => {
  const topic = await newTopic(1);
  const producer = stockKafka(brokers).producer();
  await producer.connect();
  for (let i = 0; i < 5; i++) await producer.send({ topic, messages: [{ value: `${i}`, partition: 0 }] });
  await producer.disconnect();
  const read = await stockReads(topic, "1000");
  return `asked for offset 1,000 of a log that ends at 5, it delivered [${read}] and no error`;
};

const tooLarge = async (): Promise<string> => {
  const topic = await newTopic(1);
  const producer = stockKafka(brokers).producer();
  await producer.connect();
  const messages = Array.from({ length: 3 }, () => ({ value: Buffer.alloc(600_000), partition: 0 }));
  const outcome = await producer.send({ topic, messages }).then(
    () => "sent",
    (error: Error) => `three records of 600 kB in one send: ${error.message}`,
  );
  await producer.disconnect();
  return outcome;
};

const compressions = async (): Promise<string> => {
  const outcomes: string[] = [];
  for (const [name, compression] of Object.entries(CompressionTypes)) {
    const topic = await newTopic(1);
    const producer = stockKafka(brokers).producer({ retry: { retries: 0 } });
    await producer.connect();
    const outcome = await producer
      .send({ topic, compression: compression as CompressionTypes, messages: [{ value: "v" }] })
      .then(
        () => "works",
        (error: Error) => error.message,
      );
    outcomes.push(`${name}: ${outcome}`);
    await producer.disconnect();
  }
  return outcomes.join("; ");
};

const backToBack = async (): Promise<string> => {
  const topic = await newTopic(1);
  const producer = stockKafka(brokers).producer({
    transactionalId: topic,
    idempotent: true,
    maxInFlightRequests: 1,
    retry: { initialRetryTime: 300 },
  });
  await producer.connect();
  const startedAt = performance.now();
  let done = 0;
  for (; performance.now() - startedAt < 5_000; done++) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: "v" }] });
    await transaction.commit();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  await producer.disconnect();
  return `${(done / seconds).toFixed(1)} a second`;
};

const scenarios: Readonly<Record<string, () => Promise<string>>> = {
  "read committed, six producers whose commits and aborts interleave": interleavedAborts,
  "two sends under way to one partition, one answer lost, ten times": lostAnswersTwoInFlight,
  "transactions over three brokers, one slow and one whose answer is lost, ten times":
    partialFailureInTransaction,
  "offsets of a process outside of the group": staleGeneration,
  "offsets read while a transaction decides about them": pendingOffsets,
  "an offset that is no longer in the log": outOfRange,
  "more bytes for one partition than a batch may have": tooLarge,
  "the four compressions": compressions,
  "transactions back to back, default settings": backToBack,
};

try {
  for (const [name, run] of Object.entries(scenarios)) {
    const outcome = await Promise.race([
      run().catch((error: unknown) => `failed: ${(error as Error).message}`),
      delay(90_000, "did not end within 90 s", { ref: false }),
    ]);
    for (const proxy of proxies) proxy.heal();
    console.log(`| ${name} | ${outcome} |`);
  }
} finally {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await kafka.stop();
  process.exit();
}
