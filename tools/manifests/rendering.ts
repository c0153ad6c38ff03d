// k8s/rendered: each overlay as kustomize makes it, kept in the repository.
//
//   RE1. A rendered file names the hash of what it was made from, so that a stale one is found also on a machine without
//        kubectl. `pnpm run manifests` renders them anew.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** The overlays, each a file in k8s/rendered. */
export const overlays = ["dev", "rehearsal", "rehearsal-hpa", "prod", "prod-options", "hpa"] as const;

/** One of {@link overlays}. */
export type Overlay = (typeof overlays)[number];

/** Where an overlay is kept as rendered. */
export const renderedFile = (root: string, overlay: Overlay): string =>
  join(root, "k8s", "rendered", `${overlay}.yaml`);

/** A hash of everything that the overlays are made from. */
export const sourcesHash = (root: string): string => {
  const hash = createHash("sha256");
  for (const folder of ["base", "components", "overlays"]) {
    const files = readdirSync(join(root, "k8s", folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .toSorted();
    for (const file of files) hash.update(`${relative(root, file)}\n${readFileSync(file, "utf8")}\n`);
  }
  return hash.digest("hex").slice(0, 16);
};

const firstLine = (root: string): string =>
  `# Made by \`pnpm run manifests\` from k8s/base, k8s/components and k8s/overlays (sha256 ${sourcesHash(root)}); do not edit.`;

/** Renders an overlay. @throws when kubectl is missing, or refuses */
export const render = (root: string, overlay: Overlay): string => {
  const text = execFileSync("kubectl", ["kustomize", join(root, "k8s", "overlays", overlay)], {
    encoding: "utf8",
  });
  return `${firstLine(root)}\n${text}`;
};

/** Overlays whose rendered file is missing or was made from other sources (RE1). */
export const staleOverlays = (root: string): Overlay[] =>
  overlays.filter((overlay) => {
    const file = renderedFile(root, overlay);
    return !existsSync(file) || readFileSync(file, "utf8").split("\n", 1)[0] !== firstLine(root);
  });
