// What state costs: its bytes as JSON and as binary, and how fast it comes back.
//
//   node bench/state.ts [keys]        after `npx -y pnpm@10 build`
//
// First the state of hopping windows of an account (5 min / 1 min, count sum min max, six panes), written and read; CPU is
// user and system time of all threads, garbage collection in it. Then a worker with so many keys in one partition on a real
// broker: restored from its changelog, and from its copy on disk, in turn. Last, a worker that stands by takes the partition
// over from one that leaves.
//
// What it does not measure: a changelog with many records for a key, several partitions at once, a disk that is not in the
// page cache.

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { wholeNumber } from "@riffle/infra/command-line/values";
import { startKafka } from "@riffle/infra/kafka";
import {
  type HoppingState,
  HoppingWindows,
  hoppingStateSerde,
  jsonSerde,
  keyValueStore,
  type RestoreReport,
  type Serde,
  type Stage,
  StreamWorker,
  type Totals,
  totals,
  totalsShape,
} from "@riffle/streams";
import { connectAdmin, connectStreams, IdempotentProducer } from "@riffle/streams/kafka";
import { median } from "./median.ts";

const { keys } = commandLine({
  command: "node bench/state.ts",
  does: "What state costs: its bytes as JSON and as binary, and how fast it comes back.",
  operands: { keys: wholeNumber("keys in one partition", 100_000, { min: 1 }) },
});
const rounds = 5;
const minuteMs = 60_000;
const startMs = 1_800_000_000_000;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The state of an account with a payment a minute, as the operator keeps it. */
const stateOf = (account: number): HoppingState<Totals> => {
  const held = new Map<string, HoppingState<Totals>>();
  const store = {
    get: (key: string) => held.get(key),
    put: (key: string, state: HoppingState<Totals>) => void held.set(key, state),
    delete: (key: string) => void held.delete(key),
    entries: () => held.entries(),
    size: 0,
  };
  const shape = { sizeMs: 5 * minuteMs, advanceMs: minuteMs, graceMs: 5_000 };
  const windows = new HoppingWindows(store, { ...shape, aggregate: totals((amount: number) => amount) });
  for (let minute = 0; minute < 6; minute++) {
    const timestampMs = startMs + minute * minuteMs + (account % minuteMs);
    const value = 100 + ((account * 7_919 + minute * 104_729) % 100_000);
    windows.observe({ key: "a", timestampMs, value, streamTimeMs: startMs }, () => {});
  }
  return held.get("a") as HoppingState<Totals>;
};

const microsPer = (count: number, work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
};

const compareSerdes = (): void => {
  const states = Array.from({ length: 20_000 }, (_, i) => stateOf(i));
  const serdes: readonly (readonly [string, Serde<HoppingState<Totals>>])[] = [
    ["JSON", jsonSerde()],
    ["binary", hoppingStateSerde(totalsShape())],
  ];
  const figures = new Map(serdes.map(([name]) => [name, { write: [] as number[], read: [] as number[] }]));
  for (let round = 0; round < 12; round++) {
    // A B B A: a machine that slows down does so for both.
    for (const [name, serde] of round % 2 === 0 ? serdes : serdes.toReversed()) {
      let written: Uint8Array[] = [];
      const write = microsPer(states.length, () => {
        written = states.map((state) => serde.serialize(state));
      });
      const read = microsPer(states.length, () => {
        for (const bytes of written) serde.deserialize(bytes);
      });
      if (round < 2) continue;
      figures.get(name)?.write.push(write);
      figures.get(name)?.read.push(read);
    }
  }
  say(
    `the state of hopping windows with ${states[0]?.starts.length} panes, medians of 10 × ${states.length}:`,
  );
  for (const [name, serde] of serdes) {
    const bytes = states.reduce((sum, state) => sum + serde.serialize(state).length, 0) / states.length;
    const { write = [], read = [] } = figures.get(name) ?? {};
    say(
      `  ${name.padEnd(6)} ${median(write).toFixed(2)} µs CPU to write, ${median(read).toFixed(2)} to read, ${Math.round(bytes)} bytes`,
    );
  }
};

const service = `bench-state-${randomUUID().slice(0, 8)}`;
const accounts = keyValueStore("accounts", hoppingStateSerde(totalsShape()));

/** Keeps one state for each key that comes. */
const stage: Stage = {
  service,
  deadLetters: `${service}-dlq`,
  handlers: [
    {
      topic: {
        name: `${service}-in`,
        partitions: 1,
        cleanupPolicy: "delete",
        retentionMs: -1,
        owner: service,
        codec: {
          schema: "",
          encode: () => Buffer.alloc(0),
          decode: (bytes) => Number(Buffer.from(bytes ?? []).toString()),
        },
      },
      stores: [accounts],
      emits: [],
      handle: (batch, task) => {
        const store = task.store(accounts);
        for (const { key, value } of batch) store.put(key, stateOf(value as number));
      },
    },
  ],
};

interface Life {
  readonly report: RestoreReport;
  /** From the beginning of the worker until it is restored, milliseconds. */
  readonly readyMs: number;
  /** CPU of the process in that time, milliseconds. */
  readonly cpuMs: number;
}

