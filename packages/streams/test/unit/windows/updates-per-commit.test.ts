// A bug here tells a window as often as there were batches in a commit, or tells in a commit what is not in it.

import type { Topic } from "@riffle/contracts/envelope";
import { expect, it } from "vitest";
import { keyValueStore } from "../../../src/state/store.ts";
import { StageDriver } from "../../../src/testing/stage-driver.ts";
import { type HoppingState, HoppingWindows } from "../../../src/windows/hopping-window.ts";
import { sum } from "../../../src/windows/numbers.ts";
import { perTask } from "../../../src/windows/per-task.ts";
import type { WindowResult } from "../../../src/windows/window.ts";
import type { Stage, Task } from "../../../src/worker/stage.ts";
import { PartitionTask } from "../../../src/worker/task.ts";
import { textTopic } from "../../harness/count-stage.ts";
import { rawRecord, textOf } from "../../harness/records.ts";

const input = textTopic("amounts");
const output = textTopic("sums");
const store = keyValueStore<HoppingState<number>>("windows");

/** Hopping windows of 10 every 5, told as they change. */
const windowsOf = perTask((task: Task) => {
  const aggregate = sum((amount: number) => amount);
  const windows = new HoppingWindows(task.store(store), {
    sizeMs: 10,
    advanceMs: 5,
    graceMs: 2,
    aggregate,
    emit: "on-update",
  });
  const emit = ({ kind, key, window, ...rest }: WindowResult<number>): void => {
    const figure = "value" in rest ? ` ${rest.value}` : "";
    task.emit(output, { key, value: `${kind} [${window.startMs},${window.endMs})${figure}`, timestampMs: 0 });
  };
  task.beforeCommit(() => windows.tellUpdates(task.streamTimeMs, emit));
  return { windows, emit };
});

const stage: Stage = {
  service: "sums",
  deadLetters: "sums-dlq",
  handlers: [
    {
      topic: input as Topic<unknown>,
      stores: [store],
      emits: [output as Topic<unknown>],
      handle: (batch, task) => {
        const { windows, emit } = windowsOf(task);
        for (const { key, value, timestampMs } of batch)
          windows.observe({ key, timestampMs, value: Number(value), streamTimeMs: task.streamTimeMs }, emit);
        windows.closeDue(task.streamTimeMs, emit);
      },
    },
  ],
};

const toldOf = (task: PartitionTask): (string | null)[] =>
  task
    .drain()
    .records.filter(({ topic }) => topic === "sums")
    .map(({ value }) => textOf(value));

it("two batches in one commit tell one update of a window, and a commit without records tells none", async () => {
  const task = new PartitionTask(stage, {
    partition: 0,
    positions: new Map([["amounts", 0]]),
    streamTimeMs: -1,
  });
  await task.process("amounts", [rawRecord(0, "a", "1", { timestampMs: 1 })], 1);
  await task.process("amounts", [rawRecord(1, "a", "2", { timestampMs: 2 })], 2);
  expect(toldOf(task)).toEqual(["update [-5,5) 3", "update [0,10) 3"]);
  expect(toldOf(task)).toEqual([]);
  await task.process("amounts", [rawRecord(2, "a", "4", { timestampMs: 7 })], 3);
  await task.process("amounts", [rawRecord(3, "a", "8", { timestampMs: 8 })], 4);
  expect(toldOf(task)).toEqual(["final [-5,5) 3", "update [0,10) 15", "update [5,15) 12"]);
});

it("in the stage driver, where every batch is a commit, each batch tells what it changed, restarts or not", async () => {
  const told = async (restarts: boolean): Promise<string[]> => {
    const driver = new StageDriver(stage);
    for (const [timestampMs, value] of [
      [1, "1"],
      [2, "2"],
      [7, "4"],
    ] as const) {
      if (restarts) driver.restart();
      await driver.send(input, { key: "a", value, timestampMs });
    }
    await driver.advanceStreamTime(17);
    return driver.emitted(output).map(({ value }) => value);
  };
  const expected = [
    "update [-5,5) 1",
    "update [0,10) 1",
    "update [-5,5) 3",
    "update [0,10) 3",
    "final [-5,5) 3",
    "update [0,10) 7",
    "update [5,15) 4",
    "final [0,10) 7",
    "final [5,15) 4",
  ];
  expect(await told(false)).toEqual(expected);
  expect(await told(true)).toEqual(expected);
});
