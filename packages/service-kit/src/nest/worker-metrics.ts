// What a stream service counts: the worker's observer, in Prometheus' terms. Its input is in input-metrics.ts, its stores
// in store-metrics.ts.
//
//   C1. Counted is what was committed, at its commit, and nothing else: an attempt that is repeated counts once. At every
//       scrape the inputs of a service and its outputs are those of the same commits.
//   C2. A series that a rule compares with another is there from the start, at 0.

import type { FailureAction, Stage, StreamWorker, WorkerObserver, WorkerPhase } from "@riffle/streams";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import { gaugeInputs } from "./input-metrics.ts";
import { observeStores } from "./store-metrics.ts";

/** Whom an observer asks at each scrape; undefined before there is one. */
export type WorkerReader = () =>
  | Pick<StreamWorker, "inputs" | "partitions" | "standbys" | "stores" | "streamTimes">
  | undefined;

const commitSizes = [1, 3, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000];
const latencies = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3_600];
const failureActions = {
  rebuild: true,
  rejoin: true,
  "retry-record": true,
  "condemn-record": true,
  "retry-task": true,
  stop: true,
} satisfies Record<FailureAction, true>;
const phases: readonly WorkerPhase[] = [
  "starting",
  "joining",
  "restoring",
  "running",
  "stopping",
  "stopped",
  "failed",
];

/** What an observer counts with. */
export interface WorkerObservation {
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Its outputs and its dead-letter topic have their counters from the start (C2). */
  readonly stage: Pick<Stage, "handlers" | "deadLetters">;
  readonly worker: WorkerReader;
  /** Wall clock, epoch milliseconds. @default Date.now */
  readonly nowMs?: () => number;
}

/** An observer that counts and logs. */
export const observeWorker = (observation: WorkerObservation): WorkerObserver => {
  const { metrics, log, worker, nowMs = Date.now } = observation;
  const failures = metrics.counter({
    name: "riffle_stream_failures_total",
    help: "Errors that reached the worker, by what was done about them.",
    labels: ["action"],
  });
  for (const action of Object.keys(failureActions)) failures.inc({ action }, 0);
  const showPhase = gaugePhase(metrics);
  const stores = observeStores(metrics, log, worker);
  gaugeInputs(metrics, worker, nowMs);
  return {
    ...stores,
    phase: (phase, details) => {
      showPhase(phase);
      stores.phase(phase);
      log.info({ phase, ...details }, `worker ${phase}`);
    },
    committed: countCommits(observation, nowMs),
    failed: (error, action) => {
      failures.inc({ action });
      log.warn({ err: error, action }, "the worker met an error");
    },
    log: (message, details) => log.info({ ...details }, message),
  };
};

const gaugePhase = (metrics: Metrics): ((phase: WorkerPhase) => void) => {
  const gauge = metrics.gauge({
    name: "riffle_stream_phase",
    help: "1 for the phase that the worker is in, 0 for the others.",
    labels: ["phase"],
  });
  const show = (current: WorkerPhase): void => {
    for (const phase of phases) gauge.set({ phase }, phase === current ? 1 : 0);
  };
  show("starting");
  return show;
};

const countCommits = (
  { metrics, stage }: WorkerObservation,
  nowMs: () => number,
): NonNullable<WorkerObserver["committed"]> => {
  const inputs = metrics.counter({
    name: "riffle_stream_records_in_total",
    help: "Input records whose effects were committed.",
  });
  const outputs = metrics.counter({
    name: "riffle_stream_records_out_total",
    help: "Records committed to output, dead-letter and changelog topics, by topic.",
    labels: ["topic"],
  });
  const deadLetters = metrics.counter({
    name: "riffle_stream_dead_letters_total",
    help: "Records committed to the service's dead-letter topic.",
  });
  const durations = metrics.histogram({
    name: "riffle_stream_commit_duration_seconds",
    help: "Duration of an atomic commit: produce, offsets, end of transaction.",
  });
  const sizes = metrics.histogram({
    name: "riffle_stream_commit_records",
    help: "Input records that one atomic commit covers.",
    buckets: commitSizes,
  });
  const latency = metrics.histogram({
    name: "riffle_stream_latency_seconds",
    help: "From ingest's taking a transaction in to this service's commit of its effects, of each commit's oldest record.",
    buckets: latencies,
  });
  for (const { emits } of stage.handlers) for (const { name } of emits) outputs.inc({ topic: name }, 0);
  outputs.inc({ topic: stage.deadLetters }, 0);
  return (report) => {
    inputs.inc(report.inputs);
    for (const [topic, count] of report.outputsByTopic) outputs.inc({ topic }, count);
    deadLetters.inc(report.outputsByTopic.get(stage.deadLetters) ?? 0);
    durations.observe(report.durationMs / 1_000);
    sizes.observe(report.inputs);
    const { oldestReceivedAtMs: sinceMs } = report;
    if (sinceMs !== undefined) latency.observe(Math.max(0, nowMs() - sinceMs) / 1_000);
  };
};
