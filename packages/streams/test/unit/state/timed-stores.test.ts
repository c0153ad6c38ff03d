// A bug here keeps windows for ever, or lets a read see what is gone because its removal is not written yet.

import type { Topic } from "@riffle/contracts/envelope";
import { describe, expect, it } from "vitest";
import { StreamsConfigError, StreamsError } from "../../../src/errors.ts";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { KeyValueSessionStore } from "../../../src/state/session-store.ts";
import { keyValueStore, sessionStore, windowStore } from "../../../src/state/store.ts";
import { KeyValueWindowStore } from "../../../src/state/window-store.ts";
import { StageDriver } from "../../../src/testing/stage-driver.ts";
import type { Stage } from "../../../src/worker/stage.ts";
import { PartitionTask } from "../../../src/worker/task.ts";
import { textTopic } from "../../harness/count-stage.ts";
import { rawRecord, textOf } from "../../harness/records.ts";

const input = textTopic("s-in");
const perKey = keyValueStore<number>("per-key");
const perWindow = windowStore<number>("per-window", { sizeMs: 10, retentionMs: 5 });
const perSession = sessionStore<string>("per-session", { retentionMs: 5 });

/** Counts each record per key, per window of ten, and as a session of one millisecond. */
const stage: Stage = {
  service: "s",
  deadLetters: "s-dlq",
  handlers: [
    {
      topic: input as Topic<unknown>,
      stores: [perKey, perWindow, perSession],
      emits: [],
      handle: (batch, task) => {
        const [counts, windows, sessions] = [
          task.store(perKey),
          task.store(perWindow),
          task.store(perSession),
        ];
        for (const { key, timestampMs, value } of batch) {
          counts.put(key, (counts.get(key) ?? 0) + 1);
          const startMs = Math.floor(timestampMs / 10) * 10;
          windows.put(key, startMs, (windows.get(key, startMs) ?? 0) + 1);
          sessions.put(key, { startMs: timestampMs, endMs: timestampMs + 1 }, String(value));
        }
      },
    },
  ],
};

const record = (key: string, timestampMs: number) => ({ key, value: "v", timestampMs });

describe("window and session stores of a task", () => {
  it("are of the kind that was declared, and survive a restart after every record", async () => {
    const driver = new StageDriver(stage);
    for (const timestampMs of [7, 8, 11]) {
      await driver.send(input, record("a", timestampMs));
      driver.restart();
    }
    expect(driver.store(perKey).get("a")).toBe(3);
    expect(driver.store(perWindow).fetch("a", 0, 20)).toEqual([
      { key: "a", startMs: 0, value: 2 },
      { key: "a", startMs: 10, value: 1 },
    ]);
    expect(driver.store(perSession).find("a", 8, 12)).toHaveLength(2);
  });

  it("write each cell as one changelog record with a readable key", async () => {
    const task = new PartitionTask(stage, { partition: 0, positions: new Map(), streamTimeMs: -1 });
    await task.process("s-in", [rawRecord(0, "a", "v", { timestampMs: 12 })], 1);
    const keys = task.drain().records.map(({ topic, key }) => `${topic} ${textOf(key)}`);
    expect(keys).toEqual([
      "s-per-key-changelog a",
      "s-per-window-changelog a@00000000000000010",
      "s-per-session-changelog a@00000000000000012@00000000000000013",
    ]);
  });

  it("remove what is gone with the next commit, though nobody reads it", async () => {
    const task = new PartitionTask(stage, { partition: 0, positions: new Map(), streamTimeMs: -1 });
    await task.process("s-in", [rawRecord(0, "a", "v", { timestampMs: 1 })], 1);
    task.drain();
    await task.advanceStreamTime(14);
    const tombstones = () =>
      task
        .drain()
        .records.filter(({ value }) => value === null)
        .map(({ topic }) => topic);
    // The session [1, 2) is gone at 7, the window [0, 10) at 15.
    expect(tombstones()).toEqual(["s-per-session-changelog"]);
    await task.advanceStreamTime(15);
    expect(tombstones()).toEqual(["s-per-window-changelog"]);
  });

  it("hold what one window holds, however many come and go", async () => {
    const driver = new StageDriver(stage);
    for (let at = 0; at < 2_000; at += 10) await driver.send(input, record(`k${at % 7}`, at));
    expect([driver.store(perWindow).size, driver.store(perSession).size]).toEqual([2, 1]);
  });
});

describe("a window or session store", () => {
  const now = () => -1;

  it.each([
    ["a size of 0", { sizeMs: 0, retentionMs: 1 }],
    ["a size that is no whole number", { sizeMs: 1.5, retentionMs: 1 }],
    ["a retention below 0", { sizeMs: 1, retentionMs: -1 }],
  ])("of windows refuses %s", (_, retention) => {
    expect(() => new KeyValueWindowStore(new MemoryStore(), retention, now)).toThrow(StreamsConfigError);
  });

  it("of sessions refuses a retention below 0", () => {
    expect(() => new KeyValueSessionStore(new MemoryStore(), { retentionMs: -1 }, now)).toThrow(
      StreamsConfigError,
    );
  });

  it("refuses a store of another kind instead of guessing", () => {
    const store = new MemoryStore<number>();
    store.put("plain", 1);
    const corrupt = { code: "STREAMS_STATE_CORRUPT" };
    const windows = () => new KeyValueWindowStore(store, { sizeMs: 1, retentionMs: 1 }, now);
    expect(windows).toThrow(expect.objectContaining(corrupt));
    expect(() => new KeyValueSessionStore(store, { retentionMs: 1 }, now)).toThrow(
      expect.objectContaining(corrupt),
    );
  });

  it("refuses times that are no whole milliseconds, and sessions that hold no time", () => {
    const windows = new KeyValueWindowStore(new MemoryStore<number>(), { sizeMs: 1, retentionMs: 1 }, now);
    const sessions = new KeyValueSessionStore(new MemoryStore<number>(), { retentionMs: 1 }, now);
    expect(() => windows.put("a", 0.5, 1)).toThrow(StreamsError);
    expect(() => sessions.put("a", { startMs: 5, endMs: 5 }, 1)).toThrow(StreamsError);
    expect([windows.size, sessions.size]).toEqual([0, 0]);
  });
});
