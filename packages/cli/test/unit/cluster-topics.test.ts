// A bug here says that a topic is right when records will be gone too early, or raises an alarm over one that is right.

import { pipelineTopicSpecs, type Topic, topics } from "@riffle/contracts";
import { expect, it } from "vitest";
import { topicFaults } from "../../src/cluster-topics.ts";

const some: readonly Topic<unknown>[] = [topics.alerts, topics.aggregatesAccount, topics.notifications];
const created = (partitions?: number) =>
  new Map(
    pipelineTopicSpecs(some, {
      replicationFactor: 3,
      ...(partitions === undefined ? {} : { partitions }),
    }).map(({ name, partitions: count, configs }) => [
      name,
      { partitions: count, configs: new Map(Object.entries(configs)) },
    ]),
  );

it("topics as `topics create` makes them have no fault, with whatever number of partitions they all have", () => {
  expect(topicFaults(some, created())).toEqual([]);
  expect(topicFaults(some, created(3))).toEqual([]);
});

it("a missing topic, another number of partitions and another configuration are told, each by itself", () => {
  const found = created();
  const configs = new Map([...(found.get("alerts.v1")?.configs ?? []), ["retention.ms", "1000"] as const]);
  found.set("alerts.v1", { partitions: 6, configs });
  const faults = topicFaults([...some, topics.notifierCommands], found);
  expect(faults).toEqual([
    { topic: "alerts.v1", kind: "partitions", expected: "12, as the others have", found: "6" },
    { topic: "alerts.v1", kind: "config", config: "retention.ms", expected: "2592000000", found: "1000" },
    { topic: "notifier.commands.v1", kind: "missing", expected: "there", found: "missing" },
  ]);
});

it("the age of a compacted topic is nobody's business, and what may not be read is not judged", () => {
  const found = created();
  const configs = new Map([
    ["cleanup.policy", "compact"],
    ["retention.ms", "5"],
  ]);
  found.set("aggregates.account.v1", { partitions: 12, configs });
  found.set("alerts.v1", { partitions: 12, configs: new Map() });
  expect(topicFaults(some, found)).toEqual([]);
});
