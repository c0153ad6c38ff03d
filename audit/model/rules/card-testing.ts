// Card testing, the plain way: from each large purchase look back at the smalls since the last match.

import type { ModelRule, Placed } from "./rule.ts";
import { minor } from "./rule.ts";

/** See services/fraud-detector/README.md. */
export const cardTesting: ModelRule = {
  name: "card-testing",
  version: 2,
  severity: "high",
  alertsIn: (history, { cardTesting: { smallBelow, largeAbove, smallsMin, withinMs } }) => {
    const found: Placed[][] = [];
    let smalls: Placed[] = [];
    for (const placed of history) {
      const { type, amount, currency } = placed.transaction;
      if (type !== "purchase") continue;
      if (amount < minor(smallBelow, currency)) smalls.push(placed);
      if (amount <= minor(largeAbove, currency)) continue;
      const near = smalls.filter(({ timeMs }) => placed.timeMs - timeMs <= withinMs);
      if (near.length < smallsMin) continue;
      found.push([...near.slice(-smallsMin), placed]);
      smalls = [];
    }
    return found;
  },
  // What it is and not where it stands: an alert that names the wrong one must differ.
  stepsOf: (causes, { cardTesting: { largeAbove } }) =>
    causes.map(({ transaction: { amount, currency } }) =>
      amount > minor(largeAbove, currency) ? "large" : "small",
    ),
};
