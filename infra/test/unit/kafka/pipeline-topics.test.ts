// A bug here looks like this: services that wait for ever for a topic, or a changelog that loses state by age.

import { allTopics } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { clusterDefault, createPipelineTopics, pipelineTopicSpecs } from "../../../kafka/pipeline-topics.ts";

describe("the pipeline's topics", () => {
  it("are those of the contracts, all with the same number of partitions", () => {
    const specs = pipelineTopicSpecs(allTopics, { replicationFactor: 1 });
    expect(specs.map(({ name }) => name)).toEqual(allTopics.map(({ name }) => name));
    expect(new Set(specs.map(({ partitions }) => partitions))).toEqual(new Set([12]));
  });

  it("keep what is compacted alone for ever, and the others as long as they say", () => {
    const specs = pipelineTopicSpecs(allTopics, { replicationFactor: 1, partitions: 3 });
    const configsOf = (topic: string) => specs.find(({ name }) => name === topic)?.configs;
    expect(configsOf("cases.snapshots.v1")).toMatchObject({
      "cleanup.policy": "compact",
      "retention.ms": "-1",
    });
    expect(specs.find(({ name }) => name === "aggregates.account.v1")).toEqual({
      name: "aggregates.account.v1",
      partitions: 3,
      replicationFactor: 1,
      configs: {
        "cleanup.policy": "compact,delete",
        "retention.ms": "1209600000",
        "message.timestamp.type": "CreateTime",
        "min.insync.replicas": "1",
      },
    });
  });

  it("take larger records where they are of dead letters, and elsewhere what the cluster takes", () => {
    const limits = pipelineTopicSpecs(allTopics, { replicationFactor: 1 }).map(
      ({ name, configs }) => `${name.includes(".dlq.v1")} ${configs["max.message.bytes"]}`,
    );
    expect(new Set(limits)).toEqual(new Set(["true 2097152", "false undefined"]));
  });

  it.each([
    [1, "1"],
    [2, "1"],
    [3, "2"],
    [clusterDefault, undefined],
  ])("with %d copies need %s for a write", (replicationFactor, expected) => {
    const [spec] = pipelineTopicSpecs(allTopics, { replicationFactor });
    expect(spec?.configs["min.insync.replicas"]).toBe(expected);
  });

  it("close the admin connection also when creating fails", async () => {
    let closed = false;
    const admin = {
      createTopics: () => Promise.reject(new Error("no controller")),
      close: async () => {
        closed = true;
      },
    };
    await expect(createPipelineTopics(admin, allTopics, { replicationFactor: 1 })).rejects.toThrow(
      "no controller",
    );
    expect(closed).toBe(true);
  });
});
