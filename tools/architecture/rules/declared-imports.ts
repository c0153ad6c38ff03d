// What a package imports, its own package.json declares: what ships under `dependencies`, the rest anywhere.

import { placeOf, targetOf } from "../places.ts";
import type { Manifest } from "../repository.ts";
import type { Rule } from "../rule.ts";

/** Finds imports that resolve only because something else happens to be installed. */
export const declaredImports: Rule = {
  name: "declared-imports",
  check: (repository) => {
    const byPath = new Map(repository.manifests.map(({ path, manifest }) => [path, manifest]));
    const root = byPath.get("package.json");
    return repository.sources.flatMap(({ path, imports }) => {
      const { home, kind } = placeOf(path);
      const own = byPath.get(`${home}/package.json`);
      return imports.flatMap(({ specifier, typeOnly, line }) => {
        const target = targetOf(path, specifier);
        const name = target.kind === "external" ? target.name : ownName(target, specifier);
        const ships =
          kind === "ships" && !typeOnly && own !== undefined && (isBuilt(home) || home === "infra");
        const declared = ships ? own.dependencies : allOf(own, root);
        if (name === undefined || Object.hasOwn(declared ?? {}, name)) return [];
        const where = `${path}:${line}`;
        const list = ships ? "dependencies" : "dependencies or devDependencies";
        const file = own === undefined ? "package.json" : `${home}/package.json`;
        return [
          { where, message: `imports ${name}, which is not among the ${list} of ${file}. Add it there` },
        ];
      });
    });
  },
};

function ownName(target: ReturnType<typeof targetOf>, specifier: string): string | undefined {
  return target.kind === "own" && target.byName ? specifier.split("/").slice(0, 2).join("/") : undefined;
}

function isBuilt(home: string): boolean {
  return home.startsWith("packages/") || home.startsWith("services/");
}

function allOf(...manifests: readonly (Manifest | undefined)[]): Readonly<Record<string, string>> {
  return Object.assign(
    {},
    ...manifests.flatMap((m) => [m?.dependencies, m?.devDependencies, m?.peerDependencies]),
  );
}
