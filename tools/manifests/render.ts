// `pnpm run manifests`: writes the alert rules into k8s, and then k8s/rendered anew. Needs kubectl.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { ruleFiles } from "./alert-rules.ts";
import { overlays, render, renderedFile } from "./rendering.ts";

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
