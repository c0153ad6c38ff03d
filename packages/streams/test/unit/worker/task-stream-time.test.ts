// A bug here moves event time by how the input was cut into batches, or lets it fall back.

import { describe, expect, it } from "vitest";
import type { RecordBatch } from "../../../src/worker/record.ts";
import type { Stage, Task } from "../../../src/worker/stage.ts";
import { PartitionTask } from "../../../src/worker/task.ts";
import { countStage, counts, textTopic } from "../../harness/count-stage.ts";
import { rejectionOf } from "../../harness/eventually.ts";
import { rawRecord } from "../../harness/records.ts";

const start = { partition: 2, positions: new Map([["s-in", 0]]), streamTimeMs: -1 };

/** A stage whose only handler is the given function. */
const stageOf = (handle: (batch: RecordBatch<unknown>, task: Task) => void | Promise<void>): Stage => ({
  service: "s",
  deadLetters: "s-dlq",
  handlers: [{ topic: textTopic("s-in"), stores: [counts], emits: [], handle }],
});

describe("stream time", () => {
  const times = (...timestamps: number[]) =>
    timestamps.map((timestampMs, offset) => rawRecord(offset, "a", "x", { timestampMs }));

  it("moves record by record while a handler reads, and never back", async () => {
    const seen: number[] = [];
    const { stage } = countStage({ service: "s", onRecord: (_, task) => void seen.push(task.streamTimeMs) });
    const task = new PartitionTask(stage, start);
    await task.process("s-in", times(10, 30, 20, 40), 4);
    expect(seen).toEqual([10, 30, 30, 40]);
  });

  it("takes in records the handler did not look at", async () => {
    const task = new PartitionTask(
      stageOf((batch) => {
        for (const record of batch) if (record.offset === 1) break;
      }),
      start,
    );
    await task.process("s-in", times(10, 20, 99, 50), 4);
    expect(task.streamTimeMs).toBe(99);
  });

  it("is as of the records so far when a handler reads them twice", async () => {
    const seen: number[] = [];
    const stage = stageOf((batch, task) => {
      for (let pass = 0; pass < 2; pass++) for (const _ of batch) seen.push(task.streamTimeMs);
    });
    await new PartitionTask(stage, start).process("s-in", times(10, 20), 2);
    expect(seen).toEqual([10, 20, 20, 20]);
  });

  it("goes on where the last commit left it", async () => {
    const task = new PartitionTask(countStage({ service: "s" }).stage, { ...start, streamTimeMs: 500 });
    await task.process("s-in", times(10), 1);
    expect(task.drain().streamTimeMs).toBe(500);
  });

  it("advanced by hand reaches every handler with an empty batch", async () => {
    const seen: [string, number, number][] = [];
    const handler = (name: string) => ({
      topic: textTopic(name),
      stores: [],
      emits: [],
      handle: (batch: RecordBatch<unknown>, task: Task) =>
        void seen.push([batch.topic, [...batch].length, task.streamTimeMs]),
    });
    const stage = { service: "s", deadLetters: "s-dlq", handlers: [handler("one"), handler("two")] };
    const task = new PartitionTask(stage, { ...start, streamTimeMs: 5 });
    await task.advanceStreamTime(7);
    expect(seen).toEqual([
      ["one", 0, 7],
      ["two", 0, 7],
    ]);
    expect(task.drain().streamTimeMs).toBe(7);
  });

  it.each([
    ["nothing", () => {}],
    ["a change of state", (task: Task) => task.store(counts).put("a", 1)],
    ["a removed key", (task: Task) => task.store(counts).delete("a")],
  ])("an advance whose effect is %s is worth a commit", async (_, effect) => {
    const task = new PartitionTask(
      stageOf((_batch, of) => effect(of)),
      start,
    );
    await task.advanceStreamTime(7);
    expect([task.changed, task.drain().streamTimeMs]).toEqual([true, 7]);
  });

  it("advanced to where it stands, or back, does nothing", async () => {
    let called = 0;
    const task = new PartitionTask(
      stageOf(() => void called++),
      { ...start, streamTimeMs: 5 },
    );
    await task.advanceStreamTime(5);
    await task.advanceStreamTime(4);
    expect([called, task.changed, task.streamTimeMs]).toEqual([0, false, 5]);
  });

  it("a handler that fails at an advance is charged to no record", async () => {
    const stage = stageOf(() => {
      throw new Error("boom");
    });
    const error = await rejectionOf(new PartitionTask(stage, start).advanceStreamTime(1));
    expect(error).toMatchObject({ code: "STREAMS_HANDLER_FAILED", offset: -1 });
  });
});
