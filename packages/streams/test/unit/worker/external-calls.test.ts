// A bug here calls somebody about what was never committed, loses the result of a call that was made, or lets a task that
// is gone write its results.

import type { Topic } from "@riffle/contracts/envelope";
import { describe, expect, it } from "vitest";
import { FencedError } from "../../../src/errors.ts";
import { keyValueStore } from "../../../src/state/store.ts";
import { StageDriver } from "../../../src/testing/stage-driver.ts";
import { perTask } from "../../../src/windows/per-task.ts";
import type { Stage, Task } from "../../../src/worker/stage.ts";
import { textTopic } from "../../harness/count-stage.ts";
import { eventually } from "../../harness/eventually.ts";
import { textOf } from "../../harness/records.ts";
import { Rig } from "./worker-rig.ts";

const input = textTopic("s-in");
const output = textTopic("s-out");
const owed = keyValueStore<string>("owed");

/** A call that was begun, and how to end it. */
interface Call {
  readonly text: string;
  readonly signal: AbortSignal;
  answer(): void;
}

/** For each record a call, begun once the record is committed; for each answer a record of output. */
const callingStage = (calls: Call[]): Stage => {
  const partsOf = perTask((task: Task) => {
    const begun = new Set<string>();
    const answered: string[] = [];
    task.afterCommit(() => {
      for (const [text] of task.store(owed).entries()) {
        if (begun.has(text)) continue;
        begun.add(text);
        const answer = (): void => {
          answered.push(text);
          task.wake();
        };
        calls.push({ text, signal: task.signal, answer });
      }
    });
    return answered;
  });
  return {
    service: "s",
    deadLetters: "s-dlq",
    handlers: [
      {
        topic: input as Topic<unknown>,
        stores: [owed],
        emits: [output as Topic<unknown>],
        external: true,
        handle: (batch, task) => {
          const answered = partsOf(task);
          for (const { value } of batch) task.store(owed).put(String(value), "owed");
          for (const text of answered.splice(0)) {
            task.store(owed).delete(text);
            task.emit(output, { key: "k", value: text, timestampMs: 1 });
          }
        },
      },
    ],
  };
};

const textsOf = (calls: readonly Call[]): string[] => calls.map(({ text }) => text);

const rigWith = (calls: Call[], share: readonly number[] = [0]): Rig =>
  new Rig({ stage: callingStage(calls), share });

describe("an external call", () => {
  it("is begun when what it follows from is committed, and not before", async () => {
    const calls: Call[] = [];
    const rig = rigWith(calls);
    await rig.start();
    const begunAtCommit: string[][] = [];
    rig.client.beforeCommit = async () => void begunAtCommit.push(textsOf(calls));
    rig.append(0, "a");
    await rig.settled();
    await eventually("the call is begun", () => calls.length === 1);
    expect(begunAtCommit).toEqual([[]]);
    expect(textsOf(calls)).toEqual(["a"]);
  });

  it("has its result committed though no record comes", async () => {
    const calls: Call[] = [];
    const rig = await rigWith(calls).start();
    rig.append(0, "a", "b");
    await eventually("both calls are begun", () => calls.length === 2);
    await rig.ready();
    calls[1]?.answer();
    await eventually("the result is committed", () => rig.texts().length === 1);
    expect(rig.texts()).toEqual(["b"]);
    expect(
      rig.client.topic("s-owed-changelog").map(({ key, value }) => [textOf(key), value === null]),
    ).toEqual([
      ["a", false],
      ["b", false],
      ["b", true],
    ]);
    expect(rig.committedOffset()).toBe(2);
  });

  it("that a former process owed is begun at once by the next, before any record", async () => {
    const calls: Call[] = [];
    const first = await rigWith([]).start();
    first.append(0, "a");
    await first.settled();
    await first.worker.stop();
    const { client } = first;
    const second = await new Rig({ stage: callingStage(calls), client }).start();
    await eventually("the call is begun again", () => calls.length === 1);
    calls[0]?.answer();
    await eventually("its result is committed", () => second.texts().length === 1);
    expect(second.texts()).toEqual(["a"]);
  });

  it("has no result when its task was thrown away meanwhile; its successor makes the call again", async () => {
    const calls: Call[] = [];
    const rig = await rigWith(calls).start();
    rig.append(0, "a");
    await eventually("the call is begun", () => calls.length === 1);
    rig.client.commitErrors.push(new FencedError("gone"));
    rig.append(0, "b");
    await eventually("the successor calls for both", () => calls.length === 3);
    expect(calls.map(({ text, signal }) => [text, signal.aborted])).toEqual([
      ["a", true],
      ["a", false],
      ["b", false],
    ]);
    calls[0]?.answer();
    calls[2]?.answer();
    await eventually("a result is committed", () => rig.texts().length > 0);
    expect(rig.texts()).toEqual(["b"]);
  });

  it("of a partition that went to another member ends with its task, and with the process", async () => {
    const calls: Call[] = [];
    const rig = await rigWith(calls, [0, 1]).start();
    rig.append(0, "a");
    rig.append(1, "b");
    await eventually("both calls are begun", () => calls.length === 2);
    rig.client.share = [1];
    rig.client.changeState("rebalancing");
    await eventually("a partition is given up", () => calls.some(({ signal }) => signal.aborted));
    expect(calls.map(({ text, signal }) => `${text} ${signal.aborted}`).toSorted()).toEqual([
      "a true",
      "b false",
    ]);
    await rig.worker.stop();
    expect(calls.every(({ signal }) => signal.aborted)).toBe(true);
  });

  it("is not begun when the commit it follows from fails", async () => {
    const calls: Call[] = [];
    const rig = await rigWith(calls).start();
    rig.client.commitErrors.push(new FencedError("gone"), new FencedError("gone again"));
    rig.append(0, "a");
    await rig.settled();
    await eventually("the call is begun", () => calls.length > 0);
    expect(textsOf(calls)).toEqual(["a"]);
  });
});

it("a task that begins, or is woken, costs one commit and leaves the worker waiting", async () => {
  const calls: Call[] = [];
  const rig = await rigWith(calls).start();
  rig.append(0, "a");
  await eventually("the call is begun", () => calls.length === 1);
  await rig.ready();
  const commits = rig.client.commits.length;
  calls[0]?.answer();
  calls[0]?.answer();
  await eventually("the result is committed", () => rig.texts().length > 0);
  await rig.idle();
  expect(rig.client.commits.length).toBe(commits + 1);
});

describe("the stage driver", () => {
  it("calls a new task, and a woken one, when the test says so", async () => {
    const calls: Call[] = [];
    const driver = new StageDriver(callingStage(calls));
    await driver.resume();
    expect(driver.woken).toBe(false);
    await driver.send(input, { key: "k", value: "a", timestampMs: 1 });
    calls[0]?.answer();
    expect([driver.woken, driver.emitted(output).length]).toEqual([true, 0]);
    await driver.resume();
    expect(driver.emitted(output).map(({ value }) => value)).toEqual(["a"]);
  });

  it("a restart drops what was answered and not taken in, and the call is made again", async () => {
    const calls: Call[] = [];
    const driver = new StageDriver(callingStage(calls));
    await driver.send(input, { key: "k", value: "a", timestampMs: 1 });
    calls[0]?.answer();
    driver.restart();
    await driver.resume();
    expect([textsOf(calls), driver.emitted(output)]).toEqual([["a", "a"], []]);
    calls[1]?.answer();
    await driver.resume();
    expect(driver.emitted(output).map(({ value }) => value)).toEqual(["a"]);
  });
});
