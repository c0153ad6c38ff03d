// The admin step: topics are created on purpose, never by asking for them.

import { setTimeout as delay } from "node:timers/promises";
import { StreamsError } from "../errors.ts";
import { Coordinator, failIfRefused } from "./coordinator.ts";
import { createAdmin } from "./kafkajs-internals.ts";
import { listedOffsets } from "./position-reader.ts";
import { offsetFetch } from "./protocol/offset-fetch.ts";
import { Wire, type WireOptions } from "./wire.ts";

/** A topic to create. */
export interface TopicCreation {
  readonly name: string;
  readonly partitions: number;
  /** Copies of each partition; -1 for three, or as many as there are brokers. */
  readonly replicationFactor: number;
  /** Kafka's topic configuration, `cleanup.policy` and the like. */
  readonly configs: Readonly<Record<string, string>>;
}

/** A group's committed offsets beside the ends of the partitions. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** -1 when the group never committed it. */
  readonly committed: number;
  readonly end: number;
  readonly lag: number;
}

/** What operators and tests ask of a cluster. */
export interface ClusterAdmin {
  /**
   * Creates the topics that do not exist yet, and returns when every partition of all of them has a leader.
   * A topic that exists is left as it is.
   */
  createTopics(topics: readonly TopicCreation[]): Promise<void>;
  /** Names of all topics. */
  listTopics(): Promise<string[]>;
  /** Lag of a group in a topic, by the admin API: end offset minus committed offset. */
  lag(groupId: string, topic: string): Promise<PartitionLag[]>;
  close(): Promise<void>;
}

const readyDeadlineMs = 15_000;
const pollMs = 50;

/** Connects an admin client. */
export const connectAdmin = async (options: WireOptions): Promise<ClusterAdmin> => {
  const { connectionTimeoutMs = 3_000, requestTimeoutMs = 15_000, log } = options;
  const wire = await Wire.connect(options);
  const admin = createAdmin({ ...options, connectionTimeoutMs, requestTimeoutMs }, (message) =>
    log?.(message),
  );
  try {
    await admin.connect();
  } catch (cause) {
    await wire.close();
    throw new StreamsError(
      "STREAMS_CLUSTER_UNREACHABLE",
      `Connecting to Kafka at ${options.brokers.join(", ")} failed: ${(cause as Error).message}`,
      { cause },
    );
  }

  const ready = async (topics: readonly TopicCreation[]): Promise<boolean> => {
    const metadata = await admin
      .fetchTopicMetadata({ topics: topics.map(({ name }) => name) })
      .catch(() => undefined);
    return (
      metadata !== undefined &&
      metadata.topics.length === topics.length &&
      metadata.topics.every(
        ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
      )
    );
  };

  const waitUntilReady = async (topics: readonly TopicCreation[]): Promise<void> => {
    for (const deadline = Date.now() + readyDeadlineMs; !(await ready(topics)); await delay(pollMs)) {
      if (Date.now() > deadline) {
        throw new StreamsError(
          "STREAMS_TOPIC_MISSING",
          `Creating ${topics.map(({ name }) => name).join(", ")}: no leaders after ${readyDeadlineMs} ms.`,
        );
      }
    }
  };

  return {
    createTopics: async (topics) => {
      const existing = new Set(await admin.listTopics());
      const missing = topics.filter(({ name }) => !existing.has(name));
      if (missing.length > 0) {
        const { brokers } = await admin.describeCluster();
        const copies = Math.min(3, brokers.length);
        await admin.createTopics({
          // kafkajs's own wait can throw UNKNOWN_TOPIC_OR_PARTITION; the metadata is polled instead.
          waitForLeaders: false,
          topics: missing.map(({ name, partitions, replicationFactor, configs }) => ({
            topic: name,
            numPartitions: partitions,
            replicationFactor: replicationFactor === -1 ? copies : replicationFactor,
            configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
          })),
        });
      }
      if (topics.length > 0) await waitUntilReady(topics);
    },
    listTopics: () => admin.listTopics(),
    lag: async (groupId, topic) => {
      await wire.loadTopics([topic]);
      const partitions = Array.from({ length: wire.partitionCount(topic) }, (_, partition) => ({
        topic,
        partition,
      }));
      const { offsets } = await new Coordinator(wire, "group", groupId).call(
        requestTimeoutMs,
        "repeat",
        async (nodeId) => {
          const answer = await wire.send(nodeId, offsetFetch(groupId, partitions, false));
          failIfRefused(`OffsetFetch of group ${groupId}`, answer.errorCode);
          for (const { errorCode } of answer.offsets)
            failIfRefused(`OffsetFetch of group ${groupId}`, errorCode);
          return answer;
        },
      );
      const ends = await listedOffsets(wire, partitions, "latest");
      return offsets.map(({ partition, offset }) => {
        const end = ends.get(`${topic}/${partition}`) ?? 0;
        return { topic, partition, committed: offset, end, lag: end - Math.max(0, offset) };
      });
    },
    close: async () => {
      await admin.disconnect();
      await wire.close();
    },
  };
};
