// What exactly-once costs beside the same engine committing at least once, at the same cadence: CPU of the process.
//
//   node bench/guarantee.ts [thousands of records a run] [commit interval, ms]        default 300, 100
//
// A stage that counts per key drains a preloaded topic of 12 partitions: for each record one output and one change of
// state, written to a changelog. 10,000 keys, values of 250 bytes. Every run is a process and a group of its own, in the
// order A B B A, twice; the first third of the records warms up. Both sides write the same batches; at-least-once
// leaves out the transaction: AddPartitions, the fenced offsets, EndTxn, and the markers that the broker writes.
// CPU is user and system time of all threads of the process. The broker is not counted.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startKafka } from "../../../../infra/kafka/local-kafka.ts";
import { connectAdmin } from "../../src/kafka/admin.ts";
import { connectStreams } from "../../src/kafka/client.ts";
import { IdempotentProducer } from "../../src/kafka/idempotent-producer.ts";
import { readTopic } from "../../src/kafka/topic-reader.ts";
import { Wire } from "../../src/kafka/wire.ts";
import { keyValueStore } from "../../src/state/store.ts";
import type { Stage } from "../../src/worker/stage.ts";
import { changelogTopic } from "../../src/worker/task.ts";
import { StreamWorker } from "../../src/worker/worker.ts";
import { AtLeastOnceSender } from "./at-least-once-sender.ts";

const partitions = 12;
const keyCount = 10_000;
const valueBytes = 250;
/** Exactly-once over at-least-once, CPU. */
const ratioAim = 1.1;
const sides = ["exactly-once", "at-least-once"] as const;
type Side = (typeof sides)[number];

const script = fileURLToPath(import.meta.url);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const text = new TextDecoder();
const codec = {
  schema: "text/1",
  encode: (value: string): Uint8Array => Buffer.from(value),
  decode: (bytes: Uint8Array | null): string => text.decode(bytes ?? new Uint8Array()),
};
const topic = (name: string) => ({
  name,
  codec,
  partitions,
  cleanupPolicy: "delete" as const,
  retentionMs: -1,
  owner: "bench",
});

const countStage = (service: string, input: string): Stage => {
  const counts = keyValueStore<{ count: number }>("counts");
  const output = topic(`${service}-out`);
  return {
    service,
    deadLetters: `${service}-dlq`,
    handlers: [
      {
        topic: topic(input),
        stores: [counts],
        emits: [output],
        handle(batch, task) {
          const store = task.store(counts);
          for (const record of batch) {
            const key = record.key;
            const count = (store.get(key)?.count ?? 0) + 1;
            store.put(key, { count });
            task.emit(output, { key, value: `${count}`, timestampMs: record.timestampMs, cause: record });
          }
        },
      },
    ],
  };
};

interface Outcome {
  /** µs of CPU a record. */
  readonly cpu: number;
  readonly commits: number;
  readonly recordsPerSecond: number;
}

interface Run {
  readonly side: Side;
  readonly brokers: readonly string[];
  readonly input: string;
  readonly service: string;
  readonly records: number;
  readonly commitIntervalMs: number;
}

const drain = async ({ side, brokers, input, service, records, commitIntervalMs }: Run): Promise<Outcome> => {
  const stage = countStage(service, input);
  const client = await connectStreams(stage, { brokers, instanceId: "0" });
  if (side === "at-least-once") {
    const wire = await Wire.connect({ brokers, clientId: "bench" });
    await wire.loadTopics([`${service}-out`, changelogTopic(service, "counts")]);
    client.openSender = () => AtLeastOnceSender.open(wire, service);
  }
  const done = Promise.withResolvers<Outcome>();
  let [seen, commits] = [0, 0];
  let from: { readonly cpu: NodeJS.CpuUsage; readonly seen: number; readonly atMs: number } | undefined;
  const worker = new StreamWorker(
    stage,
    client,
    { commitIntervalMsMax: commitIntervalMs },
    {
      committed: ({ inputs }) => {
        seen += inputs;
        if (from !== undefined) commits++;
        else if (seen >= records / 3) from = { cpu: process.cpuUsage(), seen, atMs: performance.now() };
        if (from === undefined || seen < records) return;
        const { user, system } = process.cpuUsage(from.cpu);
        const counted = seen - from.seen;
        const seconds = (performance.now() - from.atMs) / 1_000;
        done.resolve({ cpu: (user + system) / counted, commits, recordsPerSecond: counted / seconds });
      },
      failed: (error) => done.reject(error),
    },
  );
  void worker.run();
  const outcome = await done.promise;
  await worker.stop();
  return outcome;
};

