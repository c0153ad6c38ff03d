// What is asked of each kind of directed runs.

import { describe, expect, it } from "vitest";
import { type DirectedRun, direct, directSeeds } from "./directed.ts";

// Repeats one run by hand.
const again = process.env["RIFFLE_SIM_SEED"];
const from = again === undefined ? 1 : Number(again);

/** @param seeds so many that together they meet every moment which the runs are for */
export const describeRuns = (run: DirectedRun, seeds: number): void => {
  describe(`directed runs: ${run.name}`, () => {
    it("keep every promise in every run, and together meet every moment that they are for", async () => {
      const { missing, commits } = await directSeeds(run, { from, seeds: again === undefined ? seeds : 1 });
      expect(commits).toBeGreaterThan(0);
      expect(again === undefined ? missing : []).toEqual([]);
    });
  });
};

/** Not of runs that write files: when the next writing is due depends on how long the disk took. */
export const describeSameSeed = (run: DirectedRun): void => {
  describe(`directed runs: ${run.name}`, () => {
    it("are a function of their seed", async () => {
      expect(await direct(run, from)).toEqual(await direct(run, from));
    });
  });
};
