// A bug here overtakes within an account, or opens a connection per alert.

import { expect, it } from "vitest";
import { runInLanes } from "../../src/lanes.ts";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const observe = async (jobs: readonly string[], lanesMax: number) => {
  const events: string[] = [];
  let running = 0;
  let runningMax = 0;
  const results = await runInLanes(
    jobs.map((name) => ({ name })),
    { laneOf: ({ name }) => name.charAt(0), lanesMax },
    async ({ name }) => {
      runningMax = Math.max(runningMax, ++running);
      events.push(`${name} begins`);
      for (let i = name.length; i > 0; i--) await tick();
      events.push(`${name} ends`);
      running--;
      return name.toUpperCase();
    },
  );
  return { results, events, runningMax };
};

it("results are in the order of the jobs, whichever ends first", async () => {
  const { results } = await observe(["a-long-one", "b1", "a2", "c"], 8);
  expect(results).toEqual(["A-LONG-ONE", "B1", "A2", "C"]);
});

it("jobs of a lane do not overlap and keep their order", async () => {
  const { events } = await observe(["a-long-one", "b1", "a2"], 8);
  expect(events.filter((event) => event.startsWith("a"))).toEqual([
    "a-long-one begins",
    "a-long-one ends",
    "a2 begins",
    "a2 ends",
  ]);
  expect(events.indexOf("b1 begins")).toBeLessThan(events.indexOf("a-long-one ends"));
});

it("at most as many lanes run at once as allowed", async () => {
  const jobs = [..."abcdefghij"];
  expect((await observe(jobs, 3)).runningMax).toBe(3);
  expect((await observe(jobs, 1)).runningMax).toBe(1);
});

it("no jobs give no results, and what a job throws is thrown", async () => {
  expect((await observe([], 4)).results).toEqual([]);
  const failing = runInLanes(["a"], { laneOf: () => "", lanesMax: 1 }, () =>
    Promise.reject(new TypeError("broken")),
  );
  await expect(failing).rejects.toThrow("broken");
});
