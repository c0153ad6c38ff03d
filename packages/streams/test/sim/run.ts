// `pnpm run sim --seeds 100000 --from 1`: many runs of the simulation, with what they injected and met.
//
// With --runs <name> the directed runs of that name instead of the general ones: see directed-runs.ts.
//
// Ends with 1 at the first run that breaks a promise, and when runs enough have not met a fault that they should. With
// --report <file> the result is written there as JSON too: audit/faults/simulate.ts keeps it.

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { simulateSeeds } from "../../src/testing/simulation/seeds.ts";
import { type DirectedRun, directSeeds } from "./directed.ts";
import { directedRuns } from "./directed-runs.ts";
import { scenarios } from "./scenarios.ts";

/** From so many seeds on, a sighting that is missing is a fault. */
const conclusiveSeeds = 2_000;
/** The same for directed runs: they seek what they are for. */
const conclusiveDirectedSeeds = 60;
const progressEvery = 1_000;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    from: { type: "string", default: "1" },
    runs: { type: "string" },
    report: { type: "string" },
  },
});
const seeds = Number(values.seeds);
const from = Number(values.from);
const directed = values.runs === undefined ? undefined : directedRuns.get(values.runs);
const isUnknown = values.runs !== undefined && directed === undefined;
if (!Number.isSafeInteger(seeds) || !Number.isSafeInteger(from) || seeds < 1 || isUnknown) {
  process.stderr.write(
    `usage: --seeds <how many, 1 or more> --from <the first> [--runs <${[...directedRuns.keys()].join(", ")}>] [--report <file>]\n`,
  );
  process.exit(2);
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const startedAt = performance.now();
const seconds = (): number => (performance.now() - startedAt) / 1000;
const table = (title: string, counts: ReadonlyMap<string, number>): void => {
  say(`\n${title}`);
  for (const [name, count] of [...counts].toSorted(([, a], [, b]) => b - a))
    say(`  ${String(count).padStart(9)}  ${name}`);
};

const keep = (found: object): void => {
  const runs = directed === undefined ? {} : { runs: directed.name };
  if (values.report !== undefined)
    writeFileSync(values.report, JSON.stringify({ simulation: { ...runs, from, seeds }, ...found }));
};

const conclude = (missing: readonly string[], conclusive: number): void => {
  if (missing.length > 0) say(`never met: ${missing.join("; ")}`);
  if (missing.length > 0 && seeds >= conclusive) process.exitCode = 1;
};

const runGeneral = async (): Promise<void> => {
  const report = await simulateSeeds({
    scenarios,
    from,
    seeds,
    ran: (done) => {
      if (done % progressEvery === 0)
        say(`${done} of ${seeds} seeds, ${(done / seconds()).toFixed(0)} a second`);
    },
  });
  table("faults injected", report.sighted.faults);
  table("met", report.sighted.seen);
  const { events, commits, inputs, outputs, virtualMs, missing } = report;
  say(
    `\n${seeds} seeds from ${from}: ${inputs} records written, ${commits} commits judged, ${outputs} outputs compared, ${events} events, ${(virtualMs / 3_600_000).toFixed(1)} hours of virtual time in ${seconds().toFixed(1)} s (${(seeds / seconds()).toFixed(1)} seeds/s). 0 violations.`,
  );
  keep({
    faults: Object.fromEntries(report.sighted.faults),
    effects: { events, commits, inputs, outputs },
    sometimes: Object.fromEntries(report.sighted.seen),
    violations: [],
  });
  conclude(missing, conclusiveSeeds);
};

const runDirected = async (run: DirectedRun): Promise<void> => {
  const { met, events, commits, inputs, outputs, missing } = await directSeeds(run, { from, seeds });
  table("met", met);
  say(
    `\n${seeds} seeds of ${run.name} from ${from}: ${inputs} records written, ${commits} commits judged, ${outputs} outputs compared, ${events} events in ${seconds().toFixed(1)} s (${(seeds / seconds()).toFixed(1)} seeds/s). 0 violations.`,
  );
  keep({
    faults: {},
    effects: { events, commits, inputs, outputs },
    sometimes: Object.fromEntries(met),
    violations: [],
  });
  conclude(missing, conclusiveDirectedSeeds);
};

try {
  await (directed === undefined ? runGeneral() : runDirected(directed));
} catch (error) {
  const { message } = error as Error;
  process.stderr.write(`${message}\n`);
  keep({ faults: {}, effects: {}, sometimes: {}, violations: [message] });
  process.exitCode = 1;
}
