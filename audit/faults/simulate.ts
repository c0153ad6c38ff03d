// `pnpm run sim --seeds 100000 --from 1 [--runs copies] [--ledger]`: many runs of the simulation, the general ones or the
// directed ones of a name; with --ledger the result becomes a line of audit/ledger.jsonl. The runs are packages/streams/test/sim/run.ts: they need the engine's inside.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { flag, text, wholeNumber } from "@riffle/infra/command-line/values";
import { commitOf, record, type SimulationEntry } from "./ledger.ts";

const script = fileURLToPath(new URL("../../packages/streams/test/sim/run.ts", import.meta.url));
const { seeds, from, runs, ledger } = commandLine({
  command: "pnpm run sim",
  does: "Runs the simulation of the engine on a model of Kafka, seed by seed, with what it injected and met.",
  options: {
    seeds: wholeNumber("how many", 2_000, { min: 1 }),
    from: wholeNumber("the first of them", 1, { min: Number.MIN_SAFE_INTEGER }),
    runs: text("the directed runs of this name, instead of the general ones", undefined),
    ledger: flag("adds a line to audit/ledger.jsonl"),
  },
});
const directed = runs === undefined ? [] : [`--runs=${runs}`];
const forRuns = [`--seeds=${seeds}`, `--from=${from}`, ...directed];
/** With which the script ends when it has run nothing. */
const notUnderstood = 2;
const folder = mkdtempSync(join(tmpdir(), "riffle-simulation-"));
const report = join(folder, "report.json");

/** What the run left; one that broke down has left nothing, and is on record as such. */
const foundBy = (end: number | string | null): Omit<SimulationEntry, "commit"> => {
  const simulation = { ...(runs === undefined ? {} : { runs }), from, seeds };
  const found = existsSync(report)
    ? (JSON.parse(readFileSync(report, "utf8")) as Omit<SimulationEntry, "commit">)
    : { simulation, faults: {}, effects: {}, sometimes: {}, violations: [`it broke down, with ${end}`] };
  return end === 0 || found.violations.length > 0
    ? found
    : { ...found, missing: ["not all was met that must be"] };
};

try {
  const commit = commitOf();
  const { status, signal } = spawnSync(process.execPath, [script, ...forRuns, "--report", report], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
  if (ledger && status !== notUnderstood) record({ commit, ...foundBy(status ?? signal) });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
