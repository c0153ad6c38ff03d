// A bug here shows a restore that ended as one that hangs, or hides a disk that fails.

import { beforeEach, describe, expect, it } from "vitest";
import { createLogger } from "../../../src/logger.ts";
import { Metrics } from "../../../src/metrics.ts";
import { observeStores, type StoreReader } from "../../../src/nest/store-metrics.ts";
import { seriesOf } from "./series.ts";

const log = createLogger({ service: "s", instance: "s-0", level: "silent", secrets: [] });

let metrics: Metrics;
let worker: ReturnType<StoreReader>;
let observer: ReturnType<typeof observeStores>;

beforeEach(() => {
  metrics = new Metrics("s", { defaults: false });
  worker = undefined;
  observer = observeStores(metrics, log, () => worker);
});

const series = () => seriesOf(metrics);
const remaining = 'riffle_stream_restore_remaining_records{store="seen",partition="2"}';

describe("a restore", () => {
  const progress = {
    store: "seen",
    partition: 2,
    records: 40,
    fromOffset: 0,
    nextOffset: 60,
    endOffset: 200,
  };
  const report = { store: "seen", partition: 2, records: 90, durationMs: 5, fromOffset: 0 } as const;

  it("shows what is left of it, and 0 when it has ended", async () => {
    observer.restoring?.(progress);
    expect((await series())[remaining]).toBe(140);
    observer.restored?.({ ...report, from: "start" });
    expect(await series()).toMatchObject({ [remaining]: 0, riffle_stream_restored_records_total: 90 });
  });

  it("that was given up for another share is not shown any more", async () => {
    observer.restoring?.(progress);
    observer.phase("joining");
    expect(await series()).not.toHaveProperty(remaining);
  });

  it("goes on being shown in its own phase", async () => {
    observer.restoring?.(progress);
    observer.phase("restoring");
    expect((await series())[remaining]).toBe(140);
  });
});

describe("the copy on disk", () => {
  it("that is doubted is counted by the doubt", async () => {
    observer.copyDoubted?.({ partition: 1, doubt: "absent" });
    expect(await series()).toMatchObject({ 'riffle_stream_copies_doubted_total{doubt="absent"}': 1 });
  });

  it("whose disk failed is counted", async () => {
    observer.copyFailed?.({ partition: 1, error: new Error("EIO"), waits: false });
    expect(await series()).toMatchObject({ riffle_stream_copy_failures_total: 1 });
  });
});

it("stores are shown by their size and their use; the mean only where an operation was timed", async () => {
  worker = {
    standbys: () => [],
    stores: () => [
      {
        store: "seen",
        entries: 12,
        operations: [
          { operation: "get", count: 3_000, timed: 2, timedMs: 4 },
          { operation: "put", count: 10, timed: 0, timedMs: 0 },
        ],
      },
    ],
  };
  const found = await series();
  expect(found).toMatchObject({
    'riffle_stream_store_entries{store="seen"}': 12,
    'riffle_stream_store_operations{store="seen",operation="get"}': 3_000,
    'riffle_stream_store_operation_seconds{store="seen",operation="get"}': 0.002,
    'riffle_stream_store_operations{store="seen",operation="put"}': 10,
  });
  expect(found).not.toHaveProperty('riffle_stream_store_operation_seconds{store="seen",operation="put"}');
});

it("standbys are shown while they are kept, and gone afterwards", async () => {
  const standby = { store: "seen", partition: 5, entries: 7, bytes: 900 };
  const labels = '{store="seen",partition="5"}';
  worker = { stores: () => [], standbys: () => [standby] };
  const unread = await series();
  expect(unread).toMatchObject({
    [`riffle_stream_standby_entries${labels}`]: 7,
    [`riffle_stream_standby_bytes${labels}`]: 900,
  });
  expect(unread).not.toHaveProperty(`riffle_stream_standby_lag_records${labels}`);
  worker = { stores: () => [], standbys: () => [{ ...standby, lagRecords: 30 }] };
  expect((await series())[`riffle_stream_standby_lag_records${labels}`]).toBe(30);
  worker = { stores: () => [], standbys: () => [] };
  expect(Object.keys(await series()).filter((name) => name.includes("standby"))).toEqual([]);
});
