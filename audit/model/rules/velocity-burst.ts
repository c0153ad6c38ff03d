// Velocity burst, the plain way: each transaction with those before it since the last match.

import type { ModelRule, Placed } from "./rule.ts";

/** See services/fraud-detector/README.md. */
export const velocityBurst: ModelRule = {
  name: "velocity-burst",
  version: 1,
  severity: "medium",
  alertsIn: (history, { velocityBurst: { transactionsMin, withinMs } }) => {
    const found: Placed[][] = [];
    let since: Placed[] = [];
    for (const last of history) {
      since.push(last);
      const near = since.filter(({ timeMs }) => last.timeMs - timeMs <= withinMs);
      if (near.length < transactionsMin) {
        since = near;
        continue;
      }
      found.push(near.slice(-transactionsMin));
      since = [];
    }
    return found;
  },
  stepsOf: ({ length }) => [...Array.from({ length: length - 1 }, () => "burst"), "last"],
};
