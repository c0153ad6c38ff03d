// What each setting costs and brings: the figures of docs/tuning.md.
//
//   node bench/tuning.ts compression|commits|fetch|partitions|replicas|hot [thousands a turn]     default 60
//   node bench/tuning.ts cadence [series]                                                         default 100
//   node bench/tuning.ts connections [thousands a turn]                                           default 20
//
// After `npx -y pnpm@10 build`. Settings take turns A B C … C B A, each turn on a broker of its own (`connections`: on one
// for all). Each turn is printed as it ends, and at the end the medians, as the rows of a table of docs/tuning.md. One
// broker and all processes on one machine: read ratios between the rows of a table, not the rates as such.

import type { StageName } from "@riffle/audit/pipeline/drained";
import { createTopics } from "@riffle/audit/pipeline/running-pipeline";
import { commandForm } from "@riffle/infra/command-line/command-forms";
import { number, wholeNumber } from "@riffle/infra/command-line/values";
import { startKafka } from "@riffle/infra/kafka";
import { alertLatencies, quantile } from "./alert-latency.ts";
import { type Drained, type DrainSetting, drainOnce } from "./drain-run.ts";
import { postTransactions, transactionText } from "./ingest-load.ts";
import { startServer } from "./ingest-servers.ts";
import { median } from "./median.ts";

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
/** A row of a table of docs/tuning.md. */
const row = (...cells: readonly string[]): void => say(`| ${cells.join(" | ")} |`);
const figure = (values: readonly number[], digits = 0): string =>
  median(values).toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** Collects what is seen of each setting. */
const seenBy = <T>(settings: readonly string[]): Map<string, T[]> =>
  new Map(settings.map((name) => [name, []]));

/** Drains at each setting. The fraud detector needs what the filter writes, so it never runs without it. */
async function drains({ services, rows }: Table, count: number): Promise<void> {
  const through = services.includes("filter") ? services : (["filter", ...services] as const);
  const seen = seenBy<Drained>(Object.keys(rows));
  for (const [name, setting] of thereAndBack(Object.entries(rows))) {
    const drained = await drainOnce(through, count, setting);
    seen.get(name)?.push(drained);
    const { perSecond, cpuUs, brokerUs } = drained;
    say(
      `  ${name}: ${Math.round(perSecond)} a second, services ${cpuUs.toFixed(1)} µs, broker ${brokerUs.toFixed(1)} µs`,
    );
  }
  say(`${count} transactions a turn through ${through.join(", ")}, which run and are warm before`);
  row(
    "",
    "transactions a second",
    "services, µs CPU each",
    "broker, µs CPU each",
    "bytes stored a screened one",
  );
  for (const [name, of] of seen) {
    row(
      name,
      figure(of.map(({ perSecond }) => perSecond)),
      figure(
        of.map(({ cpuUs }) => cpuUs),
        1,
      ),
      figure(
        of.map(({ brokerUs }) => brokerUs),
        1,
      ),
      figure(of.map(({ screenedBytes }) => screenedBytes)),
    );
  }
}

/** POST to webhook at each commit cadence, at a light load. */
async function cadence(series: number): Promise<void> {
  const values = ["10", "50", "100", "500"];
  const seen = seenBy<{ p50: number; p99: number }>(values);
  for (const value of thereAndBack(values)) {
    const kafka = await startKafka({ source: "jvm", onProgress: () => {} });
    try {
      const latencies = await alertLatencies(kafka.brokers, series, { COMMIT_INTERVAL_MS_MAX: value });
      const ms = latencies.map(({ alertedMs }) => alertedMs);
      const [p50, p99] = [quantile(ms, 0.5), quantile(ms, 0.99)];
      seen.get(value)?.push({ p50, p99 });
      say(`  COMMIT_INTERVAL_MS_MAX=${value}: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`);
    } finally {
      await kafka.stop();
    }
  }
  row("", "POST to webhook, p50 ms", "p99 ms");
  for (const [value, of] of seen)
    row(value, figure(of.map(({ p50 }) => p50)), figure(of.map(({ p99 }) => p99)));
}

/** What a number of connections gives. */
interface Served {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly p50: number;
  readonly p99: number;
}

/** Single POSTs on few and many connections: what waits together leaves together. */
async function connections(count: number): Promise<void> {
  const kafka = await startKafka({ source: "jvm", onProgress: () => {} });
  try {
    await createTopics(kafka.brokers);
    const server = await startServer("ingest", kafka.brokers);
    try {
      await serve(server, count);
    } finally {
      await server.stop();
    }
  } finally {
    await kafka.stop();
  }
}

async function serve(server: Awaited<ReturnType<typeof startServer>>, count: number): Promise<void> {
  const counts = ["1", "8", "64", "256"];
  const seen = seenBy<Served>(counts);
  await served(server, "warm", 64, count);
  for (const [turn, open] of thereAndBack(counts).entries()) {
    const requests = Math.ceil(open === "1" ? count / 10 : count);
    const found = await served(server, `turn-${turn}`, Number(open), requests);
    seen.get(open)?.push(found);
    say(`  ${open} connections: ${Math.round(found.perSecond)} a second, ${found.cpuUs.toFixed(0)} µs CPU`);
  }
  row("", "transactions a second", "ingest, µs CPU each", "202 after, p50 ms", "p99 ms");
  for (const [open, of] of seen)
    row(
      open,
      figure(of.map(({ perSecond }) => perSecond)),
      figure(of.map(({ cpuUs }) => cpuUs)),
      figure(
        of.map(({ p50 }) => p50),
        1,
      ),
      figure(
        of.map(({ p99 }) => p99),
        1,
      ),
    );
}

/** Posts so many and says what it took. */
async function served(
  server: Awaited<ReturnType<typeof startServer>>,
  run: string,
  open: number,
  requests: number,
): Promise<Served> {
  const took: number[] = [];
  const occurredAt = new Date().toISOString();
  const cpuBefore = server.cpuSeconds();
  const startedAt = performance.now();
  await postTransactions({
    port: server.port,
    connections: open,
    requests,
    bodyOf: (n) => transactionText(run, n, occurredAt),
    onAnswer: (_n, _status, tookMs) => void took.push(tookMs),
  });
  return {
    perSecond: requests / ((performance.now() - startedAt) / 1_000),
    cpuUs: ((server.cpuSeconds() - cpuBefore) / requests) * 1e6,
    p50: quantile(took, 0.5),
    p99: quantile(took, 0.99),
  };
}

const thousands = (standard: number) => number("thousands of transactions a turn", standard, { min: 0.001 });
const drained = { does: "drains a backlog at each setting", operands: { size: thousands(60) } };
const { form, size } = commandForm({
  command: "node bench/tuning.ts",
  does: "What each setting costs and brings: the figures of docs/tuning.md.",
  forms: {
    ...Object.fromEntries(Object.keys(tables).map((name) => [name, drained])),
    cadence: {
      does: "POST to webhook at each commit cadence",
      operands: { size: wholeNumber("series", 100, { min: 1 }) },
    },
    connections: { does: "single POSTs on so many connections", operands: { size: thousands(20) } },
  },
});
const table = tables[form];
if (table !== undefined) await drains(table, size * 1_000);
else if (form === "cadence") await cadence(size);
else await connections(size * 1_000);
