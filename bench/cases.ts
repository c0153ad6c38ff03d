// How long the case desk takes to have its cases back at a start, with 100,000 events on record: from its copy on disk and
// what came after, from its changelog alone, as after the loss of a disk, and what it would take to fold all events from
// the first one on.
//
//   node bench/cases.ts [events] [accounts] [rounds]        after `npx -y pnpm@10 build`
//
// A start of the real console is timed by its own log: its state, from the first copy or changelog that is read to the last
// store that is there; and whole, from "worker restoring" to "worker running", the group's offsets included. Folding is timed
// in this process: read, decode, fold; once more with every hash checked, as `riffle cases verify` does. Each round goes all
// four ways. The changelog is as Kafka's cleaner has left it, which is: as it was written, for so few megabytes a partition.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createTopics, type NextLife, RunningPipeline } from "@riffle/audit/pipeline/running-pipeline";
import { madeUpAlert } from "@riffle/audit/workload/made-up-alert";
import { fold, verifyLog } from "@riffle/cases";
import { type Alert, type CaseEvent, changelogTopicName, topics } from "@riffle/contracts";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { wholeNumber } from "@riffle/infra/command-line/values";
import { startKafka } from "@riffle/infra/kafka";
import { type ClusterAdmin, connectAdmin, IdempotentProducer, readTopic } from "@riffle/streams/kafka";
import { median } from "./median.ts";

const { events, accounts, rounds } = commandLine({
  command: "node bench/cases.ts",
  does: "How long the case desk takes to have its cases back at a start.",
  operands: {
    events: wholeNumber("events on record", 100_000, { min: 1 }),
    accounts: wholeNumber("accounts that have them", 2_000, { min: 1 }),
    rounds: wholeNumber("of each of the four ways", 5, { min: 1 }),
  },
});

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const startMs = Date.now() - 7 * 86_400_000;

/** The n-th alert of all: those of an account come in turn, so that cases grow side by side. */
const alertOf = (n: number): Alert => madeUpAlert(`account-${n % accounts}`, n, startMs + n * 10);

/** Waits until the desk has committed all alerts that were sent. */
const untilTaken = async (admin: ClusterAdmin): Promise<void> => {
  const lag = async () =>
    (await admin.lag("console", topics.alerts.name)).reduce((sum, partition) => sum + partition.lag, 0);
  while ((await lag()) > 0) await delay(5);
};

/** In waves of one alert an account, so that no commit holds two events of a case, as it is with people. */
const raiseAll = async (brokers: readonly string[]): Promise<void> => {
  const { name: topic, codec } = topics.alerts;
  const producer = await IdempotentProducer.connect({ brokers, clientId: "bench", topics: [topic] });
  const admin = await connectAdmin({ brokers, clientId: "bench-admin" });
  for (let from = 0; from < events; from += accounts) {
    const sends = Array.from({ length: Math.min(accounts, events - from) }, (_, i) => {
      const alert = alertOf(from + i);
      const headers = { schema: codec.schema };
      const timestampMs = Date.parse(alert.lastAt);
      return producer.send({ topic, key: alert.accountId, value: codec.encode(alert), timestampMs, headers });
    });
    await Promise.all(sends);
    await untilTaken(admin);
  }
  await admin.close();
  await producer.close();
};

const recordsOf = async (brokers: readonly string[], topic: string) =>
  (await readTopic({ brokers, clientId: "bench-reader", topic })).flat();

const readEvents = async (brokers: readonly string[]): Promise<CaseEvent[]> => {
  const { name, codec } = topics.casesEvents;
  return (await recordsOf(brokers, name)).map(({ value }) => codec.decode(value, codec.schema));
};

const foldAll = async (brokers: readonly string[]): Promise<number> => {
  const cases = Map.groupBy(await readEvents(brokers), ({ caseId }) => caseId);
  return [...cases.values()].map((own) => fold(own)).length;
};

const verifyAll = async (brokers: readonly string[]): Promise<number> => {
  const { faults, cases } = verifyLog({ events: await readEvents(brokers) });
  if (faults.length > 0) throw new Error(`the log has faults: ${JSON.stringify(faults.slice(0, 3))}`);
  return cases;
};

const timed = async (run: () => Promise<number>): Promise<number> => {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
};

const timeIn = (line: string): number => {
  const found = /"time":"?([^",]+)/.exec(line)?.[1] ?? "";
  return /^\d+$/.test(found) ? Number(found) : Date.parse(found);
};

/** What a start's log says of it, milliseconds. */
interface Start {
  /** From "worker restoring" to "worker running". */
  readonly wholeMs: number;
  /** From the first copy that is read, or the first changelog, to the last store that is there. */
  readonly stateMs: number;
  /** Changelog records that were read. */
  readonly records: number;
}

