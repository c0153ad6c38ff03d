// Damage to files, as a disk or a crash leaves it: cut off, changed in one byte, gone.

import { readdirSync, readFileSync, statSync, truncateSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { between, pick, type Random } from "../workload/random.ts";

/** What can happen to a file. */
export type Damage = "truncated" | "byte changed" | "removed";

const filesBelow = (folder: string): string[] => {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => statSync(file).size > 0)
      .toSorted();
  } catch {
    return [];
  }
};

const damages: Readonly<Record<Damage, (file: string, random: Random) => void>> = {
  truncated: (file, random) => truncateSync(file, between(random, 0, statSync(file).size - 1)),
  "byte changed": (file, random) => {
    const bytes = readFileSync(file);
    const at = between(random, 0, bytes.length - 1);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << between(random, 0, 7));
    writeFileSync(file, bytes);
  },
  removed: (file) => unlinkSync(file),
};

/** Damages one file below the folder, chosen by chance. @returns how, or undefined where there is no file */
export const damageOne = (folder: string, random: Random): Damage | undefined => {
  const [first, ...others] = filesBelow(folder);
  if (first === undefined) return undefined;
  const damage = pick<Damage>(random, ["truncated", "byte changed", "removed"]);
  damages[damage](pick(random, [first, ...others]), random);
  return damage;
};
