// The servers to be measured: ingest itself and what it is compared with, each a process of its own on a free port.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { cpuSecondsOf } from "@riffle/audit/pipeline/process-state";
import { RunningPipeline } from "@riffle/audit/pipeline/running-pipeline";
import { freePorts } from "@riffle/infra/kafka/ports";

/** A server under measurement. */
export interface MeasuredServer {
  readonly port: number;
  /** CPU seconds of the process so far. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** What there is to measure. */
export type ServerKind = "ingest" | "no-kafka" | "await-send" | "ndjson";

/** Starts one and waits until it answers. */
export async function startServer(kind: ServerKind, brokers: readonly string[]): Promise<MeasuredServer> {
  return kind === "ingest" ? await startIngest(brokers) : await startBaseline(kind, brokers);
}

async function startIngest(brokers: readonly string[]): Promise<MeasuredServer> {
  const env = { LOG_LEVEL: "warn", PRODUCE_DEADLINE_MS: "30000", EVENT_LOOP_DELAY_MS_MAX: "30000" };
  const pipeline = await RunningPipeline.start({ brokers, services: ["ingest"], env });
  return {
    port: Number(new URL(pipeline.ingestUrl).port),
    cpuSeconds: () => cpuSecondsOf(pipeline.pidOf("ingest")),
    stop: () => pipeline.stop(),
  };
}

async function startBaseline(kind: ServerKind, brokers: readonly string[]): Promise<MeasuredServer> {
  const [port = 0] = await freePorts(1);
  const script = fileURLToPath(new URL("ingest-baseline.ts", import.meta.url));
  const child = spawn(process.execPath, [script, kind, String(port), brokers.join(",")], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: "1", NODE_NO_WARNINGS: "1" },
  });
  await once(child.stdout, "data");
  return {
    port,
    cpuSeconds: () => cpuSecondsOf(child.pid),
    stop: async () => {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}
