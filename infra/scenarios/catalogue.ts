// The scenarios by name, for the command line.

import { cardTesting, type ScenarioOptions } from "./card-testing.ts";
import type { Scenario } from "./scenario.ts";

/** Every scenario that `npx -y pnpm@10 scenario <name>` knows. */
export const scenarios: ReadonlyMap<string, (options: ScenarioOptions) => Scenario> = new Map([
  ["card-testing", cardTesting],
]);
