// Many runs, one after the other, and what all of them together have seen.

import type { Scenario } from "./scenario.ts";
import { Sighted, type Sighting } from "./sightings.ts";
import { type RunOptions, simulate } from "./simulation.ts";

/** Which runs: seed after seed, each with the next scenario in turn. */
export interface SeedsOptions extends RunOptions {
  readonly scenarios: readonly Scenario[];
  /** The first seed. */
  readonly from: number;
  readonly seeds: number;
  /** Called after every run. */
  readonly ran?: (done: number) => void;
}

/** What a set of runs came to. */
export interface SeedsReport {
  readonly seeds: number;
  readonly events: number;
  readonly commits: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Virtual time of all runs, milliseconds. */
  readonly virtualMs: number;
  readonly sighted: Sighted;
  /** What none of them has seen: over a few thousand seeds there should be nothing. */
  readonly missing: readonly Sighting[];
}

/** Runs seeds. @throws SimulationError at the first that breaks a promise */
export const simulateSeeds = async ({
  scenarios,
  from,
  seeds,
  ran,
  ...options
}: SeedsOptions): Promise<SeedsReport> => {
  const sighted = new Sighted();
  const sum = { events: 0, commits: 0, inputs: 0, outputs: 0, virtualMs: 0 };
  for (let i = 0; i < seeds; i++) {
    const report = await simulate(scenarioOf(scenarios, from + i), from + i, options);
    sighted.add(report.sighted);
    sum.events += report.events;
    sum.commits += report.commits;
    sum.inputs += report.inputs;
    sum.outputs += report.outputs;
    sum.virtualMs += report.tookMs;
    ran?.(i + 1);
  }
  return { seeds, ...sum, sighted, missing: sighted.missing };
};

/** A seed always runs the same scenario of a list. @throws RangeError for an empty list */
export const scenarioOf = (scenarios: readonly Scenario[], seed: number): Scenario => {
  const scenario = scenarios[seed % scenarios.length];
  if (scenario === undefined) throw new RangeError("there is no scenario to run");
  return scenario;
};
