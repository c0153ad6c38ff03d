// What a stream service counts of its stores: how large they are, how they are used, and how their restoring comes along.

import type { StreamWorker, WorkerObserver, WorkerPhase } from "@riffle/streams";
import type { Logger } from "../logger.ts";
import type { Metrics } from "../metrics.ts";

/** A long restore says how far it is once in so many milliseconds. */
const progressEveryMs = 5_000;

/** What is asked of a worker; undefined before there is one. */
export type StoreReader = () => Pick<StreamWorker, "stores" | "standbys"> | undefined;

interface StoreObserver
  extends Pick<WorkerObserver, "loaded" | "copyDoubted" | "copyFailed" | "restoring" | "restored"> {
  phase(phase: WorkerPhase): void;
}

/** The part of a worker's observer that is about stores. `worker` is asked for their figures at each scrape. */
export const observeStores = (metrics: Metrics, log: Logger, worker: StoreReader): StoreObserver => {
  gaugesOf(metrics, worker);
  const restored = metrics.counter({
    name: "riffle_stream_restored_records_total",
    help: "Changelog records applied while restoring.",
  });
  const remaining = metrics.gauge({
    name: "riffle_stream_restore_remaining_records",
    help: "Offsets of the changelog that are still to be read; 0 when the store is restored.",
    labels: ["store", "partition"],
  });
  const doubts = metrics.counter({
    name: "riffle_stream_copies_doubted_total",
    help: "Copies on the local disk that were not used, by reason.",
    labels: ["doubt"],
  });
  const copyFailures = metrics.counter({
    name: "riffle_stream_copy_failures_total",
    help: "Times the local disk failed a copy: it was full, or refused. The task goes on.",
  });
  let saidAt = 0;
  return {
    phase: (phase) => {
      // A restore that was given up for another share never ends.
      if (phase === "joining") remaining.reset();
    },
    loaded: (report) => log.info(report, "copy on disk read"),
    copyDoubted: ({ partition, doubt }) => {
      doubts.inc({ doubt });
      log.warn({ partition, doubt }, "the copy on disk is not used");
    },
    copyFailed: ({ partition, error, waits }) => {
      copyFailures.inc();
      const then = waits ? "the copy waits for room" : "the task goes on without a copy";
      log.warn({ err: error, partition }, `the disk failed; ${then}`);
    },
    restoring: (progress) => {
      const { store, partition, nextOffset, endOffset } = progress;
      remaining.set({ store, partition }, endOffset - nextOffset);
      if (performance.now() - saidAt < progressEveryMs) return;
      saidAt = performance.now();
      log.info(progress, "restoring");
    },
    restored: (report) => {
      restored.inc(report.records);
      remaining.set({ store: report.store, partition: report.partition }, 0);
      log.info(report, "store restored");
    },
  };
};

/** Warm copies of what other replicas own. */
const standbyGauges = (metrics: Metrics, worker: StoreReader): void => {
  metrics.gauge({
    name: "riffle_stream_standby_entries",
    help: "Entries of a store in the partitions this process stands by for.",
    labels: ["store", "partition"],
    collect: (gauge) => {
      gauge.reset();
      for (const { store, partition, entries } of worker()?.standbys() ?? [])
        gauge.set({ store, partition }, entries);
    },
  });
  metrics.gauge({
    name: "riffle_stream_standby_bytes",
    help: "Their keys and values as the changelog has them, by the mean size of those that were read; the heap takes more.",
    labels: ["store", "partition"],
    collect: (gauge) => {
      gauge.reset();
      for (const { store, partition, bytes } of worker()?.standbys() ?? [])
        gauge.set({ store, partition }, bytes);
    },
  });
  metrics.gauge({
    name: "riffle_stream_standby_lag_records",
    help: "Offsets of the changelog that a standby has not read yet, markers included.",
    labels: ["store", "partition"],
    collect: (gauge) => {
      gauge.reset();
      for (const { store, partition, lagRecords } of worker()?.standbys() ?? [])
        if (lagRecords !== undefined) gauge.set({ store, partition }, lagRecords);
    },
  });
};

const gaugesOf = (metrics: Metrics, worker: StoreReader): void => {
  standbyGauges(metrics, worker);
  metrics.gauge({
    name: "riffle_stream_store_entries",
    help: "Entries of a store in the partitions this process owns now.",
    labels: ["store"],
    collect: (gauge) => {
      for (const { store, entries } of worker()?.stores() ?? []) gauge.set({ store }, entries);
    },
  });
  metrics.gauge({
    name: "riffle_stream_store_operations",
    help: "Operations on a store since the process began.",
    labels: ["store", "operation"],
    collect: (gauge) => {
      for (const { store, operations } of worker()?.stores() ?? [])
        for (const { operation, count } of operations) gauge.set({ store, operation }, count);
    },
  });
  metrics.gauge({
    name: "riffle_stream_store_operation_seconds",
    help: "Mean duration of an operation on a store, of one in 1,024 that is timed.",
    labels: ["store", "operation"],
    collect: (gauge) => {
      for (const { store, operations } of worker()?.stores() ?? [])
        for (const { operation, timed, timedMs } of operations)
          if (timed > 0) gauge.set({ store, operation }, timedMs / timed / 1_000);
    },
  });
};
