// Nothing names a folder of the machine it was written on.

import type { Rule } from "../rule.ts";

const text = /\.(ts|mjs|md|json|ya?ml|example|sh)$|(^|\/)run$/;
const machinePath = /(?<![\w.$}-])\/(?:work|root|home\/\w+|Users\/\w+)\/[\w.-]+/g;

/** Finds absolute paths into somebody's home or workspace. */
export const machinePaths: Rule = {
  name: "machine-paths",
  check: (repository) =>
    repository.paths
      .filter((path) => text.test(path) && path !== "tools/architecture/test/unit/rules/words.test.ts")
      .flatMap((path) =>
        [...repository.text(path).matchAll(machinePath)].map(([found]) => ({
          where: path,
          message: `names ${found}, a path of one machine. Write it from the repository's root`,
        })),
      ),
};
