// The scenarios by name, for the command line.
//
// Not among them are rules whose story does not fit into what a running pipeline takes for on time, or leaves no room
// for a sentinel: a dormant account is silent for 90 days, and what nine of a burst leave over would be the sentinel's.

import { amountAboveMean } from "./amount-above-mean.ts";
import { cardTesting } from "./card-testing.ts";
import { impossibleTravel } from "./impossible-travel.ts";
import type { ScenarioOptions } from "./plot.ts";
import type { Scenario } from "./scenario.ts";
import { takeOver } from "./take-over.ts";

/** Every scenario that `npx -y pnpm@10 scenario <name>` knows. */
export const scenarios: ReadonlyMap<string, (options: ScenarioOptions) => Scenario> = new Map([
  ["card-testing", cardTesting],
  ["impossible-travel", impossibleTravel],
  ["amount-above-mean", amountAboveMean],
  ["take-over", takeOver],
]);
