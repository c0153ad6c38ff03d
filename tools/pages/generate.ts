// `pnpm run pages`: writes the pages that are made from code. With `--check` it writes nothing and ends with 1 when one
// of them is stale.

import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { commandLine } from "../../infra/command-line/command-line.ts";
import { flag } from "../../infra/command-line/values.ts";
import { renderPages, stalePages } from "./pages.ts";

const { check } = commandLine({
  command: "npx -y pnpm@10 run pages",
  does: "Writes the pages that are made from code.",
  options: { check: flag("writes nothing, and ends with 1 when one of them is stale") },
});
const root = resolve(import.meta.dirname, "../..");
const stale = await stalePages(root);

if (check) {
  for (const path of stale) process.stderr.write(`${path} is stale; run \`pnpm run pages\`\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  const pages = await renderPages(root);
  for (const path of stale) writeFileSync(join(root, path), pages.get(path) ?? "");
  process.stdout.write(
    `${stale.length} of ${pages.size} pages written: ${stale.join(", ") || "none was stale"}\n`,
  );
}
