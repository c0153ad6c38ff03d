// What a record costs in the Kafka client by itself, beside stock kafkajs: CPU of the client's process, one broker.
//
//   node bench/client.ts [thousands of records per case]        default 300; or this file itself
//
// Batches of 1,000 records of 250 bytes to one partition, acknowledged by all in-sync replicas, idempotent, one batch
// under way; then the same records read back, whole batches, key and value of each looked at. Every case runs in a process
// of its own, ours and stock in the order A B B A, twice; the first third of the records warms up and is not counted.
// CPU is user and system time of all threads of the process, garbage collection included. The broker is not counted.

import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { startKafka } from "../../../../infra/kafka/local-kafka.ts";
import { connectAdmin } from "../../src/kafka/admin.ts";
import { failIfRefused } from "../../src/kafka/coordinator.ts";
import { Fetcher } from "../../src/kafka/fetcher.ts";
import { IdempotentProducer } from "../../src/kafka/idempotent-producer.ts";
import { sendBatches } from "../../src/kafka/produce-batches.ts";
import { errorCodes } from "../../src/kafka/protocol/errors.ts";
import { initProducerId, type ProducerIdentity } from "../../src/kafka/protocol/init-producer-id.ts";
import { encodeRecordBatch } from "../../src/kafka/record-batch.ts";
import { Wire } from "../../src/kafka/wire.ts";
import { stockKafka } from "./stock-client.ts";

const batchRecords = 1_000;
const valueBytes = 250;
const script = fileURLToPath(import.meta.url);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** Calls with each batch's number and returns µs CPU a record, the first third not counted. */
const measured = async (batches: number, call: (batch: number) => Promise<void>): Promise<number> => {
  const warm = Math.floor(batches / 3);
  for (let i = 0; i < warm; i++) await call(i);
  const before = process.cpuUsage();
  for (let i = warm; i < batches; i++) await call(i);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / ((batches - warm) * batchRecords);
};

/** The records are there before the clock runs: making them is not the client's work. */
const prepared = Array.from({ length: batchRecords }, (_, i) => ({
  key: Buffer.from(`account-${i}`),
  value: Buffer.alloc(valueBytes, `${i}`),
  headers: [],
  timestampMs: 1_700_000_000_000 + i,
}));

/** A broker that has just started loads its first block of ids when it is first asked. */
const newIdentity = async (wire: Wire): Promise<ProducerIdentity> => {
  for (;;) {
    const answer = await wire.send(await wire.anyNode(), initProducerId(null, 60_000));
    if (answer.errorCode === errorCodes.NONE) return answer;
    if (answer.errorCode !== errorCodes.COORDINATOR_LOAD_IN_PROGRESS)
      failIfRefused("InitProducerId", answer.errorCode);
    await delay(20);
  }
};

const produceOurs = async (brokers: string[], topic: string, batches: number): Promise<number> => {
  const wire = await Wire.connect({ brokers, clientId: "bench" });
  await wire.loadTopics([topic]);
  const identity = await newIdentity(wire);
  const cost = await measured(batches, async (batch) => {
    const producer = { ...identity, baseSequence: batch * batchRecords, transactional: false };
    const bytes = encodeRecordBatch(prepared, producer);
    await sendBatches(wire, [{ topic, partition: 0, bytes }], {
      transactionalId: null,
      version: 11,
      deadlineMs: 30_000,
    });
  });
  await wire.close();
  return cost;
};

/** The same by the producer of the HTTP edge, with a promise for each record. */
const produceSingly = async (brokers: string[], topic: string, batches: number): Promise<number> => {
  const producer = await IdempotentProducer.connect({ brokers, clientId: "bench", topics: [topic] });
  const records = prepared.map(({ key, value, timestampMs }) => ({
    topic,
    partition: 0,
    key: String(key),
    value,
    timestampMs,
    headers: {},
  }));
  const cost = await measured(batches, async () => {
    await Promise.all(records.map((record) => producer.send(record)));
  });
  await producer.close();
  return cost;
};

const produceStock = async (brokers: string[], topic: string, batches: number): Promise<number> => {
  const producer = stockKafka(brokers).producer({ idempotent: true });
  await producer.connect();
  const messages = prepared.map(({ key, value, timestampMs }) => ({
    key,
    value,
    partition: 0,
    timestamp: String(timestampMs),
  }));
  const cost = await measured(batches, async () => {
    await producer.send({ topic, acks: -1, messages });
  });
  await producer.disconnect();
  return cost;
};

/** Collects CPU over records that come as they come, the first third not counted. */
class Meter {
  readonly #warm: number;
  readonly #end: number;
  #seen = 0;
  #before: { readonly cpu: NodeJS.CpuUsage; readonly seen: number } | undefined;
  readonly done = Promise.withResolvers<number>();

