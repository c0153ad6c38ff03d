// A bug here ends a service at its start because some other topic has no leader at that moment, with a TypeError of kafkajs's.

import { createRequire } from "node:module";
import { expect, it } from "vitest";
import { type AdministeredCluster, adminOver } from "../../../src/kafka/kafkajs-internals.ts";

const require = createRequire(import.meta.url);
const leaderNotAvailable = 5;

/** kafkajs's own cluster and broker pool, with one broker; only its answer is ours. */
function clusterThatAnswers(partitionErrorCode: number): AdministeredCluster {
  const { parse } = require("kafkajs/src/protocol/requests/metadata/v5/response");
  const partition = { partitionErrorCode, partitionId: 0, leader: 1, replicas: [], isr: [] };
  const topicMetadata = [{ topicErrorCode: 0, topic: "t", partitionMetadata: [partition] }];
  const pool = Object.create(require("kafkajs/src/cluster/brokerPool").prototype);
  pool.brokers = { 1: {} };
  pool.refreshMetadataIfNecessary = async () => {};
  pool.findBroker = async () => ({ metadata: async () => parse({ brokers: [], topicMetadata }) });
  const cluster = Object.create(require("kafkajs/src/cluster").prototype);
  cluster.brokerPool = pool;
  cluster.retrier = require("kafkajs/src/retry")({ retries: 0 });
  return cluster;
}

it("a partition without a leader is an error that says so, whatever is asked for", async () => {
  const admin = adminOver(clusterThatAnswers(leaderNotAvailable), () => {});
  for (const asked of [
    admin.listTopics(),
    admin.describeCluster(),
    admin.fetchTopicMetadata({ topics: ["t"] }),
  ]) {
    await expect(asked).rejects.toMatchObject({
      name: "KafkaJSMetadataNotTold",
      message: expect.stringContaining("a partition has no leader"),
    });
  }
  expect(await adminOver(clusterThatAnswers(0), () => {}).listTopics()).toEqual(["t"]);
});
