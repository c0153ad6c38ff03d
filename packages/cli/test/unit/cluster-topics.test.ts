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

it("a dead-letter topic that takes less than the contracts say is told, and one that takes more is not", () => {
  const some = [topics.filterDeadLetters, topics.alerts];
  const taking = (bytes: string) =>
    new Map(
      pipelineTopicSpecs(some, { replicationFactor: 3 }).map(({ name, partitions, configs }) => [
        name,
        { partitions, configs: new Map(Object.entries({ ...configs, "max.message.bytes": bytes })) },
      ]),
    );
  expect(topicFaults(some, taking("1048588"))).toEqual([
    {
      topic: "filter.dlq.v1",
      kind: "config",
      config: "max.message.bytes",
      expected: "2097152",
      found: "1048588",
    },
  ]);
  expect(topicFaults(some, taking("2097152"))).toEqual([]);
  expect(topicFaults(some, taking("9000000"))).toEqual([]);
});

it("the age of what is compacted alone is nobody's business, and what may not be read is not judged", () => {
  const configs = new Map([
    ["cleanup.policy", "compact"],
    ["retention.ms", "5"],
  ]);
  const found = new Map([
    ["cases.snapshots.v1", { partitions: 12, configs }],
    ["alerts.v1", { partitions: 12, configs: new Map<string, string>() }],
  ]);
  expect(topicFaults([topics.casesSnapshots, topics.alerts], found)).toEqual([]);
});

it("the topic of windows is compacted and deleted by age, in whatever order a cluster says so", () => {
  const windows = [topics.aggregatesAccount];
  const found = (policy: string, retention: string) =>
    new Map([
      [
        "aggregates.account.v1",
        {
          partitions: 12,
          configs: new Map([
            ["cleanup.policy", policy],
            ["retention.ms", retention],
          ]),
        },
      ],
    ]);
  expect(topicFaults(windows, found("delete,compact", "1209600000"))).toEqual([]);
  const fault = { topic: "aggregates.account.v1", kind: "config" };
  expect(topicFaults(windows, found("compact", "-1"))).toEqual([
    { ...fault, config: "cleanup.policy", expected: "compact,delete", found: "compact" },
    { ...fault, config: "retention.ms", expected: "1209600000", found: "-1" },
  ]);
});
