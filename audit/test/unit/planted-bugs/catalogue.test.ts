// A bug here plants nothing and calls it noticed, or leaves the catalogue behind when the code moves on.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { plantedBugs } from "../../../planted-bugs/catalogue.ts";
import { plant } from "../../../planted-bugs/plant.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

describe("the catalogue of planted bugs", () => {
  it("has at least 25, each under a name of its own", () => {
    expect(plantedBugs.length).toBeGreaterThanOrEqual(25);
    expect(new Set(plantedBugs.map(({ name }) => name)).size).toBe(plantedBugs.length);
  });

  it.each(plantedBugs)("$name: its text stands once in its file, and its test exists", (bug) => {
    const code = readFileSync(`${root}${bug.file}`, "utf8");
    expect(code.split(bug.find)).toHaveLength(2);
    expect(bug.replace).not.toBe(bug.find);
    expect(existsSync(`${root}${bug.caughtBy.file}`)).toBe(true);
  });
});

describe("plant", () => {
  const [bug] = plantedBugs;

  it("changes the bug's file and no other", () => {
    if (bug === undefined) throw new Error("the catalogue is empty");
    const { transform } = plant(bug.name);
    expect(transform(`before ${bug.find} after`, `${root}${bug.file}`)).toBe(`before ${bug.replace} after`);
    expect(transform(`before ${bug.find} after`, `${root}other.ts`)).toBeUndefined();
  });

  it("fails where the text does not stand, and for a name it does not know", () => {
    if (bug === undefined) throw new Error("the catalogue is empty");
    const { transform } = plant(bug.name);
    expect(() => transform("nothing of it", `${root}${bug.file}`)).toThrow(/does not stand once/);
    expect(() => plant("no-such-bug")).toThrow(/no planted bug/);
  });
});
