// Files do not import each other in a circle, types included: in a circle of values, who runs first is an accident, and in
// one of types no file can be understood before the other.

import { targetOf } from "../places.ts";
import type { Fault, Rule } from "../rule.ts";

/** Finds circles of imports; each is reported once. */
export const cycles: Rule = {
  name: "cycles",
  check: (repository) => {
    const edges = new Map(
      repository.sources.map(({ path, imports }) => [
        path,
        imports.flatMap(({ specifier }) => {
          const target = targetOf(path, specifier);
          return target.kind === "own" && !target.byName ? [target.path] : [];
        }),
      ]),
    );
    const done = new Set<string>();
    const faults: Fault[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      const at = trail.indexOf(path);
      if (at >= 0) {
        const circle = [...trail.slice(at), path].join(" → ");
        faults.push({
          where: path,
          message: `is in a circle of imports: ${circle}. Move what both need to a third file`,
        });
        return;
      }
      if (done.has(path)) return;
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of edges.keys()) visit(path, []);
    return faults;
  },
};
