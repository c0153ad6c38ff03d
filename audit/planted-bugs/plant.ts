// Plants one bug while Vitest loads the sources.
//
// A plug-in of the test runner, so that the change is in the test build and nowhere else. Fails loudly when the text it
// is to replace is not there: a bug that was not planted would look like a test that does not notice.

import { fileURLToPath } from "node:url";
import { plantedBugs } from "./catalogue.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What Vite asks of a plug-in, as far as it is used here. */
export interface PlantingPlugin {
  readonly name: string;
  readonly enforce: "pre";
  transform(code: string, id: string): string | undefined;
}

/** @throws Error when there is no bug of that name */
export const plant = (name: string): PlantingPlugin => {
  const bug = plantedBugs.find((candidate) => candidate.name === name);
  if (bug === undefined)
    throw new Error(
      `There is no planted bug "${name}"; there are ${plantedBugs.map((one) => one.name).join(", ")}.`,
    );
  return {
    name: "riffle:planted-bug",
    enforce: "pre",
    transform(code, id) {
      if (id.split("?")[0] !== `${root}${bug.file}`) return undefined;
      if (code.split(bug.find).length !== 2)
        throw new Error(`Planting ${name}: the text it replaces does not stand once in ${bug.file}.`);
      return code.replace(bug.find, () => bug.replace);
    },
  };
};