const preload = async (brokers: readonly string[], input: string, records: number): Promise<void> => {
  const producer = await IdempotentProducer.connect({ brokers, clientId: "bench", topics: [input] });
  const value = Buffer.alloc(valueBytes, "x");
  for (let from = 0; from < records; from += 5_000) {
    await Promise.all(
      Array.from({ length: Math.min(5_000, records - from) }, (_, i) =>
        producer.send({
          topic: input,
          key: `account-${((from + i) * 7_919) % keyCount}`,
          value,
          timestampMs: 1_700_000_000_000 + from + i,
          headers: { schema: codec.schema },
        }),
      ),
    );
  }
  await producer.close();
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const report = (outcomes: ReadonlyMap<Side, readonly Outcome[]>): void => {
  const cpus = sides.map((side) => (outcomes.get(side) ?? []).map(({ cpu }) => cpu));
  sides.forEach((side, i) => {
    const of = outcomes.get(side) ?? [];
    say(
      `${side.padEnd(14)} ${median(cpus[i] ?? []).toFixed(2)} µs CPU a record (${(cpus[i] ?? []).map((cpu) => cpu.toFixed(2)).join(" ")}), ${median(of.map(({ commits }) => commits))} commits, ${Math.round(median(of.map(({ recordsPerSecond }) => recordsPerSecond)))} records/s`,
    );
  });
  const [exactly = [], atLeast = []] = cpus;
  const ratios = exactly.map((cpu, i) => cpu / (atLeast[i] ?? Number.NaN));
  const isMet = median(ratios) <= ratioAim;
  say(
    `exactly-once / at-least-once = ${median(ratios).toFixed(2)} in pairs (${ratios.map((ratio) => ratio.toFixed(2)).join(" ")}), aim ≤ ${ratioAim}: ${isMet ? "met" : "MISSED"}`,
  );
};

/** A figure of a worker that loses or doubles would be none: each record has made one committed output. */
const checkOutputs = async ({ brokers, service, records }: Run): Promise<void> => {
  const outputs = (await readTopic({ brokers, clientId: "bench", topic: `${service}-out` })).flat().length;
  if (outputs === records) return;
  say(`✗ ${service}: ${outputs} outputs of ${records} records`);
  process.exitCode = 1;
};

const runAll = async (records: number, commitIntervalMs: number): Promise<void> => {
  const kafka = await startKafka({ onProgress: say });
  const { brokers } = kafka;
  try {
    const admin = await connectAdmin({ brokers, clientId: "bench" });
    const create = (...names: string[]): Promise<void> =>
      admin.createTopics(
        names.map((name) => ({ name, partitions, replicationFactor: 1, configs: { "retention.ms": "-1" } })),
      );
    const prefix = `bench-guarantee-${process.pid}`;
    await create(`${prefix}-in`);
    await preload(brokers, `${prefix}-in`, records);
    const outcomes = new Map<Side, Outcome[]>();
    const abba: readonly Side[] = ["exactly-once", "at-least-once", "at-least-once", "exactly-once"];
    for (const [i, side] of [...abba, ...abba].entries()) {
      const service = `${prefix}-${i}`;
      await create(`${service}-out`, `${service}-dlq`);
      const run: Run = { side, brokers, input: `${prefix}-in`, service, records, commitIntervalMs };
      const { stdout, stderr, status } = spawnSync(process.execPath, [script, JSON.stringify(run)], {
        encoding: "utf8",
      });
      if (status !== 0) throw new Error(`${side}: ${stderr}`);
      await checkOutputs(run);
      outcomes.set(side, [
        ...(outcomes.get(side) ?? []),
        JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Outcome,
      ]);
    }
    await admin.close();
    say(
      `${records} records, a commit every ${commitIntervalMs} ms at most; medians of four runs each, A B B A twice`,
    );
    report(outcomes);
  } finally {
    await kafka.stop();
  }
};

const [first = "300", intervalMs = "100"] = process.argv.slice(2);
if (first.startsWith("{")) {
  say(JSON.stringify(await drain(JSON.parse(first) as Run)));
  process.exit();
}
await runAll(Number(first) * 1_000, Number(intervalMs));
