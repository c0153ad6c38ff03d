// Dormant account awakened, the plain way: along the gaps of the history.

import type { ModelRule, Placed } from "./rule.ts";
import { minor, takesMoney } from "./rule.ts";

/** See services/fraud-detector/README.md. */
export const dormantAccountAwakened: ModelRule = {
  name: "dormant-account-awakened",
  version: 1,
  severity: "high",
  alertsIn: (history, { dormantAccountAwakened: { silentMs, amountAbove, withinMs, retentionMs } }) => {
    const found: Placed[][] = [];
    let woken: Placed | undefined;
    for (const [at, placed] of history.entries()) {
      const before = history[at - 1];
      const quietMs = before === undefined ? 0 : placed.timeMs - before.timeMs;
      if (quietMs >= silentMs) woken = quietMs <= retentionMs ? placed : undefined;
      const { amount, currency } = placed.transaction;
      if (woken === undefined || placed.timeMs - woken.timeMs > withinMs) continue;
      if (!takesMoney(placed) || amount <= minor(amountAbove, currency)) continue;
      found.push(woken === placed ? [placed] : [woken, placed]);
      woken = undefined;
    }
    return found;
  },
  stepsOf: ({ length }) => (length === 1 ? ["awakening-payment"] : ["awakening", "payment"]),
};
