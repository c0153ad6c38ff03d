// Directed runs: what one is, and many of them one after the other.

import { SimulationError } from "../../src/testing/simulation/simulation.ts";
import type { Tampering } from "../../src/testing/simulation/worker-process.ts";
import type { DirectedReport, Site } from "./site.ts";

/** What makes runs of one kind differ besides their seed. */
export interface DirectedOptions {
  readonly tampering?: Tampering | undefined;
}

/** A run that has not begun yet. */
export interface BegunRun {
  readonly site: Site;
  /** Brings the moments about. The comparison follows. */
  script(): Promise<void>;
  /** What is to be judged besides, when everything has ended. @throws Violation */
  check?(): Promise<void>;
  /** Removes what it has left. */
  clean?(): void;
}

/** One kind of run. */
export interface DirectedRun {
  readonly name: string;
  /** What a set of its runs has to have met. */
  readonly moments: readonly string[];
  begin(seed: number, options: DirectedOptions): BegunRun;
}

/** Runs one seed. @throws SimulationError */
export const direct = async (
  run: DirectedRun,
  seed: number,
  options: DirectedOptions = {},
): Promise<DirectedReport> => {
  const { site, script, check, clean } = run.begin(seed, options);
  try {
    await script();
    const report = await site.end();
    await check?.();
    return report;
  } catch (error) {
    throw new SimulationError(run.name, seed, site.trace, error);
  } finally {
    await site.close();
    clean?.();
  }
};

/** What a set of directed runs came to. */
export interface DirectedSeedsReport extends DirectedReport {
  readonly seeds: number;
  /** Moments that none of them has met: over some fifty seeds there should be none. */
  readonly missing: readonly string[];
}

/** Runs seeds. @throws SimulationError at the first that breaks a promise */
export const directSeeds = async (
  run: DirectedRun,
  { from, seeds, ...options }: DirectedOptions & { readonly from: number; readonly seeds: number },
): Promise<DirectedSeedsReport> => {
  const met = new Map<string, number>();
  const sum = { commits: 0, outputs: 0, inputs: 0, events: 0 };
  for (let seed = from; seed < from + seeds; seed++) {
    const report = await direct(run, seed, options);
    for (const [moment, times] of report.met) met.set(moment, (met.get(moment) ?? 0) + times);
    sum.commits += report.commits;
    sum.outputs += report.outputs;
    sum.inputs += report.inputs;
    sum.events += report.events;
  }
  return { seeds, met, ...sum, missing: run.moments.filter((moment) => !met.has(moment)) };
};
