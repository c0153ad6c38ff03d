// The verdict on deliveries: the outcomes on record beside what the endpoints took. Pure.
//
//   V1. In `notifications.v1` each alert and endpoint stands exactly once, and nothing else does.
//   V2. What is on record as delivered was taken by its endpoint, and no endpoint took what nobody owed it.
//   V3. A message is taken more often than once only where a kill explains it: not more than were under way.
//   V4. The calm endpoint, which takes everything, is delivered everything. Its messages of an account are numbered from 1
//       without a gap, and come in that order; one that had to be tried again, as the record says, may come later.
//   V5. A message is dead-lettered for two reasons alone: its schedule was gone through to the end, or the endpoint was out
//       of reach for as long as that lasts.

import { type Alert, type Notification, notificationId } from "@riffle/contracts";
import type { ChaosEndpoint } from "./chaos-endpoint.ts";

/** Of an outcome, what is judged; a hundred thousand fit. */
export interface Told extends Pick<Notification, "id" | "channel" | "outcome"> {
  readonly reason?: Notification["reason"] | undefined;
  readonly attempts: number;
}

/** What an endpoint took. */
export type Taker = Pick<ChaosEndpoint, "name" | "taken" | "duplicates">;

/** What the verdict is made from. */
export interface DeliveryEvidence {
  readonly alerts: readonly Alert[];
  /** The calm one first. */
  readonly endpoints: readonly Taker[];
  readonly told: readonly Told[];
  /** Attempts that the schedule has. */
  readonly attemptsMax: number;
  /** How many messages to one endpoint the kills can have caught under way. */
  readonly caughtMax: number;
}

/** The id of what tells a channel of an alert. */
const idAt = ({ id: alertId, status: alertStatus, changedBy }: Alert, channel: string): string =>
  notificationId({ alertId, alertStatus, changedBy, channel });

/** Everything that does not hold, in words; empty when all does. */
export const deliveryFaults = (evidence: DeliveryEvidence): string[] => [
  ...outcomeFaults(evidence),
  ...repeatFaults(evidence),
  ...calmFaults(evidence),
];

/** V1, V2, V5. */
const outcomeFaults = ({ alerts, endpoints, told, attemptsMax }: DeliveryEvidence): string[] => {
  const byId = Map.groupBy(told, ({ id }) => id);
  const faults: string[] = [];
  for (const { name: channel, taken } of endpoints) {
    const owed = new Set(alerts.map((alert) => idAt(alert, channel)));
    for (const id of owed) {
      const outcomes = byId.get(id) ?? [];
      if (outcomes.length !== 1) faults.push(`${id} at ${channel} has ${outcomes.length} outcomes`);
      const [first] = outcomes;
      if (first?.outcome === "delivered" && !taken.has(id))
        faults.push(`${id} is on record as delivered, and ${channel} never took it`);
      if (first?.outcome === "dead-lettered" && !isEndOfSchedule(first, attemptsMax))
        faults.push(`${id} at ${channel} was given up after ${first.attempts} attempts: ${first.reason}`);
    }
    const others = [...taken.keys()].filter((id) => !owed.has(id));
    if (others.length > 0)
      faults.push(`${channel} took ${others.length} messages of no alert, such as ${others[0]}`);
  }
  const expected = alerts.length * endpoints.length;
  if (told.length !== expected) faults.push(`${told.length} outcomes, ${expected} expected`);
  return faults;
};

/** V5. */
const isEndOfSchedule = ({ reason, attempts }: Told, attemptsMax: number): boolean =>
  reason === "endpoint-unreachable" || (reason === "attempts-exhausted" && attempts === attemptsMax);

/** V3. */
const repeatFaults = ({ endpoints, caughtMax }: DeliveryEvidence): string[] => {
  const duplicates = endpoints.reduce((sum, endpoint) => sum + endpoint.duplicates, 0);
  const duplicatesMax = caughtMax * endpoints.length;
  return duplicates > duplicatesMax
    ? [`${duplicates} messages taken too often, ${duplicatesMax} can be explained`]
    : [];
};

/** V4. */
const calmFaults = ({ endpoints: [calm], told, caughtMax }: DeliveryEvidence): string[] => {
  if (calm === undefined) return ["there was no calm endpoint"];
  const atCalm = told.filter(({ channel }) => channel === calm.name);
  const lost = atCalm.filter(({ outcome }) => outcome !== "delivered").length;
  const again = new Set(atCalm.filter(({ attempts }) => attempts > 1).map(({ id }) => id));
  return [
    ...(lost > 0 ? [`${lost} messages were given up at ${calm.name}, which takes everything`] : []),
    // A machine that stands still for as long as an attempt may take makes some. More, and no order would be left to judge.
    ...(again.size > caughtMax
      ? [`${again.size} messages were tried again at ${calm.name}, which takes everything`]
      : []),
    ...disorder(calm, again),
  ];
};

/** @param again ids that had to be tried again */
const disorder = ({ taken }: Taker, again: ReadonlySet<string>): string[] => {
  const messages = [...taken].map(([id, { accountId, sequence }]) => ({ id, accountId, sequence }));
  for (const [account, of] of Map.groupBy(messages, ({ accountId }) => accountId)) {
    const numbers = of.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
    const gap = numbers.findIndex((number, i) => number !== i + 1);
    if (gap >= 0) return [`the messages of ${account} are numbered ${numbers[gap]} where ${gap + 1} is due`];
    const atOnce = of.filter(({ id }) => !again.has(id));
    const late = atOnce.findIndex(({ sequence }, i) => sequence < (atOnce[i - 1]?.sequence ?? 0));
    const [before, one] = [atOnce[late - 1], atOnce[late]];
    if (one !== undefined)
      return [`${one.id}: message ${one.sequence} of ${account} came after ${before?.sequence}`];
  }
  return [];
};
