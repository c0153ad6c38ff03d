// A bug here tells that all is well while records are lost, or lets a rule compare what was counted at two times.

import type { CommitReport, Stage } from "@riffle/streams";
import { beforeEach, describe, expect, it } from "vitest";
import { createLogger } from "../../../src/logger.ts";
import { Metrics } from "../../../src/metrics.ts";
import { observeWorker, type WorkerReader } from "../../../src/nest/worker-metrics.ts";
import { seriesOf } from "./series.ts";

const log = createLogger({ service: "s", instance: "s-0", level: "silent", secrets: [] });
const stage = {
  deadLetters: "s.dlq.v1",
  handlers: [{ emits: [{ name: "out.v1" }, { name: "rejected.v1" }] }],
} as unknown as Stage;

type Worker = NonNullable<ReturnType<WorkerReader>>;

const idleWorker: Worker = {
  partitions: [],
  inputs: () => [],
  streamTimes: () => [],
  stores: () => [],
  standbys: () => [],
};
const commit: CommitReport = {
  inputs: 5,
  outputs: 7,
  outputsByTopic: new Map([
    ["out.v1", 3],
    ["s.dlq.v1", 2],
    ["s-store-changelog", 2],
  ]),
  oldestReceivedAtMs: 99_700,
  durationMs: 12,
  tasks: 1,
};

let metrics: Metrics;
let worker: Worker | undefined;
let observer: ReturnType<typeof observeWorker>;

beforeEach(() => {
  metrics = new Metrics("s", { defaults: false });
  worker = idleWorker;
  observer = observeWorker({ metrics, log, stage, worker: () => worker, nowMs: () => 100_000 });
});

const series = () => seriesOf(metrics);

describe("the ledger of a service", () => {
  it("has every output at 0 before the first commit", async () => {
    expect(await series()).toMatchObject({
      riffle_stream_records_in_total: 0,
      'riffle_stream_records_out_total{topic="out.v1"}': 0,
      'riffle_stream_records_out_total{topic="rejected.v1"}': 0,
      'riffle_stream_records_out_total{topic="s.dlq.v1"}': 0,
      riffle_stream_dead_letters_total: 0,
    });
  });

  it("counts inputs and outputs by topic at their commit, dead letters among them", async () => {
    observer.committed?.(commit);
    observer.committed?.(commit);
    expect(await series()).toMatchObject({
      riffle_stream_records_in_total: 10,
      'riffle_stream_records_out_total{topic="out.v1"}': 6,
      'riffle_stream_records_out_total{topic="rejected.v1"}': 0,
      'riffle_stream_records_out_total{topic="s.dlq.v1"}': 4,
      'riffle_stream_records_out_total{topic="s-store-changelog"}': 4,
      riffle_stream_dead_letters_total: 4,
    });
  });
});

describe("a commit", () => {
  it("is measured by its duration, its size and the age of its oldest record", async () => {
    observer.committed?.(commit);
    expect(await series()).toMatchObject({
      riffle_stream_commit_duration_seconds_sum: 0.012,
      'riffle_stream_commit_records_bucket{le="3"}': 0,
      'riffle_stream_commit_records_bucket{le="10"}': 1,
      riffle_stream_latency_seconds_sum: 0.3,
      riffle_stream_latency_seconds_count: 1,
    });
  });

  it("without a record that says when it came in adds nothing to the latency", async () => {
    observer.committed?.({ ...commit, inputs: 0, oldestReceivedAtMs: undefined });
    expect((await series())["riffle_stream_latency_seconds_count"]).toBe(0);
  });

  it("of a record whose ingest has a clock ahead took no time, not less", async () => {
    observer.committed?.({ ...commit, oldestReceivedAtMs: 100_500 });
    expect((await series())["riffle_stream_latency_seconds_sum"]).toBe(0);
  });
});

describe("the input", () => {
  const of = { topic: "in.v1", partition: 3 };

  it("is shown by partition, an idle one with 0 exactly", async () => {
    worker = {
      ...idleWorker,
      partitions: [3, 4],
      inputs: () => [
        { ...of, position: 70, records: 5, undecided: 2, ageMs: 2_500 },
        { ...of, partition: 4, position: 9, records: 0, undecided: 0, ageMs: 0 },
      ],
    };
    expect(await series()).toMatchObject({
      riffle_stream_tasks: 2,
      'riffle_stream_lag_records{topic="in.v1",partition="3"}': 5,
      'riffle_stream_lag_seconds{topic="in.v1",partition="3"}': 2.5,
      'riffle_stream_position_offset{topic="in.v1",partition="3"}': 70,
      'riffle_stream_undecided_records{topic="in.v1",partition="3"}': 2,
      'riffle_stream_lag_records{topic="in.v1",partition="4"}': 0,
      'riffle_stream_lag_seconds{topic="in.v1",partition="4"}': 0,
    });
  });

  it("has its age, and no count of records, before the first fetch", async () => {
    worker = {
      ...idleWorker,
      inputs: () => [{ ...of, position: 70, records: undefined, undecided: undefined, ageMs: 900 }],
    };
    const found = await series();
    expect(found['riffle_stream_lag_seconds{topic="in.v1",partition="3"}']).toBe(0.9);
    expect(found).not.toHaveProperty('riffle_stream_lag_records{topic="in.v1",partition="3"}');
  });

  it("of a partition that was given up is gone at the next scrape", async () => {
    worker = {
      ...idleWorker,
      inputs: () => [{ ...of, position: 70, records: 5, undecided: 0, ageMs: 9 }],
      streamTimes: () => [{ partition: 3, streamTimeMs: 1 }],
    };
    await series();
    worker = idleWorker;
    expect(Object.keys(await series()).filter((name) => name.includes('partition="3"'))).toEqual([]);
  });
});

it("the watermark's delay is wall clock less stream time, and absent before the first record", async () => {
  worker = {
    ...idleWorker,
    streamTimes: () => [
      { partition: 0, streamTimeMs: 94_000 },
      { partition: 1, streamTimeMs: 101_000 },
      { partition: 2, streamTimeMs: -1 },
    ],
  };
  const found = await series();
  expect(found['riffle_stream_watermark_delay_seconds{partition="0"}']).toBe(6);
  expect(found['riffle_stream_watermark_delay_seconds{partition="1"}']).toBe(-1);
  expect(found).not.toHaveProperty('riffle_stream_watermark_delay_seconds{partition="2"}');
});

it("exactly one phase is shown as the worker's, `starting` before it told one", async () => {
  const current = async () =>
    Object.entries(await series()).flatMap(([name, value]) =>
      name.startsWith("riffle_stream_phase{") && value === 1 ? [name] : [],
    );
  expect(await current()).toEqual(['riffle_stream_phase{phase="starting"}']);
  observer.phase?.("restoring", {});
  expect(await current()).toEqual(['riffle_stream_phase{phase="restoring"}']);
});

it("errors are counted by what was done about them, from 0, so that the first is seen", async () => {
  observer.failed?.(new Error("gone"), "rebuild");
  expect(await series()).toMatchObject({
    'riffle_stream_failures_total{action="rebuild"}': 1,
    'riffle_stream_failures_total{action="rejoin"}': 0,
    'riffle_stream_failures_total{action="retry-record"}': 0,
    'riffle_stream_failures_total{action="condemn-record"}': 0,
    'riffle_stream_failures_total{action="retry-task"}': 0,
    'riffle_stream_failures_total{action="stop"}': 0,
  });
});

it("a scrape before there is a worker is answered", async () => {
  worker = undefined;
  expect((await series())["riffle_stream_tasks"]).toBe(0);
});
