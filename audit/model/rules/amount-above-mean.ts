// Amount above the mean, the plain way: for each payment all earlier ones are added up.

import type { ModelRule, Placed } from "./rule.ts";
import { minor, takesMoney } from "./rule.ts";

const dayMs = 86_400_000;
const dayOf = ({ timeMs }: Placed): number => Math.floor(timeMs / dayMs);

/** See services/fraud-detector/README.md. */
export const amountAboveMean: ModelRule = {
  name: "amount-above-mean",
  version: 1,
  severity: "medium",
  alertsIn: (history, { amountAboveMean: { amountMin, earlierMin, days, times, deviations } }, from) =>
    history.flatMap((placed, at) => {
      const { amount, currency } = placed.transaction;
      if (at < from || !takesMoney(placed) || amount < minor(amountMin, currency)) return [];
      const earlier = history
        .slice(0, at)
        .filter((other) => takesMoney(other) && other.transaction.currency === currency)
        .filter((other) => dayOf(other) >= dayOf(placed) - days)
        .map((other) => BigInt(other.transaction.amount));
      const n = BigInt(earlier.length);
      if (n < earlierMin) return [];
      const sum = earlier.reduce((total, one) => total + one, 0n);
      // n times the distance from the mean, squared and added up: n² times the variance, times n.
      const spread = earlier.reduce((total, one) => total + (n * one - sum) ** 2n, 0n);
      const above = n * BigInt(amount) - sum;
      const isAbove =
        n * BigInt(amount) > BigInt(times) * sum &&
        above > 0n &&
        n * above ** 2n > BigInt(deviations) ** 2n * spread;
      return isAbove ? [[placed]] : [];
    }),
  stepsOf: () => ["payment"],
};
