// A file is named after the one thing it owns.

import { posix } from "node:path";
import type { Rule } from "../rule.ts";

const banned = ["util", "utils", "common", "helper", "helpers", "manager", "impl", "misc", "shared"];
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|d))?\.(tsx?|mjs)$/;
const numbered = /^\d+[-.]|[-_]\d+\.(tsx?|mjs)$/;

/** Finds module names that say nothing. */
export const fileNames: Rule = {
  name: "file-names",
  check: (repository) =>
    repository.paths
      .filter((path) => /\.(tsx?|mjs)$/.test(path))
      .flatMap((path) => {
        const message = faultOf(posix.basename(path), posix.dirname(path).split("/"));
        return message === undefined ? [] : [{ where: path, message }];
      }),
};

function faultOf(name: string, folders: readonly string[]): string | undefined {
  const words = name.replace(/\..*$/, "").split("-");
  const vague = [...words, ...folders].find((word) => banned.includes(word));
  if (vague !== undefined) return `"${vague}" says nothing. Name the file after the thing it owns`;
  if (numbered.test(name)) return "is numbered. Name the file after the thing it owns";
  return kebabCase.test(name) ? undefined : "is not in kebab-case, such as atomic-commit.ts";
}
