// How much one file and one function may hold. The exceptions stand in one list (size-exceptions.ts).

import type { Fault, Rule } from "../rule.ts";
import { type SizeExceptions, sizeExceptions } from "./size-exceptions.ts";

const fileLinesMax = 400;
const functionLinesMax = 70;

/** Finds files and functions above the limit or above their exception, and exceptions that are not needed. */
export const sizesWith = (exceptions: SizeExceptions): Rule => ({
  name: "sizes",
  check: (repository) => {
    const sizes = new Map<string, number>();
    const faults: Fault[] = [];
    const measure = (id: string, size: number, limit: number, message: string, where: string): void => {
      sizes.set(id, Math.max(size, sizes.get(id) ?? 0));
      if (size > Math.max(limit, exceptions[id] ?? 0)) faults.push({ where, message });
    };
    for (const { path, lines, functions } of repository.sources) {
      const tooLong = `has ${lines} lines, the limit is ${fileLinesMax}. Split it by what it owns`;
      measure(path, lines, fileLinesMax, tooLong, path);
      for (const { name, line, lines: size, isSuite } of functions) {
        if (isSuite) continue;
        const message = `${name} has ${size} lines, the limit is ${functionLinesMax}. Give its steps names of their own`;
        measure(`${path}#${name}`, size, functionLinesMax, message, `${path}:${line}`);
      }
    }
    return [...faults, ...staleExceptions(exceptions, sizes)];
  },
});

/** The list may only shrink: an entry that allows more than is there is lowered or removed. */
function staleExceptions(exceptions: SizeExceptions, sizes: ReadonlyMap<string, number>): Fault[] {
  const where = "tools/architecture/rules/size-exceptions.ts";
  return Object.entries(exceptions).flatMap(([id, allowed]) => {
    const size = sizes.get(id) ?? 0;
    const limit = id.includes("#") ? functionLinesMax : fileLinesMax;
    if (size <= limit)
      return [{ where, message: `${id} needs no exception any more (${size} lines). Remove it` }];
    return size < allowed ? [{ where, message: `${id} has shrunk to ${size} lines. Lower its entry` }] : [];
  });
}

/** The rule with the repository's own exceptions. */
export const sizes: Rule = sizesWith(sizeExceptions);
