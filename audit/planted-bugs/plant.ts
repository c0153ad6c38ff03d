// Plants one bug while Vitest loads the sources.
//
// A plug-in of the test runner, so that the change is in the test build and nowhere else. Fails loudly when the text it
// is to replace is not there: a bug that was not planted would look like a test that does not notice.
//
// Tests outside of a package import what was built of it, in which nothing can be planted; a run with a bug in it gives
// them the package's sources.

import { fileURLToPath } from "node:url";
import { plantedBugs } from "./catalogue.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What Vite asks of a plug-in, as far as it is used here. */
export interface PlantingPlugin {
  readonly name: string;
  readonly enforce: "pre";
  config(): { readonly resolve: { readonly alias: Readonly<Record<string, string>> } };
  transform(code: string, id: string): string | undefined;
}

/** What is built of the engine, and its sources. Longer names first: an alias replaces the beginning of a name. */
const sources = {
  "@riffle/streams/testing": `${root}packages/streams/src/testing/index.ts`,
  "@riffle/streams/memory": `${root}packages/streams/src/memory-broker/index.ts`,
  "@riffle/streams/kafka": `${root}packages/streams/src/kafka/index.ts`,
  "@riffle/streams": `${root}packages/streams/src/index.ts`,
};

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
    config: () => ({ resolve: { alias: sources } }),
    transform(code, id) {
      if (id.split("?")[0] !== `${root}${bug.file}`) return undefined;
      if (code.split(bug.find).length !== 2)
        throw new Error(`Planting ${name}: the text it replaces does not stand once in ${bug.file}.`);
      return code.replace(bug.find, () => bug.replace);
    },
  };
};
