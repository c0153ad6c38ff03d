// A bug here ends a service at its start because some other topic has no leader at that moment, with a TypeError of kafkajs's.

import { expect, it, onTestFinished } from "vitest";
import { type AdministeredCluster, adminOver, createCluster } from "../../../src/kafka/kafkajs-internals.ts";

type Metadata = { readonly brokers: object[]; readonly topicMetadata: { readonly topic: string }[] };

/** kafkajs's own cluster and its pool of brokers, which has one; what that answers is the test's. */
const clusterThatAnswers = (answer: () => Metadata): AdministeredCluster => {
  const cluster = createCluster(
    { brokers: ["127.0.0.1:1"], clientId: "test", connectionTimeoutMs: 10, requestTimeoutMs: 10 },
    () => {},
  );
  onTestFinished(() => cluster.disconnect());
  const broker = { metadata: async () => answer(), disconnect: async () => {}, isConnected: () => true };
  Object.assign(cluster.brokerPool, {
    brokers: { 1: broker },
    refreshMetadataIfNecessary: async () => {},
    findBroker: async () => broker,
  });
  return cluster;
};

const refused = (): never => {
  throw Object.assign(
    new Error("There is no leader for this topic-partition as we are in the middle of a leadership election"),
    {
      name: "KafkaJSProtocolError",
      type: "LEADER_NOT_AVAILABLE",
    },
  );
};

it("a partition without a leader is an error that says so, whatever is asked for", async () => {
  const admin = adminOver(clusterThatAnswers(refused), () => {});
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
});

it("metadata that is told is what it was", async () => {
  const told = { brokers: [], topicMetadata: [{ topic: "t" }] };
  expect(
    await adminOver(
      clusterThatAnswers(() => told),
      () => {},
    ).listTopics(),
  ).toEqual(["t"]);
});
