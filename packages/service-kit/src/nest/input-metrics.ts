// How far behind its input a stream service is: in records, in seconds, and in event time. Asked at each scrape.

import type { StreamWorker } from "@riffle/streams";
import type { Metrics } from "../metrics.ts";

/** What is asked of a worker; undefined before there is one. */
export type InputReader = () => Pick<StreamWorker, "inputs" | "streamTimes" | "partitions"> | undefined;

const perPartition = ["topic", "partition"] as const;

/** Creates the gauges. `nowMs` is the wall clock, epoch milliseconds. */
export const gaugeInputs = (metrics: Metrics, worker: InputReader, nowMs: () => number): void => {
  metrics.gauge({
    name: "riffle_stream_lag_records",
    help: "Records between what was processed and the end of the input partition, markers included.",
    labels: perPartition,
    collect: (gauge) => {
      gauge.reset();
      for (const { topic, partition, records } of worker()?.inputs() ?? [])
        if (records !== undefined) gauge.set({ topic, partition }, records);
    },
  });
  metrics.gauge({
    name: "riffle_stream_lag_seconds",
    help: "How long the oldest record has waited that is not processed, since ingest took it in; 0 when none waits.",
    labels: perPartition,
    collect: (gauge) => {
      gauge.reset();
      for (const { topic, partition, ageMs } of worker()?.inputs() ?? [])
        gauge.set({ topic, partition }, ageMs / 1_000);
    },
  });
  metrics.gauge({
    name: "riffle_stream_position_offset",
    help: "Offset after everything that was processed of the input partition, markers included.",
    labels: perPartition,
    collect: (gauge) => {
      gauge.reset();
      for (const { topic, partition, position } of worker()?.inputs() ?? [])
        gauge.set({ topic, partition }, position);
    },
  });
  metrics.gauge({
    name: "riffle_stream_undecided_records",
    help: "Records after the last stable offset of the input partition: of open transactions, and behind them.",
    labels: perPartition,
    collect: (gauge) => {
      gauge.reset();
      for (const { topic, partition, undecided } of worker()?.inputs() ?? [])
        if (undecided !== undefined) gauge.set({ topic, partition }, undecided);
    },
  });
  gaugeWatermarks(metrics, worker, nowMs);
};

const gaugeWatermarks = (metrics: Metrics, worker: InputReader, nowMs: () => number): void => {
  metrics.gauge({
    name: "riffle_stream_watermark_delay_seconds",
    help: "Wall clock less stream time of a task; below 0 when an event time lies ahead. Absent before the first record.",
    labels: ["partition"],
    collect: (gauge) => {
      gauge.reset();
      for (const { partition, streamTimeMs } of worker()?.streamTimes() ?? [])
        if (streamTimeMs >= 0) gauge.set({ partition }, (nowMs() - streamTimeMs) / 1_000);
    },
  });
  metrics.gauge({
    name: "riffle_stream_tasks",
    help: "Partitions this process owns now.",
    collect: (gauge) => gauge.set(worker()?.partitions.length ?? 0),
  });
};
