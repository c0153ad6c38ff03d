// Three brokers, each behind a proxy that harms single frames, and clients that know only the proxies.

import { KafkaProxy } from "../../../../infra/faults/kafka-proxy.ts";
import type { KafkaNode } from "../../../../infra/kafka/local-kafka.ts";
import { startKafka } from "../../../../infra/kafka/local-kafka.ts";
import { freePorts } from "../../../../infra/kafka/ports.ts";
import { listedOffsets } from "../../src/kafka/position-reader.ts";
import { committedIn, createTopics, openWire, uniqueName, useBrokers } from "./cluster.ts";
import { present } from "./eventually.ts";

/** A cluster in the hands of a test. */
export interface ProxiedCluster {
  /** By node id − 1, as the nodes are. */
  readonly proxies: readonly KafkaProxy[];
  readonly nodes: readonly KafkaNode[];
  stop(): Promise<void>;
}

/** Starts it, and has the tests of this file use it. */
export const startProxiedCluster = async (): Promise<ProxiedCluster> => {
  const proxyPorts = await freePorts(3);
  const kafka = await startKafka({ source: "jvm", brokers: 3, proxyPorts });
  const proxies = await Promise.all(
    kafka.nodes.map((node, i) => KafkaProxy.listen(present(proxyPorts[i]), present(node.behindProxy))),
  );
  useBrokers(proxyPorts.map((port) => `127.0.0.1:${port}`));
  const stop = async (): Promise<void> => {
    useBrokers(undefined);
    await Promise.all(proxies.map((proxy) => proxy.close()));
    await kafka.stop();
  };
  return { proxies, nodes: kafka.nodes, stop };
};

/** The topics of a test on three brokers: three partitions, three replicas. */
export interface ReplicatedTopics {
  /** Of the consumer group; begins the names of both topics. */
  readonly group: string;
  readonly input: string;
  readonly output: string;
}

/** Creates them under a name of their own. */
export const createReplicatedTopics = async (): Promise<ReplicatedTopics> => {
  const group = uniqueName("three");
  const topics = { group, input: `${group}-in`, output: `${group}-out` };
  await createTopics([topics.input, topics.output], 3, {}, 3);
  return topics;
};

/** The committed values of each partition of a topic. */
export const valuesIn = async (topic: string): Promise<string[][]> =>
  (await committedIn(topic)).map((records) => records.map(({ value }) => String(value)));

/** The node that leads each of the topic's partitions. */
export const leadersOf = async (topic: string): Promise<number[]> => {
  const wire = await openWire(topic);
  try {
    const partitions = Array.from({ length: wire.partitionCount(topic) }, (_, partition) => ({
      topic,
      partition,
    }));
    await listedOffsets(wire, partitions, "latest");
    return partitions.map(({ partition }) => wire.leaderOf(topic, partition));
  } finally {
    await wire.close();
  }
};
