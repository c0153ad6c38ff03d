// What each setting costs and brings: the figures of docs/tuning.md.
//
//   node bench/tuning.ts compression|commits|fetch|partitions|replicas|hot [thousands a turn]     default 60
//   node bench/tuning.ts cadence [series]                                                         default 100
//   node bench/tuning.ts connections [thousands a turn]                                           default 20
//
// After `npx -y pnpm@10 build`. Settings take turns A B C … C B A, each turn on a broker of its own, and medians are
// printed with what was seen. One broker and all processes on one machine: read ratios between the rows of a table, not
// the rates as such.

import type { StageName } from "@riffle/audit/pipeline/drained";
import { createTopics } from "@riffle/audit/pipeline/running-pipeline";
import { startKafka } from "@riffle/infra/kafka";
import { alertLatencies, quantile } from "./alert-latency.ts";
import { type Drained, type DrainSetting, drainOnce } from "./drain-run.ts";
import { postTransactions, transactionText } from "./ingest-load.ts";
import { median, startServer } from "./ingest-servers.ts";

interface Table {
  readonly services: readonly StageName[];
  readonly rows: Readonly<Record<string, DrainSetting>>;
}

const oneOf = (variable: string, values: readonly string[]): Record<string, DrainSetting> =>
  Object.fromEntries(values.map((value) => [value, { env: { [variable]: value } }]));

const tables: Readonly<Record<string, Table>> = {
  compression: {
    services: ["filter"],
    rows: oneOf("KAFKA_COMPRESSION", ["none", "lz4", "snappy", "zstd", "gzip"]),
  },
  commits: {
    services: ["filter", "fraud-detector"],
    rows: oneOf("COMMIT_INTERVAL_MS_MAX", ["10", "50", "100", "500"]),
  },
  fetch: {
    services: ["filter"],
    rows: oneOf("PARTITION_FETCH_BYTES_MAX", ["65536", "262144", "1048576", "4194304"]),
  },
  partitions: {
    services: ["filter", "fraud-detector"],
    rows: Object.fromEntries([1, 3, 12, 48].map((partitions) => [String(partitions), { partitions }])),
  },
  replicas: {
    services: ["fraud-detector"],
    rows: Object.fromEntries([1, 2, 3].map((replicas) => [String(replicas), { replicas }])),
  },
  hot: {
    services: ["filter", "fraud-detector"],
    rows: {
      "even, 1 replica": {},
      "even, 2 replicas": { replicas: 2 },
      "half by one account, 1 replica": { hotShare: 0.5 },
      "half by one account, 2 replicas": { hotShare: 0.5, replicas: 2 },
    },
  },
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const thereAndBack = <T>(items: readonly T[]): T[] => [...items, ...items.toReversed()];
const figures = (values: readonly number[], digits: number): string =>
  `${median(values).toFixed(digits)} (${values.map((value) => value.toFixed(digits)).join(" ")})`;

/** Drains at each setting. The fraud detector needs what the filter writes, so it never runs without it. */
async function drains({ services, rows }: Table, count: number): Promise<void> {
  const through = services.includes("filter") ? services : (["filter", ...services] as const);
  const seen = new Map<string, Drained[]>(Object.keys(rows).map((name) => [name, []]));
  for (const [name, setting] of thereAndBack(Object.entries(rows))) {
    const drained = await drainOnce(through, count, setting);
    seen.get(name)?.push(drained);
    say(`  ${name}: ${Math.round(drained.perSecond)} a second`);
  }
  say(`${count} transactions a turn through ${through.join(", ")}, starts included`);
  for (const [name, of] of seen) {
    say(
      `  ${name.padEnd(32)} ${figures(
        of.map(({ perSecond }) => perSecond),
        0,
      )} a second, services ${figures(
        of.map(({ cpuUs }) => cpuUs),
        1,
      )} µs, broker ${figures(
        of.map(({ brokerUs }) => brokerUs),
        1,
      )} µs, ${median(of.map(({ screenedBytes }) => screenedBytes)).toFixed(0)} bytes stored a screened one`,
    );
  }
}

/** POST to webhook at each commit cadence, at a light load. */
async function cadence(series: number): Promise<void> {
  for (const value of thereAndBack(["10", "50", "100", "500"])) {
    const kafka = await startKafka({ source: "jvm", onProgress: () => {} });
    try {
      const seen = await alertLatencies(kafka.brokers, series, { COMMIT_INTERVAL_MS_MAX: value });
      const ms = seen.map(({ alertedMs }) => alertedMs);
      say(
        `  COMMIT_INTERVAL_MS_MAX=${value}: POST to webhook p50 ${quantile(ms, 0.5).toFixed(0)} ms, p99 ${quantile(ms, 0.99).toFixed(0)} ms`,
      );
    } finally {
      await kafka.stop();
    }
  }
}

/** Single POSTs on few and many connections: what waits together leaves together. */
async function connections(count: number): Promise<void> {
  const kafka = await startKafka({ source: "jvm", onProgress: () => {} });
  const server = await (async () => {
    await createTopics(kafka.brokers);
    return await startServer("ingest", kafka.brokers);
  })();
  const occurredAt = new Date().toISOString();
  const send = async (run: string, open: number, requests: number): Promise<number[]> => {
    const took: number[] = [];
    await postTransactions({
      port: server.port,
      connections: open,
      requests,
      bodyOf: (n) => transactionText(run, n, occurredAt),
      onAnswer: (_n, _status, tookMs) => void took.push(tookMs),
    });
    return took;
  };
  try {
    await send("warm", 64, count);
    for (const [turn, open] of thereAndBack([1, 8, 64, 256]).entries()) {
      const requests = Math.ceil(open === 1 ? count / 10 : count);
      const cpuBefore = server.cpuSeconds();
      const startedAt = performance.now();
      const took = await send(`turn-${turn}`, open, requests);
      const seconds = (performance.now() - startedAt) / 1_000;
      const cpuUs = ((server.cpuSeconds() - cpuBefore) / requests) * 1e6;
      say(
        `  ${String(open).padStart(3)} connections: ${Math.round(requests / seconds)} a second, ${cpuUs.toFixed(0)} µs CPU, p50 ${quantile(took, 0.5).toFixed(1)} ms, p99 ${quantile(took, 0.99).toFixed(1)} ms`,
      );
    }
  } finally {
    await server.stop();
    await kafka.stop();
  }
}

const [what = "", size] = process.argv.slice(2);
const table = tables[what];
if (table !== undefined) await drains(table, Number(size ?? 60) * 1_000);
else if (what === "cadence") await cadence(Number(size ?? 100));
else if (what === "connections") await connections(Number(size ?? 20) * 1_000);
else {
  process.stderr.write(`say what: ${[...Object.keys(tables), "cadence", "connections"].join(", ")}\n`);
  process.exitCode = 64;
}
