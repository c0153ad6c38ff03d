// Waiting until the pipeline has nothing left to do.

import { setTimeout as delay } from "node:timers/promises";
import { changelogTopicName, topics } from "@riffle/contracts";
import { type ClusterAdmin, CommittedReader, connectAdmin } from "@riffle/streams/kafka";
import type { FoundRecord } from "./dead-letters.ts";
import { Patience } from "./patience.ts";

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

const owedTopic = changelogTopicName("notifier", "owed");

/** How many deliveries the notifier owes, by what its changelog holds: read once, and then what is new in it. */
class OwedDeliveries {
  readonly #reader: CommittedReader;
  readonly #positions = new Map<number, number>();
  readonly #open = new Set<string>();

  private constructor(reader: CommittedReader) {
    this.#reader = reader;
  }

  static async of(brokers: readonly string[]): Promise<OwedDeliveries> {
    const options = { brokers, clientId: "audit-owed", topics: [owedTopic] };
    return new OwedDeliveries(await CommittedReader.connect(options));
  }

  async count(): Promise<number> {
    for (const { partition, start, end } of await this.#reader.ranges(owedTopic)) {
      const fromOffset = this.#positions.get(partition) ?? start;
      if (fromOffset >= end) continue;
      const apply = ({ offset, key, value }: FoundRecord): void => {
        const id = `${partition} ${Buffer.from(key ?? []).toString()}`;
        if (value === null) this.#open.delete(id);
        else this.#open.add(id);
        this.#positions.set(partition, offset + 1);
      };
      await this.#reader.read({ topic: owedTopic, partition }, apply, { fromOffset });
    }
    return this.#open.size;
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }
}

/** A broker that elects a leader just now is asked again. */
const untilNothingOwed = async (brokers: readonly string[], patience: Patience): Promise<void> => {
  const owed = await OwedDeliveries.of(brokers);
  try {
    for (;;) {
      const left = await owed.count().catch((error: unknown) => error);
      if (left === 0) return;
      if (patience.isOver(typeof left === "number" ? left : Number.POSITIVE_INFINITY))
        throw typeof left === "number" ? new Error(`${left} deliveries are still owed`) : left;
      await delay(100);
    }
  } finally {
    await owed.close();
  }
};

/**
 * Resolves when the lag of each named group is 0, markers included, looked at in the order of the flow, and the
 * notifier, where it is named, owes no delivery.
 *
 * @param withinMs waited for in any case; longer for as long as there is less to do ({@link Patience})
 * @throws when there is none the less for a minute, after that time
 */
export const untilDrained = async (
  brokers: readonly string[],
  names: readonly StageName[],
  withinMs: number,
): Promise<void> => {
  const admin = await connectAdmin({ brokers, clientId: "audit-lag" });
  const patience = new Patience(withinMs);
  try {
    for (const [group, topic] of stages) {
      if (!names.includes(group)) continue;
      for (let lag = await lagOf(admin, group, topic); lag > 0; lag = await lagOf(admin, group, topic)) {
        if (patience.isOver(lag)) throw new Error(`${group} is stuck with a lag of ${lag} in ${topic}`);
        await delay(50);
      }
      patience.next();
    }
    if (!names.includes("notifier")) return;
    await untilNothingOwed(brokers, patience);
  } finally {
    await admin.close();
  }
};

/** What is left to do now, stage by stage, in words; empty when it cannot be told. */
export const leftToDo = async (
  brokers: readonly string[],
  names: readonly StageName[],
): Promise<string[]> => {
  const left: string[] = [];
  const admin = await connectAdmin({ brokers, clientId: "audit-left" });
  try {
    for (const [group, topic] of stages) {
      if (!names.includes(group)) continue;
      const behind = (await admin.lag(group, topic)).filter(({ lag }) => lag > 0);
      const where = behind.map(({ partition, lag }) => `${partition}: ${lag}`).join(", ");
      if (behind.length > 0) left.push(`${group} has not read all of ${topic}; by partition ${where}`);
    }
  } finally {
    await admin.close();
  }
  if (!names.includes("notifier")) return left;
  const owed = await OwedDeliveries.of(brokers);
  try {
    const deliveries = await owed.count();
    return deliveries > 0 ? [...left, `the notifier owes ${deliveries} deliveries`] : left;
  } finally {
    await owed.close();
  }
};
