// What the read model costs: applying records, and building itself from the topics.
//
//   node bench/console.ts apply [thousands of records] [turns]       default 300 3
//   node bench/console.ts rebuild [thousands of records] [turns]     default 1000 3
//
// After `npx -y pnpm@10 build`. `apply` gives records to the projections of the service, all of them, in batches as the
// service has them, into a file: no broker, no HTTP; decoding is counted, making the records is not. `rebuild` writes the
// records to a broker of its own and starts the service on an empty folder; the time is from the start of the process to
// the moment at which it says that it is live. Rates are records of all topics by the second of wall clock, CPU that of the
// process by record. The median of the turns is told.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OutgoingRecord } from "@riffle/streams";
import type { FetchedChunk } from "@riffle/streams/kafka";
import { ReadModelDatabase } from "../../src/read-model/database.ts";
import { projections } from "../../src/read-model/projections.ts";
import { ReadModel } from "../../src/read-model/read-model.ts";
import { ConsoleProcess } from "../harness/console-process.ts";
import { openWriter, startTopics, topicPartitions } from "../harness/console-topics.ts";
import { busyRecords } from "./traffic.ts";

const chunkRecords = 500;
const batchChunks = 3;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface Measured {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

const withFolder = async (run: (folder: string) => Promise<Measured>): Promise<Measured> => {
  const folder = mkdtempSync(join(tmpdir(), "riffle-console-bench-"));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Cuts records into chunks as fetches give them; offsets go on from `ends`. */
const chunked = (records: readonly OutgoingRecord[], ends: Map<string, number>): FetchedChunk[] => {
  const chunks: FetchedChunk[] = [];
  for (const [name, own] of Map.groupBy(records, ({ topic, partition }) => `${topic}/${partition}`)) {
    for (let i = 0; i < own.length; i += chunkRecords) {
      const part = own.slice(i, i + chunkRecords);
      const base = ends.get(name) ?? 0;
      ends.set(name, base + part.length);
      chunks.push({
        topic: part[0]?.topic ?? "",
        partition: part[0]?.partition ?? 0,
        records: part.map((record, at) => ({ ...record, offset: base + at })),
        nextOffset: base + part.length,
        bytes: 0,
      });
    }
  }
  return chunks;
};

const apply = (count: number): Promise<Measured> =>
  withFolder(async (folder) => {
    const database = new ReadModelDatabase({ folder, projections });
    const model = new ReadModel({ database, projections });
    const ends = new Map<string, number>();
    let [applied, next, elapsedMs, cpuMicros] = [0, 0, 0, 0];
    while (applied < count) {
      const made = busyRecords(20_000, next, topicPartitions);
      next = made.next;
      const chunks = chunked(made.records, ends);
      const startedAt = performance.now();
      const before = process.cpuUsage();
      for (let i = 0; i < chunks.length; i += batchChunks)
        applied += model.apply(chunks.slice(i, i + batchChunks));
      const { user, system } = process.cpuUsage(before);
      elapsedMs += performance.now() - startedAt;
      cpuMicros += user + system;
    }
    database.close();
    return { perSecond: (applied * 1_000) / elapsedMs, cpuMicros: cpuMicros / applied };
  });

/** User and system time of a process, in microseconds: fields 14 and 15 of its stat, in ticks of 10 ms. */
const cpuMicrosOf = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
};

const rebuild = (brokers: readonly string[], turn: number): Promise<Measured> =>
  withFolder(async (folder) => {
    const startedAt = performance.now();
    const console = await ConsoleProcess.start(brokers, {
      DATA_DIR: folder,
      RIFFLE_INSTANCE_ID: `bench-${turn}`,
    });
    try {
      await console.untilPhase("live", 600_000);
      const elapsedMs = performance.now() - startedAt;
      const { body } = await console.get<{ readonly applied: number }>("/v1/status");
      return {
        perSecond: (body.applied * 1_000) / elapsedMs,
        cpuMicros: cpuMicrosOf(console.pid) / body.applied,
      };
    } finally {
      await console.end("SIGTERM");
    }
  });

const writeTraffic = async (brokers: readonly string[], count: number): Promise<void> => {
  const writer = await openWriter(brokers, "bench-traffic");
  for (let [written, next] = [0, 0]; written < count; ) {
    const made = busyRecords(20_000, next, topicPartitions);
    next = made.next;
    written += made.records.length;
    await writer.write(made.records);
  }
  await writer.close();
};

const told = (what: string, all: readonly Measured[]): void => {
  const median = (of: (measured: Measured) => number): number =>
    all.map(of).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;
  const rates = all.map(({ perSecond }) => Math.round(perSecond)).join(", ");
  say(
    `${what}: ${Math.round(median((m) => m.perSecond))} records/s, ${median((m) => m.cpuMicros).toFixed(1)} µs CPU a record (turns: ${rates})`,
  );
};

const [what, thousands, turnsText = "3"] = process.argv.slice(2);
const turns = Number(turnsText);
const measured: Measured[] = [];
if (what === "apply") {
  const count = Number(thousands ?? 300) * 1_000;
  for (let turn = 0; turn < turns; turn++) measured.push(await apply(count));
  told(`apply ${count} records`, measured);
} else if (what === "rebuild") {
  const count = Number(thousands ?? 1_000) * 1_000;
  const kafka = await startTopics();
  try {
    await writeTraffic(kafka.brokers, count);
    for (let turn = 0; turn < turns; turn++) measured.push(await rebuild(kafka.brokers, turn));
    told(`rebuild from ${count} records`, measured);
  } finally {
    await kafka.stop();
  }
} else {
  process.stderr.write("say what: apply or rebuild\n");
  process.exitCode = 64;
}
