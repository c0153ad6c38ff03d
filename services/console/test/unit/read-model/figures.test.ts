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

  it("has what this second brought, though something of the second a minute ago comes after it", () => {
    const figures = new Figures();
    const lateMs = nowMs + 500;
    const newest = Array.from({ length: 60 }, (_, offset) => record({ offset, processedAtMs: lateMs }));
    figures.take([...newest, record({ offset: 60, processedAtMs: lateMs - 59_800 })], lateMs);
    expect(figures.of(screened, lateMs).ratePerSecond).toBe(1);
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
  const received = topics.transactionsReceived.name;
  const hour = 3_600_000;

  /** Rows as the projections make them: `count` transactions of one partition, received and screened at each of these times. */
  const databaseOf = (times: readonly number[]): ReadModelDatabase => {
    const database = new ReadModelDatabase({ folder: undefined, projections });
    database.transaction(() => {
      times.forEach((atMs, offset) => {
        const id = `t-${offset}`;
        database
          .statement("INSERT INTO received VALUES (?, 'a', 3, ?, 0, ?, NULL, '{}')")
          .run(id, offset, atMs);
        database.statement("INSERT INTO screened VALUES (?, 'a', 3, ?, 0, 0, ?)").run(id, offset, atMs);
      });
    });
    return database;
  };
  const lagOf = (
    database: ReadModelDatabase,
    lag: { readonly partition?: number; readonly committed: number; readonly lag: number },
    { topic = screened, to = "aggregator" } = {},
  ) => {
    const lags = new Map([[`${to} ${topic}`, [{ partition: 3, ...lag }]]]);
    const cluster = { lags, replicas: new Map(), heardAtMs: nowMs };
    const { edges } = overviewOf({ database, figures: new Figures(), cluster }, nowMs);
    const { lagRecords, lagSeconds } = edges.find((edge) => edge.to === to) ?? {};
    return { lagRecords, lagSeconds };
  };
  const everySecondOfAnHour = Array.from({ length: 3_600 }, (_, i) => nowMs - hour + i * 1_000);

  it("has of what a group has not read the age of the oldest, however long ago it came and whenever the console began", () => {
    const database = databaseOf(everySecondOfAnHour);
    expect(lagOf(database, { committed: 0, lag: 3_600 })).toEqual({ lagRecords: 3_600, lagSeconds: 3_600 });
    expect(lagOf(database, { committed: 3_595, lag: 5 })).toEqual({ lagRecords: 5, lagSeconds: 5 });
    // A group that never committed begins with the first.
    expect(lagOf(database, { committed: -1, lag: 3_600 }).lagSeconds).toBe(3_600);
    const inFilter = { topic: received, to: "filter" };
    expect(lagOf(database, { committed: 1_800, lag: 1_800 }, inFilter).lagSeconds).toBe(1_800);
  });

  it("says of a group that has read everything that it is 0 behind", () => {
    const none = { lagRecords: 0, lagSeconds: 0 };
    expect(lagOf(databaseOf([]), { committed: 40, lag: 0 })).toEqual(none);
    expect(lagOf(databaseOf(everySecondOfAnHour), { committed: 3_600, lag: 0 })).toEqual(none);
  });

  it("takes the next row where the offset has none, and does not know where none comes after it", () => {
    const database = databaseOf([nowMs - 20_000, nowMs - 10_000]);
    database.transaction(() => database.statement("DELETE FROM screened WHERE offset = 0").run());
    expect(lagOf(database, { committed: 0, lag: 2 }).lagSeconds).toBe(10);
    const unknown = { lagRecords: 1, lagSeconds: null };
    expect(lagOf(database, { committed: 2, lag: 1 })).toEqual(unknown);
    expect(lagOf(database, { partition: 4, committed: 0, lag: 1 })).toEqual(unknown);
    expect(lagOf(databaseOf([]), { committed: 0, lag: 1 })).toEqual(unknown);
  });

  it("does not know the age of a row that does not say when it was written", () => {
    const database = databaseOf([nowMs - 20_000]);
    database.transaction(() => database.statement("UPDATE screened SET processed_ms = NULL").run());
    expect(lagOf(database, { committed: 0, lag: 1 })).toEqual({ lagRecords: 1, lagSeconds: null });
  });

  it("does not know how old the oldest is where it does not know one partition's", () => {
    const database = databaseOf([nowMs - 1_000]);
    const lags = new Map([
      [
        `aggregator ${screened}`,
        [
          { partition: 3, committed: 0, lag: 1 },
          { partition: 5, committed: 0, lag: 2 },
        ],
      ],
    ]);
    const cluster = { lags, replicas: new Map(), heardAtMs: nowMs - 1 };
    const overview = overviewOf({ database, figures: new Figures(), cluster }, nowMs);
    expect(overview.clusterAtMs).toBe(nowMs - 1);
    expect(overview.edges.find(({ to }) => to === "aggregator")).toMatchObject({
      lagRecords: 3,
      lagSeconds: null,
    });
    // Of others the cluster has said nothing.
    expect(overview.edges.find(({ to }) => to === "filter")).toMatchObject({
      lagRecords: null,
      lagSeconds: null,
    });
  });

  it("knows the age of alerts that nobody was told of", () => {
    const database = databaseOf([]);
    database.transaction(() =>
      database
        .statement("INSERT INTO alert_events VALUES ('al', 3, 9, 0, 0, ?, NULL, '{}')")
        .run(nowMs - 90_000),
    );
    const toNotifier = { topic: topics.alerts.name, to: "notifier" };
    expect(lagOf(database, { committed: 9, lag: 1 }, toNotifier).lagSeconds).toBe(90);
  });

  it("finds the age without reading through a table", () => {
    const database = databaseOf([]);
    const plans = ["received", "screened", "alert_events"].map((table) =>
      database
        .all<{ readonly detail: string }>(
          `EXPLAIN QUERY PLAN SELECT 1 FROM ${table} WHERE partition = ? AND offset >= ? ORDER BY offset LIMIT 1`,
          0,
          0,
        )
        .map(({ detail }) => detail)
        .join(),
    );
    for (const plan of plans) expect(plan).toMatch(/^SEARCH \w+ USING (COVERING )?INDEX \w+_by_place /);
  });
});
