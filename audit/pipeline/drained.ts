// Waiting until the pipeline has nothing left to do.

import { setTimeout as delay } from "node:timers/promises";
import { topics } from "@riffle/contracts";
import { type ClusterAdmin, connectAdmin } from "@riffle/streams/kafka";

/** Consumer group and the topic it reads, in the order of the flow. */
const stages = [
  ["filter", topics.transactionsReceived.name],
  ["aggregator", topics.transactionsScreened.name],
  ["fraud-detector", topics.transactionsScreened.name],
  ["notifier", topics.alerts.name],
] as const;

/** One of the stream services. */
export type StageName = (typeof stages)[number][0];

const lagOf = async (admin: ClusterAdmin, group: string, topic: string): Promise<number> =>
  (await admin.lag(group, topic)).reduce((sum, { lag }) => sum + lag, 0);

/**
 * Resolves when the lag of each named group is 0, markers included, looked at in the order of the flow.
 *
 * @throws when that has not happened by the deadline
 */
export const untilDrained = async (
  brokers: readonly string[],
  names: readonly StageName[],
  withinMs: number,
): Promise<void> => {
  const admin = await connectAdmin({ brokers, clientId: "audit-lag" });
  const deadline = Date.now() + withinMs;
  try {
    for (const [group, topic] of stages) {
      if (!names.includes(group)) continue;
      for (let lag = await lagOf(admin, group, topic); lag > 0; lag = await lagOf(admin, group, topic)) {
        if (Date.now() > deadline)
          throw new Error(`${group} still has a lag of ${lag} in ${topic} after ${withinMs} ms`);
        await delay(50);
      }
    }
  } finally {
    await admin.close();
  }
};