/** Starts a worker, waits until it is ready and `until` holds, and stops it. */
const live = async (
  brokers: readonly string[],
  stateDir: string,
  until: () => boolean | Promise<boolean> = () => true,
): Promise<Life> => {
  const client = await connectStreams(stage, { brokers, instanceId: "bench" });
  let report: RestoreReport | undefined;
  const options = { stateDir, checkpointIntervalMs: 3_600_000, idleAfterMs: 3_600_000 };
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const worker = new StreamWorker(stage, client, options, {
    restored: (of) => {
      report = of;
    },
  });
  const run = worker.run();
  while (!worker.ready) await Promise.race([new Promise((resolve) => setTimeout(resolve, 2)), run]);
  const readyMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  while (!(await until())) await Promise.race([new Promise((resolve) => setTimeout(resolve, 50)), run]);
  await worker.stop();
  await client.close();
  return { report: report as RestoreReport, readyMs, cpuMs: (user + system) / 1_000 };
};

const sentMs = Date.now();

const fill = async (brokers: readonly string[], stateDir: string): Promise<void> => {
  const admin = await connectAdmin({ brokers, clientId: service });
  const kept = { "retention.ms": "-1" };
  const topic = `${service}-in`;
  await admin.createTopics(
    [topic, stage.deadLetters].map((name) => ({ name, partitions: 1, replicationFactor: 1, configs: kept })),
  );
  const producer = await IdempotentProducer.connect({ brokers, clientId: service, topics: [topic] });
  for (let from = 0; from < keys; from += 5_000) {
    const part = Array.from({ length: Math.min(5_000, keys - from) }, (_, i) => from + i);
    await Promise.all(
      part.map((account) =>
        producer.send({
          topic,
          key: `EURacc_${account}`,
          value: Buffer.from(String(account)),
          timestampMs: sentMs,
          headers: {},
        }),
      ),
    );
  }
  await producer.close();
  await live(brokers, stateDir, async () => {
    const lags = await admin.lag(service, topic);
    return lags.every(({ lag, committed }) => lag === 0 && committed > 0);
  });
  await admin.close();
};

const compareRestores = async (brokers: readonly string[]): Promise<void> => {
  const stateDir = await mkdtemp(join(tmpdir(), "riffle-bench-"));
  try {
    await fill(brokers, stateDir);
    const lives = { start: [] as Life[], checkpoint: [] as Life[] };
    for (let round = 0; round < rounds; round++) {
      // The first of each round finds the copy that the one before left; then it is removed.
      lives.checkpoint.push(await live(brokers, stateDir));
      await rm(stateDir, { recursive: true, force: true });
      lives.start.push(await live(brokers, stateDir));
    }
    say(`restart of a worker with ${keys} keys in one partition, medians of ${rounds} in turn:`);
    for (const [from, of] of Object.entries(lives)) {
      const expected = from === "start" ? keys : 0;
      const wrong = of.filter(({ report }) => report.from !== from || report.records !== expected);
      if (wrong.length > 0) throw new Error(`from ${from}: ${JSON.stringify(wrong[0]?.report)}`);
      const readyMs = median(of.map((life) => life.readyMs));
      const cpuMs = median(of.map((life) => life.cpuMs));
      const replayMs = median(of.map(({ report }) => report.durationMs));
      const rate =
        from === "start" ? `, ${Math.round((keys / replayMs) * 1_000)} keys/s from the changelog` : "";
      say(
        `  from the ${from.padEnd(10)} ready after ${Math.round(readyMs)} ms, ${Math.round(cpuMs)} ms CPU${rate}`,
      );
    }
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
};

/** A worker that keeps a standby, or is one. */
const startMember = async (brokers: readonly string[], instanceId: string) => {
  const client = await connectStreams(stage, { brokers, instanceId, standbyReplicas: 1 });
  const reports: RestoreReport[] = [];
  const worker = new StreamWorker(
    stage,
    client,
    { idleAfterMs: 3_600_000 },
    { restored: (report) => reports.push(report) },
  );
  const run = worker.run();
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await Promise.race([new Promise((resolve) => setTimeout(resolve, 2)), run]);
  };
  const stop = async (): Promise<void> => {
    await worker.stop();
    await client.close();
  };
  return { worker, reports, until, stop };
};

/** From the leaving of the owner until the other, which stood by, is restored. */
const compareFailovers = async (brokers: readonly string[]): Promise<void> => {
  const tookMs: number[] = [];
  let owner = await startMember(brokers, "member-0");
  await owner.until(() => owner.worker.partitions.length === 1 && owner.worker.ready);
  for (let round = 1; round <= rounds; round++) {
    const next = await startMember(brokers, `member-${round}`);
    await next.until(() => {
      const [standby] = next.worker.standbys();
      return standby?.entries === keys && standby.lagRecords === 0;
    });
    const startedAt = performance.now();
    await Promise.all([
      owner.stop(),
      next
        .until(() => next.worker.partitions.length === 1 && next.worker.ready)
        .then(() => {
          tookMs.push(performance.now() - startedAt);
        }),
    ]);
    const [report] = next.reports;
    if (report?.from !== "standby" || report.records > 0) throw new Error(JSON.stringify(report));
    owner = next;
  }
  await owner.stop();
  say(
    `failover to a standby that holds all ${keys} keys, median of ${rounds}: ready after ${Math.round(median(tookMs))} ms, the rebalance included, 0 records restored`,
  );
};

compareSerdes();
const kafka = await startKafka({ onProgress: say });
try {
  await compareRestores(kafka.brokers);
  await compareFailovers(kafka.brokers);
} finally {
  await kafka.stop();
}