  constructor(records: number) {
    this.#warm = records / 3;
    this.#end = records;
  }

  count(records: number): void {
    this.#seen += records;
    if (this.#before === undefined && this.#seen >= this.#warm)
      this.#before = { cpu: process.cpuUsage(), seen: this.#seen };
    if (this.#before === undefined || this.#seen < this.#end) return;
    const { user, system } = process.cpuUsage(this.#before.cpu);
    this.done.resolve((user + system) / (this.#seen - this.#before.seen));
  }
}

/** Looks at a record as a handler does first, so that nothing is left undone that a lazy reader could put off. */
const lookAt = (record: { readonly key: Uint8Array | null; readonly value: Uint8Array | null }): void => {
  if ((record.key?.length ?? 0) + (record.value?.length ?? 0) === 0) throw new Error("an empty record");
};

const consumeOurs = async (brokers: string[], topic: string, batches: number): Promise<number> => {
  const wire = await Wire.connect({ brokers, clientId: "bench" });
  await wire.loadTopics([topic]);
  const fetcher = new Fetcher(wire);
  fetcher.assign({ topic, partition: 0 }, 0);
  const meter = new Meter(batches * batchRecords);
  let done = false;
  void meter.done.promise.then(() => {
    done = true;
  });
  while (!done) {
    const chunk = await fetcher.next(1_000);
    for (const record of chunk?.records ?? []) lookAt(record);
    meter.count(chunk?.records.length ?? 0);
    await undefined;
  }
  fetcher.close();
  await wire.close();
  return meter.done.promise;
};

const consumeStock = async (brokers: string[], topic: string, batches: number): Promise<number> => {
  const consumer = stockKafka(brokers).consumer({ groupId: `bench-${process.pid}`, readUncommitted: false });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const meter = new Meter(batches * batchRecords);
  await consumer.run({
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch }) => {
      for (const message of batch.messages) lookAt(message);
      meter.count(batch.messages.length);
    },
  });
  const cost = await meter.done.promise;
  await consumer.disconnect();
  return cost;
};

const cases = {
  "produce-ours": produceOurs,
  "produce-stock": produceStock,
  "produce-singly": produceSingly,
  "consume-ours": consumeOurs,
  "consume-stock": consumeStock,
} as const;
type Case = keyof typeof cases;
/** µs CPU a record. */
const aims: Readonly<Partial<Record<Case, number>>> = { "produce-ours": 1.5, "consume-ours": 0.7 };
const isCase = (name: string | undefined): name is Case => name !== undefined && Object.hasOwn(cases, name);

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

const runAll = async (batches: number): Promise<void> => {
  const kafka = await startKafka({ onProgress: say });
  try {
    const admin = await connectAdmin({ brokers: kafka.brokers, clientId: "bench" });
    let topics = 0;
    const newTopic = async (): Promise<string> => {
      const name = `bench-client-${process.pid}-${topics++}`;
      const configs = { "retention.ms": "-1" };
      await admin.createTopics([{ name, partitions: 1, replicationFactor: 1, configs }]);
      return name;
    };
    const run = (name: Case, topic: string): number => {
      const args = [script, name, kafka.brokers.join(","), topic, String(batches)];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
      if (status !== 0) throw new Error(`${name}: ${stderr}`);
      return Number(stdout.trim().split("\n").at(-1));
    };
    const results = new Map<Case, number[]>();
    const note = (name: Case, cost: number): void =>
      void results.set(name, [...(results.get(name) ?? []), cost]);
    const abba: readonly (readonly [Case, Case])[] = [
      ["produce-ours", "consume-ours"],
      ["produce-stock", "consume-stock"],
      ["produce-stock", "consume-stock"],
      ["produce-ours", "consume-ours"],
    ];
    for (const [write, read] of [...abba, ...abba]) {
      const topic = await newTopic();
      note(write, run(write, topic));
      note(read, run(read, topic));
    }
    for (let i = 0; i < 3; i++) note("produce-singly", run("produce-singly", await newTopic()));
    await admin.close();
    say(`µs CPU a record, ${batches} batches of ${batchRecords} records of ${valueBytes} bytes:`);
    for (const [name, costs] of results) {
      const aim = aims[name];
      const beside = aim === undefined ? "" : `   aim ≤ ${aim}: ${median(costs) <= aim ? "met" : "MISSED"}`;
      say(
        `${name.padEnd(16)} median ${median(costs).toFixed(2)}   of ${costs.map((cost) => cost.toFixed(2)).join(" ")}${beside}`,
      );
    }
  } finally {
    await kafka.stop();
  }
};

const [first, brokers = "", topic = "", batches = ""] = process.argv.slice(2);
if (isCase(first)) {
  say(String(await cases[first](brokers.split(","), topic, Number(batches))));
  process.exit();
}
await runAll(Number(first ?? 300));
