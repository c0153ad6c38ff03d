// A bug here is one that no test was written for: a loss, a double or a torn commit that needs two faults at two
// particular moments.

import { expect, it } from "vitest";
import { scenarioOf, simulateSeeds } from "../../src/testing/simulation/seeds.ts";
import { simulate } from "../../src/testing/simulation/simulation.ts";
import { scenarios } from "./scenarios.ts";

// Repeats one run by hand.
const again = process.env["RIFFLE_SIM_SEED"];
const from = again === undefined ? 1 : Number(again);
const seeds = again === undefined ? 2_000 : 1;

it("every run of the simulation keeps every promise, and together they meet every fault", async () => {
  const { missing, commits } = await simulateSeeds({ scenarios, from, seeds });
  expect(commits).toBeGreaterThan(0);
  expect(seeds === 1 ? [] : missing).toEqual([]);
});

it("a run is a function of its seed", async () => {
  const scenario = scenarioOf(scenarios, from);
  const first = await simulate(scenario, from);
  const second = await simulate(scenario, from);
  expect(second).toEqual(first);
});
