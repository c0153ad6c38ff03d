// `pnpm run manifests`: writes the alert rules into k8s, and then k8s/rendered anew. Needs kubectl.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { commandLine } from "../../infra/command-line/command-line.ts";
import { ruleFiles } from "./alert-rules.ts";
import { overlays, render, renderedFile } from "./rendering.ts";

commandLine({
  command: "npx -y pnpm@10 run manifests",
  does: "Writes the alert rules into k8s, and then k8s/rendered anew. Needs kubectl.",
});
const root = resolve(import.meta.dirname, "../..");
for (const [path, text] of ruleFiles(root)) {
  writeFileSync(join(root, path), text);
  process.stdout.write(`${path}\n`);
}
for (const overlay of overlays) {
  const file = renderedFile(root, overlay);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, render(root, overlay));
  process.stdout.write(`k8s/rendered/${overlay}.yaml\n`);
}
