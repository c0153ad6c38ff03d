// `pnpm run manifests`: writes k8s/rendered anew. Needs kubectl.

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { overlays, render, renderedFile } from "./rendering.ts";

const root = resolve(import.meta.dirname, "../..");
for (const overlay of overlays) {
  const file = renderedFile(root, overlay);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, render(root, overlay));
  process.stdout.write(`k8s/rendered/${overlay}.yaml\n`);
}
