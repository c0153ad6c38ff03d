// Every planted bug, by where it sits.

import { caseBugs } from "./case-bugs.ts";
import { clientBugs } from "./client-bugs.ts";
import { edgeBugs } from "./edge-bugs.ts";
import { engineBugs } from "./engine-bugs.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** All of them. */
export const plantedBugs: readonly PlantedBug[] = [...clientBugs, ...engineBugs, ...edgeBugs, ...caseBugs];
