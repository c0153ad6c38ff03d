// Impossible travel, the plain way: each transaction with a place beside the one before.

import type { RuleOptions } from "../options.ts";
import type { ModelRule, Placed } from "./rule.ts";

const hourMs = 3_600_000;

/** See services/fraud-detector/README.md. */
export const impossibleTravel: ModelRule = {
  name: "impossible-travel",
  version: 1,
  severity: "high",
  alertsIn: (history, { impossibleTravel: options }) => {
    const found: Placed[][] = [];
    let here: Placed | undefined;
    for (const there of history) {
      if (!hasPlace(there)) continue;
      const isPair = here !== undefined && isImpossible(here, there, options);
      if (here !== undefined && isPair) found.push([here, there]);
      here = isPair ? undefined : there;
    }
    return found;
  },
  stepsOf: () => ["here", "there"],
};

const hasPlace = ({ transaction: { channel, country, latitude } }: Placed): boolean =>
  (channel === "card_present" || channel === "atm") && (country !== undefined || latitude !== undefined);

const isImpossible = (
  { transaction: here, timeMs: hereMs }: Placed,
  { transaction: there, timeMs: thereMs }: Placed,
  { kmhMax, kmMin, countriesWithinMs }: RuleOptions["impossibleTravel"],
): boolean => {
  const [from, to] = [directionOf(here), directionOf(there)];
  if (from !== undefined && to !== undefined) {
    const km = 6_371.0088 * angleBetween(from, to);
    return km > kmMin && km > (kmhMax * (thereMs - hereMs)) / hourMs;
  }
  if (here.country === undefined || there.country === undefined) return false;
  return here.country !== there.country && thereMs - hereMs <= countriesWithinMs;
};

type Direction = readonly [x: number, y: number, z: number];

/** From the centre of the earth. */
const directionOf = ({ latitude, longitude }: Placed["transaction"]): Direction | undefined => {
  if (latitude === undefined || longitude === undefined) return undefined;
  const [north, east] = [(latitude * Math.PI) / 180, (longitude * Math.PI) / 180];
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)];
};

const angleBetween = ([ax, ay, az]: Direction, [bx, by, bz]: Direction): number => {
  const across = Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx);
  return Math.atan2(across, ax * bx + ay * by + az * bz);
};
