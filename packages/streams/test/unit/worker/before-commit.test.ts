// A bug here commits without what was to be told at the commit, tells it twice, or lets one record block a partition
// because the failure it causes shows only at the commit.

import type { Topic } from "@riffle/contracts/envelope";
import { describe, expect, it } from "vitest";
import { binary, binarySerde } from "../../../src/state/binary-serde.ts";
import { keyValueStore } from "../../../src/state/store.ts";
import { StageDriver } from "../../../src/testing/stage-driver.ts";
import { perTask } from "../../../src/windows/per-task.ts";
import type { Stage, Task } from "../../../src/worker/stage.ts";
import { PartitionTask } from "../../../src/worker/task.ts";
import { textTopic } from "../../harness/count-stage.ts";
import { rejectionOf } from "../../harness/eventually.ts";
import { rawRecord, textOf } from "../../harness/records.ts";
import { Rig } from "./worker-rig.ts";

const input = textTopic("s-in");
const output = textTopic("s-out");
const told = keyValueStore<number>("told");

/** Tells what came since the last commit, `a+b`, and counts how often it told; refuses some values. */
const tellingStage = (
  refuse: (values: readonly string[]) => boolean = () => false,
  seen: string[][] = [],
) => {
  const partsOf = perTask((task: Task) => {
    const since: string[] = [];
    task.beforeCommit(() => {
      if (since.length === 0) return;
      seen.push([...since]);
      if (refuse(since)) throw new Error(`cannot tell ${since.join("+")}`);
      const store = task.store(told);
      store.put("times", (store.get("times") ?? 0) + 1);
      task.emit(output, { key: "k", value: since.join("+"), timestampMs: task.streamTimeMs });
      since.length = 0;
    });
    return since;
  });
  const stage: Stage = {
    service: "s",
    deadLetters: "s-dlq",
    handlers: [
      {
        topic: input as Topic<unknown>,
        stores: [told],
        emits: [output as Topic<unknown>],
        handle: (batch, task) => {
          const since = partsOf(task);
          for (const { value } of batch) since.push(String(value));
        },
      },
    ],
  };
  return { stage, seen };
};

const start = { partition: 0, positions: new Map([["s-in", 0]]), streamTimeMs: -1 };

const textsOf = (task: PartitionTask): string[] =>
  task.drain().records.map(({ topic, value }) => `${topic} ${textOf(value)}`);

describe("what runs before the commit", () => {
  it("runs once for all batches of a commit, after the last record, and is part of that commit", async () => {
    const task = new PartitionTask(tellingStage().stage, start);
    await task.process("s-in", [rawRecord(0, "k", "a"), rawRecord(1, "k", "b")], 2);
    await task.process("s-in", [rawRecord(2, "k", "c")], 3);
    expect(textsOf(task)).toEqual(["s-out a+b+c", "s-told-changelog 1"]);
  });

  it("runs again at the next commit, and at one that holds no record", async () => {
    let commits = 0;
    const { stage } = tellingStage();
    const task = new PartitionTask(stage, start);
    task.beforeCommit(() => commits++);
    await task.process("s-in", [rawRecord(0, "k", "a")], 1);
    task.drain();
    await task.process("s-in", [], 4);
    expect([textsOf(task), commits]).toEqual([[], 2]);
  });

  it("runs in the order in which it was registered", () => {
    const ran: number[] = [];
    const task = new PartitionTask(tellingStage().stage, start);
    for (const which of [1, 2, 3]) task.beforeCommit(() => ran.push(which));
    task.drain();
    expect(ran).toEqual([1, 2, 3]);
  });

  it("that throws is a failure of the handler without a record in hand", async () => {
    const { stage } = tellingStage(() => true);
    const task = new PartitionTask(stage, start);
    await task.process("s-in", [rawRecord(7, "k", "a")], 8);
    expect(await rejectionOf(Promise.resolve().then(() => task.drain()))).toMatchObject({
      code: "STREAMS_HANDLER_FAILED",
      topic: "s-in",
      offset: -1,
      cause: { message: "cannot tell a" },
    });
  });

  it("runs after each record that is handed over singly, and names the one it fails after", async () => {
    const { stage, seen } = tellingStage((values) => values.includes("bad"));
    const task = new PartitionTask(stage, start);
    const records = [rawRecord(7, "k", "a"), rawRecord(8, "k", "bad"), rawRecord(9, "k", "c")];
    expect(await rejectionOf(task.process("s-in", records, 10, true))).toMatchObject({ offset: 8 });
    expect(seen).toEqual([["a"], ["bad"]]);
  });
});

