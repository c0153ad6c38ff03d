// One drain of a backlog on a broker of its own: for comparing settings. The processes run, are ready and have worked off a
// first small backlog before the clock starts: what is compared is work, and not starts.

import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StageName, untilDrained } from "@riffle/audit/pipeline/drained";
import { cpuSecondsOf } from "@riffle/audit/pipeline/process-state";
import { RunningPipeline } from "@riffle/audit/pipeline/running-pipeline";
import { preload } from "@riffle/audit/workload/preload";
import { makeTransactions } from "@riffle/audit/workload/transactions";
import { allTopics, type Transaction, topics } from "@riffle/contracts";
import { startKafka } from "@riffle/infra/kafka";
import { createPipelineTopics } from "@riffle/infra/kafka/pipeline-topics";
import { connectAdmin } from "@riffle/streams/kafka";

/** What to drain, and with what settings. */
export interface DrainSetting {
  /** Environment of the services. */
  readonly env?: Readonly<Record<string, string>>;
  /** Partitions of every topic. @default 12 */
  readonly partitions?: number;
  /** Processes of the last service; the others have one each. @default 1 */
  readonly replicas?: number;
  /** Share of the transactions that one account makes, 0 to 1. @default 0 */
  readonly hotShare?: number;
}

/** What it took. */
export interface Drained {
  /** Transactions a second, from the first record that is written to lag 0. */
  readonly perSecond: number;
  /** CPU of the services a transaction, microseconds. */
  readonly cpuUs: number;
  /** CPU of the broker a transaction, microseconds, the writing of the backlog included. */
  readonly brokerUs: number;
  /** Bytes a transaction in the topic of what passed the filter, indexes not counted. */
  readonly screenedBytes: number;
}

const hourMs = 3_600_000;
const warmup = 10_000;
const drainedWithinMs = 600_000;

/** Writes `count` transactions at once and drains them through `services`, in the order of the flow. */
export async function drainOnce(
  services: readonly StageName[],
  count: number,
  setting: DrainSetting,
): Promise<Drained> {
  const dataDir = mkdtempSync(join(tmpdir(), "riffle-tuning-"));
  const kafka = await startKafka({ source: "jvm", dataDir, onProgress: () => {} });
  try {
    const { brokers } = kafka;
    const admin = await connectAdmin({ brokers, clientId: "tuning" });
    const { partitions } = setting;
    await createPipelineTopics(admin, allTopics, {
      replicationFactor: 1,
      ...(partitions === undefined ? {} : { partitions }),
    });
    const pipeline = await RunningPipeline.start({
      brokers,
      services,
      env: { IDLE_AFTER_MS: "3600000", LOG_LEVEL: "warn", ...setting.env },
    });
    try {
      const last = services.at(-1) ?? "filter";
      for (let extra = 1; extra < (setting.replicas ?? 1); extra++) await pipeline.addReplica(last);
      const { hotShare = 0 } = setting;
      // An hour of event time before the next, or all of that would be late.
      await drain(
        brokers,
        services,
        transactionsOf({ prefix: "warm", count: warmup, hotShare, hoursAgo: 4 }),
      );
      const transactions = transactionsOf({ prefix: "turn", count, hotShare, hoursAgo: 3 });
      const pids = services.flatMap((name) => pipeline.pidsOf(name));
      const broker = kafka.nodes[0]?.pid;
      const [before, brokerBefore, bytesBefore] = [cpuOf(pids), cpuSecondsOf(broker), bytesOf(dataDir)];
      const seconds = await drain(brokers, services, transactions);
      return {
        perSecond: count / seconds,
        cpuUs: ((cpuOf(pids) - before) / count) * 1e6,
        brokerUs: ((cpuSecondsOf(broker) - brokerBefore) / count) * 1e6,
        screenedBytes: (bytesOf(dataDir) - bytesBefore) / count,
      };
    } finally {
      await pipeline.stop();
    }
  } finally {
    await kafka.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const cpuOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);

/** Writes the transactions and waits until nothing is left of them. @returns seconds */
async function drain(
  brokers: readonly string[],
  services: readonly StageName[],
  transactions: readonly Transaction[],
): Promise<number> {
  const startedAt = performance.now();
  await preload(brokers, transactions);
  await untilDrained(brokers, services, drainedWithinMs);
  return (performance.now() - startedAt) / 1_000;
}

/** What is sent: how many, the share of one account in them, and how long ago their hour began. */
interface Workload {
  readonly prefix: string;
  readonly count: number;
  readonly hotShare: number;
  readonly hoursAgo: number;
}

function transactionsOf({ prefix, count, hotShare, hoursAgo }: Workload): Transaction[] {
  const startMs = Math.floor(Date.now() / hourMs) * hourMs - hoursAgo * hourMs;
  const made = makeTransactions({
    seed: 42,
    transactions: count,
    accounts: 10_000,
    startMs,
    spanMs: hourMs,
    fraudOneOf: 1_000_000_000,
    prefix,
  });
  const every = hotShare > 0 ? Math.round(1 / hotShare) : 0;
  return every === 0
    ? made
    : made.map((transaction, n) =>
        n % every === 0 ? { ...transaction, accountId: "acct-of-a-marketplace" } : transaction,
      );
}

/** Bytes of the topic of what passed the filter. */
const bytesOf = (folder: string): number => logBytes(folder, topics.transactionsScreened.name);

/** Bytes of a topic's segments, wherever below `folder` the broker keeps them. */
function logBytes(folder: string, topic: string): number {
  const isSegment = new RegExp(`${topic.replaceAll(".", "\\.")}-\\d+/\\d+\\.log$`);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => isSegment.test(path))
    .reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
}
