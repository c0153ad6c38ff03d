// `pnpm run audit:bugs [name …]`: plants each bug by itself, runs the test that must notice it, and fails when one stays
// green. Without the bug that test must be green, which the test command has shown. As many run at once as there are cores.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { needed } from "@riffle/infra/command-line/values";
import { plantedBugs } from "./catalogue.ts";
import type { PlantedBug } from "./planted-bug.ts";

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const { others: wanted } = commandLine({
  command: "npx -y pnpm@10 audit:bugs",
  does: "Plants each bug by itself and runs the test that must notice it; all bugs, or those that are named.",
  others: {
    ...needed(
      "a bug by its name",
      plantedBugs.map(({ name }) => name),
    ),
    shape: "<name>",
  },
});
const folder = mkdtempSync(join(tmpdir(), "riffle-planted-"));
const root = fileURLToPath(new URL("../../", import.meta.url));
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const testWithinMs = 180_000;

/** The tests that failed. A run that broke down before its first test has noticed nothing. */
const redTests = async ({ name, caughtBy }: PlantedBug): Promise<string[]> => {
  const report = join(folder, `${name}.json`);
  const run = spawn(
    process.execPath,
    [
      vitest,
      "run",
      "--project",
      caughtBy.project,
      caughtBy.file,
      "--bail=1",
      "--reporter=json",
      `--outputFile=${report}`,
    ],
    {
      cwd: root,
      env: { ...process.env, RIFFLE_PLANTED_BUG: name },
      stdio: "ignore",
      timeout: testWithinMs,
    },
  );
  await once(run, "exit");
  try {
    const { testResults } = JSON.parse(readFileSync(report, "utf8")) as Report;
    return testResults.flatMap(({ assertionResults }) =>
      assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
    );
  } catch {
    return [];
  }
};

const bugs = plantedBugs.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
const unnoticed: string[] = [];
const left = bugs.values();
const inTurn = async (): Promise<void> => {
  for (const bug of left) {
    const [first] = await redTests(bug);
    if (first === undefined) unnoticed.push(bug.name);
    process.stdout.write(
      first === undefined
        ? `✗ ${bug.name}: ${bug.caughtBy.file} stays green\n`
        : `✓ ${bug.name}: ${bug.caughtBy.file} > ${first}\n`,
    );
  }
};
await Promise.all(Array.from({ length: availableParallelism() }, inTurn));
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${bugs.length - unnoticed.length} of ${bugs.length} planted bugs are noticed\n`);
process.exitCode = unnoticed.length === 0 && bugs.length > 0 ? 0 : 1;
