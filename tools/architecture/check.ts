// `pnpm run arch`: the repository tests its own structure. Ends with 1 and one line per fault, or says what holds.

import { resolve } from "node:path";
import { commandLine } from "../../infra/command-line/command-line.ts";
import { stalePages } from "../pages/pages.ts";
import { readRepository } from "./repository.ts";
import type { Rule } from "./rule.ts";
import { cycles } from "./rules/cycles.ts";
import { declaredImports } from "./rules/declared-imports.ts";
import { dependenciesNamed } from "./rules/dependencies-named.ts";
import { fencedPackages, testingEntryPoints } from "./rules/fenced-imports.ts";
import { fileNames } from "./rules/file-names.ts";
import { invariantsCited } from "./rules/invariants-cited.ts";
import { layers } from "./rules/layers.ts";
import { machinePaths } from "./rules/machine-paths.ts";
import { commandsNamed, markdownLinks, pathsNamed } from "./rules/markdown.ts";
import { oneTestCommand } from "./rules/one-test-command.ts";
import { purity } from "./rules/purity.ts";
import { rootTasks } from "./rules/root-tasks.ts";
import { sizes } from "./rules/sizes.ts";
import { citedTests, noSkippedTests, testPlacement } from "./rules/tests.ts";
import { versions } from "./rules/versions.ts";

const rules: readonly Rule[] = [
  layers,
  purity,
  fencedPackages,
  testingEntryPoints,
  declaredImports,
  cycles,
  testPlacement,
  noSkippedTests,
  citedTests,
  sizes,
  fileNames,
  versions,
  rootTasks,
  dependenciesNamed,
  markdownLinks,
  pathsNamed,
  commandsNamed,
  oneTestCommand,
  invariantsCited,
  machinePaths,
];

commandLine({
  command: "npx -y pnpm@10 run arch",
  does: "Checks the rules of the repository, and whether generated pages are what the code says.",
});
const root = resolve(import.meta.dirname, "../..");
const repository = readRepository(root);
const faults = rules.flatMap((rule) =>
  rule.check(repository).map(({ where, message }) => `${rule.name}: ${where}: ${message}`),
);
const stale = (await stalePages(root)).map(
  (path) => `pages: ${path}: is not what the code says. Run \`pnpm run pages\``,
);
const lines = [...faults, ...stale];
for (const line of lines) process.stderr.write(`${line}\n`);
process.stdout.write(
  lines.length === 0
    ? `arch: ${rules.length + 1} rules hold over ${repository.paths.length} files\n`
    : `arch: ${lines.length} ${lines.length === 1 ? "fault" : "faults"}\n`,
);
process.exitCode = lines.length === 0 ? 0 : 1;
