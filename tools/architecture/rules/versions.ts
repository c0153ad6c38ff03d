// Versions are exact and agree, so that two machines install the same thing.

import type { Manifest } from "../repository.ts";
import type { Fault, Rule } from "../rule.ts";

const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Every dependency of a package.json with its version. */
export function dependenciesOf({
  dependencies,
  devDependencies,
}: Manifest): [name: string, version: string][] {
  return [...Object.entries(dependencies ?? {}), ...Object.entries(devDependencies ?? {})];
}

/** Finds ranges, and one package in two versions. */
export const versions: Rule = {
  name: "versions",
  check: (repository) => {
    const first = new Map<string, { version: string; path: string }>();
    return repository.manifests.flatMap(({ path, manifest }) =>
      dependenciesOf(manifest).flatMap(([name, version]): Fault[] => {
        const isOurs = name.startsWith("@riffle/");
        if (isOurs && version === "workspace:*") return [];
        if (isOurs) return [{ where: path, message: `${name} is ${version}; write "workspace:*"` }];
        if (!exact.test(version)) {
          return [{ where: path, message: `${name} is ${version}; pin one version, such as 1.2.3` }];
        }
        const known = first.get(name) ?? { version, path };
        first.set(name, known);
        if (known.version === version) return [];
        return [
          { where: path, message: `${name} is ${version}, but ${known.version} in ${known.path}; use one` },
        ];
      }),
    );
  },
};
