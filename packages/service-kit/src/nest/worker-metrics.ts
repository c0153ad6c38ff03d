// What a stream service counts: the worker's observer, in Prometheus' terms. Its stores are in store-metrics.ts.

import type { StreamWorker, WorkerObserver } from "@riffle/streams";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";
import { observeStores } from "./store-metrics.ts";

/** An observer that counts and logs. `worker` is asked for its lag at each scrape. */
export const observeWorker = (
  metrics: Metrics,
  log: Logger,
  worker: () => StreamWorker | undefined,
): WorkerObserver => {
  const inputs = metrics.counter({
    name: "riffle_stream_records_in_total",
    help: "Input records whose effects were committed.",
  });
  const outputs = metrics.counter({
    name: "riffle_stream_records_out_total",
    help: "Records committed to output and changelog topics.",
  });
  const deadLetters = metrics.counter({
    name: "riffle_stream_dead_letters_total",
    help: "Records committed to the service's dead-letter topic.",
  });
  const commits = metrics.histogram({
    name: "riffle_stream_commit_duration_seconds",
    help: "Duration of an atomic commit: produce, offsets, end of transaction.",
  });
  const failures = metrics.counter({
    name: "riffle_stream_failures_total",
    help: "Errors that reached the worker, by what was done about them.",
    labels: ["action"],
  });
  metrics.gauge({
    name: "riffle_stream_lag_records",
    help: "Records between what was processed and the end of the input partition, markers included.",
    labels: ["topic", "partition"],
    collect: (gauge) => {
      gauge.reset();
      for (const { topic, partition, records } of worker()?.lag() ?? [])
        gauge.set({ topic, partition }, records);
    },
  });
  metrics.gauge({
    name: "riffle_stream_tasks",
    help: "Partitions this process owns now.",
    collect: (gauge) => gauge.set(worker()?.partitions.length ?? 0),
  });
  return {
    phase: (phase, details) => log.info({ phase, ...details }, `worker ${phase}`),
    committed: (report) => {
      inputs.inc(report.inputs);
      outputs.inc(report.outputs);
      deadLetters.inc(report.deadLetters);
      commits.observe(report.durationMs / 1000);
    },
    ...observeStores(metrics, log, worker),
    failed: (error, action) => {
      failures.inc({ action });
      log.warn({ err: error, action }, "the worker met an error");
    },
    log: (message, details) => log.info({ ...details }, message),
  };
};
