// A bug here looks like a map that shows yesterday's traffic as today's during a rebuild, or a p99 that is a mean.

import { topics } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { ReadModelDatabase } from "../../../src/read-model/database.ts";
import { Figures } from "../../../src/read-model/figures.ts";
import { overviewOf } from "../../../src/read-model/overview.ts";
import type { ModelRecord } from "../../../src/read-model/projection.ts";
import { projections } from "../../../src/read-model/projections.ts";

const nowMs = 1_800_000_000_000;
const screened = topics.transactionsScreened.name;

const record = (given: Partial<ModelRecord>): ModelRecord => ({
  topic: screened,
  partition: 0,
  offset: 0,
  timestampMs: 0,
  key: null,
  value: undefined,
  bytes: null,
  receivedAtMs: null,
  processedAtMs: null,
  traceparent: null,
  header: () => undefined,
  ...given,
});

describe("the last minute of a topic", () => {
  it("has its rate, and the quantiles of the time since acceptance within a hundredth", () => {
    const figures = new Figures();
    const records = Array.from({ length: 600 }, (_, i) => {
      const processedAtMs = nowMs - i * 90;
      return record({ offset: i, processedAtMs, receivedAtMs: processedAtMs - (i + 1) });
    });
    figures.take(records, nowMs);
    const { ratePerSecond, p50Ms, p99Ms } = figures.of(screened, nowMs);
    expect(ratePerSecond).toBe(10);
    expect(Math.abs((p50Ms ?? 0) - 300)).toBeLessThanOrEqual(4);
    expect(Math.abs((p99Ms ?? 0) - 594)).toBeLessThanOrEqual(7);
  });

  it("leaves out what is older than a minute, when it comes and when time passes", () => {
    const figures = new Figures();
    figures.take([record({ processedAtMs: nowMs - 61_000, receivedAtMs: 0 })], nowMs);
    expect(figures.of(screened, nowMs)).toEqual({ ratePerSecond: 0, p50Ms: null, p99Ms: null });
    figures.take([record({ processedAtMs: nowMs, receivedAtMs: nowMs })], nowMs);
    expect(figures.of(screened, nowMs).ratePerSecond).toBeGreaterThan(0);
    expect(figures.of(screened, nowMs + 61_000).ratePerSecond).toBe(0);
  });

  it("counts what ingest writes by its acceptance, without a latency", () => {
    const figures = new Figures();
    const received = topics.transactionsReceived.name;
    figures.take(
      Array.from({ length: 60 }, (_, offset) => record({ topic: received, offset, receivedAtMs: nowMs })),
      nowMs,
    );
    expect(figures.of(received, nowMs)).toEqual({ ratePerSecond: 1, p50Ms: null, p99Ms: null });
  });
});

describe("the overview", () => {
  it("tells of each group how far it is behind, in records and by the age of the oldest of them", () => {
    const figures = new Figures();
    figures.take(
      Array.from({ length: 40 }, (_, i) => record({ offset: i, processedAtMs: nowMs - 20_000 + i * 500 })),
      nowMs,
    );
    const lags = new Map([
      [`aggregator ${screened}`, [{ partition: 0, committed: 30, lag: 10 }]],
      [`fraud-detector ${screened}`, [{ partition: 0, committed: 40, lag: 0 }]],
    ]);
    const database = new ReadModelDatabase({ folder: undefined, projections });
    const cluster = { lags, replicas: new Map(), heardAtMs: nowMs };
    const { edges, clusterAtMs } = overviewOf({ database, figures, cluster }, nowMs);
    expect(clusterAtMs).toBe(nowMs);
    const edge = (to: string) => edges.find((found) => found.to === to && found.topic === screened);
    expect(edge("aggregator")).toMatchObject({ from: "filter", lagRecords: 10, lagSeconds: 5 });
    expect(edge("fraud-detector")).toMatchObject({ lagRecords: 0, lagSeconds: 0 });
    expect(edges.find(({ to }) => to === "filter")).toMatchObject({ lagRecords: null, lagSeconds: null });
  });
});
