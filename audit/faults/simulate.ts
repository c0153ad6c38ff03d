// `pnpm run sim --seeds 100000 --from 1 [--runs copies] [--ledger]`: many runs of the simulation, the general ones or the
// directed ones of a name; with --ledger the result becomes a line of audit/ledger.jsonl. The runs are packages/streams/test/sim/run.ts: they need the engine's inside.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commitOf, record, type SimulationEntry } from "./ledger.ts";

const script = fileURLToPath(new URL("../../packages/streams/test/sim/run.ts", import.meta.url));
const given = process.argv.slice(2);
const forRuns = given.filter((argument) => argument !== "--ledger");
const folder = mkdtempSync(join(tmpdir(), "riffle-simulation-"));
const report = join(folder, "report.json");
try {
  const commit = commitOf();
  const { status } = spawnSync(process.execPath, [script, ...forRuns, "--report", report], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
  if (forRuns.length < given.length) {
    const found = JSON.parse(readFileSync(report, "utf8")) as Omit<SimulationEntry, "commit">;
    record({ commit, ...found });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
