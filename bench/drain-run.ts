// One drain of a preloaded topic on a broker of its own: for comparing settings.

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
  /** Transactions a second, from the start of the processes to lag 0. */
  readonly perSecond: number;
  /** CPU of the services a transaction, microseconds, starts included. */
  readonly cpuUs: number;
  /** CPU of the broker a transaction, microseconds, while it drained. */
  readonly brokerUs: number;
  /** Bytes a transaction in the topic of what passed the filter, indexes not counted. */
  readonly screenedBytes: number;
}

const hourMs = 3_600_000;

/** Preloads `count` transactions and drains them through `services`, in the order of the flow. */
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
    await preload(brokers, transactionsOf(count, setting.hotShare ?? 0));
    const broker = kafka.nodes[0]?.pid;
    const brokerBefore = cpuSecondsOf(broker);
    const startedAt = performance.now();
    const pipeline = await RunningPipeline.start({
      brokers,
      services,
      env: { IDLE_AFTER_MS: "3600000", LOG_LEVEL: "warn", ...setting.env },
    });
    const last = services.at(-1) ?? "filter";
    for (let extra = 1; extra < (setting.replicas ?? 1); extra++) await pipeline.addReplica(last);
    await untilDrained(brokers, services, 600_000);
    const seconds = (performance.now() - startedAt) / 1_000;
    const used = services
      .flatMap((name) => pipeline.pidsOf(name))
      .reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
    const brokerUsed = cpuSecondsOf(broker) - brokerBefore;
    await pipeline.stop();
    return {
      perSecond: count / seconds,
      cpuUs: (used / count) * 1e6,
      brokerUs: (brokerUsed / count) * 1e6,
      screenedBytes: logBytes(dataDir, topics.transactionsScreened.name) / count,
    };
  } finally {
    await kafka.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function transactionsOf(count: number, hotShare: number): Transaction[] {
  const startMs = Math.floor(Date.now() / hourMs) * hourMs - 3 * hourMs;
  const made = makeTransactions({
    seed: 42,
    transactions: count,
    accounts: 10_000,
    startMs,
    spanMs: hourMs,
    fraudOneOf: 1_000_000_000,
  });
  const every = hotShare > 0 ? Math.round(1 / hotShare) : 0;
  return every === 0
    ? made
    : made.map((transaction, n) =>
        n % every === 0 ? { ...transaction, accountId: "acct-of-a-marketplace" } : transaction,
      );
}

/** Bytes of a topic's segments, wherever below `folder` the broker keeps them. */
function logBytes(folder: string, topic: string): number {
  const isSegment = new RegExp(`${topic.replaceAll(".", "\\.")}-\\d+/\\d+\\.log$`);
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => isSegment.test(path))
    .reduce((sum, path) => sum + statSync(join(folder, path)).size, 0);
}