/** Milliseconds that a line's report says its work took. */
const durationIn = (line: string): number => Number(/"durationMs":([\d.]+)/.exec(line)?.[1] ?? 0);

const starts = (lines: Iterable<string>): Start[] => {
  const found: Start[] = [];
  let sinceMs = Number.NaN;
  let stateFromMs = Number.POSITIVE_INFINITY;
  let stateToMs = 0;
  let records = 0;
  for (const line of lines) {
    if (line.includes('"worker restoring"')) {
      sinceMs = timeIn(line);
      [stateFromMs, stateToMs, records] = [Number.POSITIVE_INFINITY, 0, 0];
    }
    if (/"(store restored|copy on disk read)"/.test(line)) {
      stateFromMs = Math.min(stateFromMs, timeIn(line) - durationIn(line));
      stateToMs = timeIn(line);
      if (line.includes('"store restored"')) records += Number(/"records":(\d+)/.exec(line)?.[1] ?? 0);
    }
    if (line.includes('"worker running"') && !Number.isNaN(sinceMs)) {
      found.push({ wholeMs: timeIn(line) - sinceMs, stateMs: stateToMs - stateFromMs, records });
      sinceMs = Number.NaN;
    }
  }
  return found;
};

const restart = async (pipeline: RunningPipeline, nextLife?: NextLife): Promise<Start> => {
  const before = pipeline.pidOf("console");
  const known = starts(pipeline.logLines()).length;
  pipeline.kill("console", nextLife);
  const deadline = Date.now() + 300_000;
  for (;;) {
    const all = starts(pipeline.logLines());
    const last = all.at(-1);
    if (all.length > known && last !== undefined && pipeline.pidOf("console") !== before) return last;
    if (Date.now() > deadline) throw new Error("the console did not come back within five minutes");
    await delay(100);
  }
};

const summary = (values: readonly number[]): string =>
  `median ${Math.round(median(values))} ms (${values.map((value) => Math.round(value)).join(", ")})`;

const folder = mkdtempSync(join(tmpdir(), "riffle-cases-"));
const kafka = await startKafka({ onProgress: say });
try {
  const { brokers } = kafka;
  await createTopics(brokers);
  const pipeline = await RunningPipeline.start({
    brokers,
    services: ["console"],
    restarts: "always",
    stateFolder: join(folder, "state"),
    env: {
      AUTH: "none",
      LOG_LEVEL: "info",
      DATA_DIR: join(folder, "data"),
      CHECKPOINT_INTERVAL_MS: "1000",
    },
  });
  const startedAt = performance.now();
  // Leaders of topics that were made a moment ago may not know it yet; the console's being ready says that they do.
  await raiseAll(brokers);
  while ((await recordsOf(brokers, topics.casesEvents.name)).length < events) await delay(1_000);
  say(
    `${events} events of ${accounts} cases on record, the last ${Math.round(performance.now() - startedAt)} ms after the first alert was sent`,
  );
  // Copies are written every second.
  await delay(10_000);
  const changelog = await recordsOf(brokers, changelogTopicName("console", "cases"));
  say(`the changelog of the cases has ${changelog.length} records`);
  const fromCopy: Start[] = [];
  const fromChangelog: Start[] = [];
  const fromZero: number[] = [];
  const verified: number[] = [];
  for (let round = 0; round < rounds; round++) {
    fromZero.push(await timed(() => foldAll(brokers)));
    const copy = await restart(pipeline);
    fromCopy.push(copy);
    verified.push(await timed(() => verifyAll(brokers)));
    const noCopy = await restart(pipeline, {
      before: (stateFolder) =>
        stateFolder !== undefined && rmSync(stateFolder, { recursive: true, force: true }),
    });
    fromChangelog.push(noCopy);
    say(
      `round ${round + 1}: ${copy.records} changelog records after the copy, ${noCopy.records} without one`,
    );
    // The copy is made anew.
    await delay(10_000);
  }
  say(`from the first event on, folded: ${summary(fromZero)}`);
  say(`from the first event on, each hash checked: ${summary(verified)}`);
  for (const [what, found] of [
    ["the changelog alone", fromChangelog],
    ["the copy and what came after", fromCopy],
  ] as const) {
    const stateMs = found.map((start) => start.stateMs);
    say(`a start from ${what}: the state ${summary(stateMs)}`);
    say(`  with all that a start is: ${summary(found.map(({ wholeMs }) => wholeMs))}`);
    say(`  the state takes 1/${(median(fromZero) / median(stateMs)).toFixed(1)} of the time from zero`);
  }
  await pipeline.stop();
} finally {
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
