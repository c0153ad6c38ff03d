// A bug here is a simulation that looks hard and sees nothing.

import { describe, expect, it } from "vitest";
import { Violation } from "../../src/testing/simulation/oracle.ts";
import { simulateSeeds } from "../../src/testing/simulation/seeds.ts";
import { SimulationError } from "../../src/testing/simulation/simulation.ts";
import { rejectionOf } from "../harness/eventually.ts";
import { countScenario } from "./count-scenario.ts";
import { directSeeds } from "./directed.ts";
import { plantedBugs } from "./planted-bugs.ts";
import { scenarios } from "./scenarios.ts";

describe("the simulation finds it when", () => {
  it.each(plantedBugs)("$name", async ({ tampering, withinSeeds, scenario = countScenario, run }) => {
    const which = { from: 1, seeds: withinSeeds, tampering };
    const runs =
      run === undefined ? simulateSeeds({ scenarios: [scenario], ...which }) : directSeeds(run, which);
    const error = await rejectionOf(runs);
    expect(error).toBeInstanceOf(SimulationError);
    expect((error as SimulationError).message).toContain("RIFFLE_SIM_SEED=");
  });

  it("a request of protocol version 1 arrives twice, and its EndTxn ends the next transaction", async () => {
    const once = { scenarios, from: 1, seeds: 200, transactionVersion: 1 } as const;
    const error = await rejectionOf(simulateSeeds({ ...once, twiceInVersionOne: true }));
    expect((error as SimulationError).cause).toBeInstanceOf(Violation);
    expect((await simulateSeeds(once)).seeds).toBe(200);
  });
});