describe("a record that fails only at the commit", () => {
  it("is named, tried as often as others, dead-lettered, and its neighbours go on in order", async () => {
    const { stage, seen } = tellingStage((values) => values.includes("bad"));
    const rig = new Rig({ stage });
    rig.append(0, "a", "bad", "c");
    rig.append(0, "d");
    await rig.start();
    await rig.settled();
    expect(rig.texts("s-dlq")).toEqual(["bad"]);
    expect(rig.texts()).toEqual(["a", "c", "d"]);
    expect(rig.texts("s-told-changelog")).toEqual(["3"]);
    expect(seen.filter((values) => values.length === 1 && values[0] === "bad")).toHaveLength(3);
    expect(rig.failures.map(([, action]) => action)).toEqual([
      "retry-task",
      "retry-record",
      "retry-record",
      "retry-record",
    ]);
  });

  it("is found among chunks that one commit covers, and no commit covers half of them", async () => {
    const { stage } = tellingStage((values) => values.includes("bad"));
    const rig = new Rig({ stage });
    for (const value of ["a", "bad", "c", "d"]) rig.append(0, value);
    await rig.start();
    await rig.settled();
    expect([rig.texts("s-dlq"), rig.texts()]).toEqual([["bad"], ["a", "c", "d"]]);
  });

  it("costs nothing but a retry when it fails once", async () => {
    let failures = 0;
    const { stage } = tellingStage((values) => values.includes("b") && failures++ === 0);
    const rig = new Rig({ stage });
    rig.append(0, "a", "b", "c");
    await rig.start();
    await rig.settled();
    expect([rig.texts("s-dlq"), rig.texts()]).toEqual([[], ["a", "b", "c"]]);
    expect(rig.failures.map(([, action]) => action)).toEqual(["retry-task"]);
  });

  it("does not hold up another partition for good", async () => {
    const { stage } = tellingStage((values) => values.includes("bad"));
    const rig = new Rig({ stage, share: [0, 1] });
    rig.append(0, "bad");
    rig.append(1, "a", "b");
    await rig.start();
    await rig.settled(0, 1);
    expect([rig.texts("s-dlq", 0), rig.texts("s-out", 1)]).toEqual([["bad"], ["a+b"]]);
    expect(rig.client.calls.filter((call) => call === "open sender")).toHaveLength(1);
  });
});

it("a record whose state cannot be written is named and dead-lettered like one that fails at the commit", async () => {
  const sums = keyValueStore("sums", binarySerde(binary.int));
  const rig = new Rig({
    stage: {
      service: "s",
      deadLetters: "s-dlq",
      handlers: [
        {
          topic: input as Topic<unknown>,
          stores: [sums],
          emits: [],
          handle: (batch, task) => {
            for (const { key, value } of batch) task.store(sums).put(key, Number(value));
          },
        },
      ],
    },
  });
  rig.append(0, "a=1", "b=0.5", "c=3");
  await rig.start();
  await rig.settled();
  expect(rig.texts("s-dlq")).toEqual(["0.5"]);
  expect(rig.client.topic("s-sums-changelog").map(({ key }) => textOf(key))).toEqual(["a", "c"]);
});

describe("the stage driver", () => {
  const record = (value: string, timestampMs: number) => ({ key: "k", value, timestampMs });

  it("runs it at the end of every send and advance, after a restart anew", async () => {
    const driver = new StageDriver(tellingStage().stage);
    await driver.send(input, record("a", 1), record("b", 2));
    driver.restart();
    await driver.send(input, record("c", 3));
    await driver.advanceStreamTime(9);
    expect(driver.emitted(output).map(({ value }) => value)).toEqual(["a+b", "c"]);
    expect(driver.store(told).get("times")).toBe(2);
  });

  it("lets a failure through to the test", async () => {
    const driver = new StageDriver(tellingStage(() => true).stage);
    expect(await rejectionOf(driver.send(input, record("a", 1)))).toMatchObject({
      code: "STREAMS_HANDLER_FAILED",
    });
  });
});
