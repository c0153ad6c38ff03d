// A bug here ends `riffle tail` at Ctrl-C without the word what it left out, or leaves no way to end it at once.

import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { interruptedBy } from "../../src/terminal/interrupt.ts";

const tried = () => {
  const source = new EventEmitter();
  const ends: number[] = [];
  let nowMs = 1_000;
  const signal = interruptedBy(
    source,
    (exitCode) => ends.push(exitCode),
    () => nowMs,
  );
  const send = (name: "SIGINT" | "SIGTERM", laterMs: number): void => {
    nowMs += laterMs;
    source.emit(name);
  };
  return { signal, ends, send };
};

it("the first signal aborts, and its echoes within half a second are the same wish", () => {
  const { signal, ends, send } = tried();
  expect(signal.aborted).toBe(false);
  send("SIGINT", 0);
  expect(signal.aborted).toBe(true);
  send("SIGINT", 1);
  send("SIGTERM", 499);
  expect(ends).toEqual([]);
});

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("a second wish, %s, ends the process at once with %i", (name, exitCode) => {
  const { ends, send } = tried();
  send("SIGINT", 0);
  send(name, 501);
  expect(ends).toEqual([exitCode]);
});
