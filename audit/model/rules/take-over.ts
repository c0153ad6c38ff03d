// Take-over, the plain way: when each device was seen last, and the new ones since the last match.

import type { ModelRule, Placed } from "./rule.ts";

/** See services/fraud-detector/README.md. */
export const takeOver: ModelRule = {
  name: "take-over",
  version: 1,
  severity: "high",
  alertsIn: (history, { takeOver: { withinMs, devicesMax, retentionMs } }) => {
    const found: Placed[][] = [];
    /** In the order in which they were seen last. */
    const seen = new Map<string, number>();
    let newOnes: Placed[] = [];
    for (const placed of history) {
      const { type, deviceId } = placed.transaction;
      const first =
        type === "transfer"
          ? newOnes.findLast(
              ({ transaction, timeMs }) =>
                placed.timeMs - timeMs <= withinMs &&
                (deviceId === undefined || deviceId === transaction.deviceId),
            )
          : undefined;
      if (first !== undefined) {
        found.push([first, placed]);
        newOnes = [];
      }
      if (deviceId === undefined) continue;
      const known = [...seen]
        .slice(-devicesMax)
        .filter(([, timeMs]) => placed.timeMs - timeMs <= retentionMs)
        .map(([id]) => id);
      const isNew = known.length > 0 && !known.includes(deviceId);
      // What completes a match belongs to it, and begins no other.
      if (isNew && first === undefined) newOnes.push(placed);
      seen.delete(deviceId);
      seen.set(deviceId, placed.timeMs);
    }
    return found;
  },
  stepsOf: () => ["device", "transfer"],
};
