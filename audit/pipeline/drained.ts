// Waiting until the pipeline has nothing left to do.

import { setTimeout as delay } from "node:timers/promises";
import { changelogTopicName, topics } from "@riffle/contracts";
import { type ClusterAdmin, connectAdmin, readTopic } from "@riffle/streams/kafka";

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

/** How many deliveries the notifier owes, by what its changelog holds. */
const owed = async (brokers: readonly string[]): Promise<number> => {
  const topic = changelogTopicName("notifier", "owed");
  const partitions = await readTopic({ brokers, clientId: "audit-owed", topic });
  let count = 0;
  for (const records of partitions) {
    const open = new Set<string>();
    for (const { key, value } of records) {
      const id = Buffer.from(key ?? []).toString();
      if (value === null) open.delete(id);
      else open.add(id);
    }
    count += open.size;
  }
  return count;
};

/** A broker that elects a leader just now is asked again. */
const untilNothingOwed = async (brokers: readonly string[], deadline: number): Promise<void> => {
  for (;;) {
    const left = await owed(brokers).catch((error: unknown) => error);
    if (left === 0) return;
    if (Date.now() > deadline)
      throw typeof left === "number" ? new Error(`${left} deliveries are still owed`) : left;
    await delay(100);
  }
};

/**
 * Resolves when the lag of each named group is 0, markers included, looked at in the order of the flow, and the
 * notifier, where it is named, owes no delivery.
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
    if (!names.includes("notifier")) return;
    await untilNothingOwed(brokers, deadline);
  } finally {
    await admin.close();
  }
};
