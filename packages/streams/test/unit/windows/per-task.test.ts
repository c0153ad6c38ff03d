// A bug here lets one partition read another's index, or a restarted task its predecessor's.

import { expect, it } from "vitest";
import { perTask } from "../../../src/windows/per-task.ts";

it("a task gets the same one each time, another task another one", () => {
  let made = 0;
  const numberOf = perTask<object, number>(() => ++made);
  const [first, second] = [{}, {}];
  expect([numberOf(first), numberOf(second), numberOf(first)]).toEqual([1, 2, 1]);
});

it("`undefined` is made once too", () => {
  let made = 0;
  const nothing = perTask<object, undefined>(() => {
    made++;
    return undefined;
  });
  const task = {};
  nothing(task);
  nothing(task);
  expect(made).toBe(1);
});
