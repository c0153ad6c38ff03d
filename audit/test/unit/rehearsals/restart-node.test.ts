// A bug here is a rehearsal that hangs over a broker that will never answer, or gives up one that only needs longer.

import { expect, it } from "vitest";
import { type RestartPatience, restartNode } from "../../../rehearsals/restart-node.ts";

/** A broker whose starts, and answers after a start that took too long, go as told. */
const nodeWith = (starts: readonly ("answers" | "is slow" | "ends")[], slowAnswers = 0) => {
  const said: string[] = [];
  const left = [...starts];
  let slow = slowAnswers;
  const node = {
    id: 2,
    address: "127.0.0.1:9092",
    pid: undefined as number | undefined,
    starts: 0,
    restart: async (): Promise<void> => {
      node.starts++;
      const how = left.shift();
      node.pid = how === "ends" ? undefined : 4_711;
      if (how !== "answers") throw new Error(`it ${how}`);
    },
  };
  const patience = (withinMs = 60_000): RestartPatience => ({
    withinMs,
    untilAnswered: async () => {
      if (slow-- > 0) throw new Error("no answer yet");
    },
  });
  return {
    node,
    said,
    restart: (withinMs?: number) => restartNode(node, patience(withinMs), (line) => said.push(line)),
  };
};

it("one that answers is back", async () => {
  const { node, said, restart } = nodeWith(["answers"]);
  await restart();
  expect([node.starts, said]).toEqual([1, []]);
});

it("one that recovers for longer than a start is patient is waited for, and not started twice", async () => {
  const { node, said, restart } = nodeWith(["is slow"], 3);
  await restart();
  expect([node.starts, said.length]).toEqual([1, 4]);
});

it("one whose process ended is started again", async () => {
  const { node, restart } = nodeWith(["ends", "answers"]);
  await restart();
  expect(node.starts).toBe(2);
});

it("one that ends at each start is given up", async () => {
  const { node, restart } = nodeWith(["ends", "ends", "answers"]);
  await expect(restart()).rejects.toThrow(/broker 2 ended at each of 2 starts/);
  expect(node.starts).toBe(2);
});

it("one that never answers is given up when the time is over, with what was in the way", async () => {
  const { restart } = nodeWith(["is slow"], 1_000);
  await expect(restart(-1)).rejects.toThrow("it is slow");
});
