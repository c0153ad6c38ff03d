// Every dependency has its reason written down, and no reason outlives its dependency.

import type { Rule } from "../rule.ts";
import { dependenciesOf } from "./versions.ts";

const page = "docs/adr/0003-dependencies.md";

/** Compares the packages' dependencies with the tables of the decision record. */
export const dependenciesNamed: Rule = {
  name: "dependencies-named",
  check: (repository) => {
    const named = new Set(
      [...repository.text(page).matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = ""]) =>
        [...cell.matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name),
      ),
    );
    const used = new Map(
      repository.manifests.flatMap(({ path, manifest }) =>
        dependenciesOf(manifest).map(([name]) => [name, path] as const),
      ),
    );
    const missing = [...used]
      .filter(([name]) => !name.startsWith("@riffle/") && !named.has(name))
      .map(([name, path]) => ({
        where: path,
        message: `${name} has no row in ${page}. Say there what it is for, where it is imported and what was refused`,
      }));
    const stale = [...named]
      .filter((name) => !used.has(name))
      .map((name) => ({
        where: page,
        message: `has a row for ${name}, which nothing depends on. Remove it`,
      }));
    return [...missing, ...stale];
  },
};
