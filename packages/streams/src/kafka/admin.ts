// The admin step: topics are created on purpose, never by asking for them.

import { setTimeout as delay } from "node:timers/promises";
import { StreamsError } from "../errors.ts";
import { Coordinator, failIfRefused } from "./coordinator.ts";
import { type Admin, createAdmin } from "./kafkajs-internals.ts";
import type { TopicPartition } from "./ports.ts";
import { listedOffsets } from "./position-reader.ts";
import { fetch } from "./protocol/fetch.ts";
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
   * Creates the topics that do not exist yet, and returns when every partition of all of them has a leader and what
   * was created is served by all its replicas.
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
/** Copies of a topic that leaves their number to the cluster: enough to lose one broker and still have two. */
const copiesMax = 3;

/** Connects an admin client. @throws StreamsError STREAMS_CLUSTER_UNREACHABLE */
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
  return new KafkaAdmin(wire, admin, requestTimeoutMs);
};

/** kafkajs's admin client for topics, our own requests for offsets. */
class KafkaAdmin implements ClusterAdmin {
  readonly #wire: Wire;
  readonly #admin: Admin;
  readonly #requestTimeoutMs: number;

  constructor(wire: Wire, admin: Admin, requestTimeoutMs: number) {
    this.#wire = wire;
    this.#admin = admin;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  async createTopics(topics: readonly TopicCreation[]): Promise<void> {
    const existing = new Set(await this.#admin.listTopics());
    const missing = topics.filter(({ name }) => !existing.has(name));
    if (missing.length > 0) await this.#create(missing);
    if (topics.length > 0) await this.#untilLed(topics);
    if (missing.length > 0) await this.#untilServed(missing.map(({ name }) => name));
  }

  listTopics(): Promise<string[]> {
    return this.#admin.listTopics();
  }

  async lag(groupId: string, topic: string): Promise<PartitionLag[]> {
    await this.#wire.loadTopics([topic]);
    const partitions = Array.from({ length: this.#wire.partitionCount(topic) }, (_, partition) => ({
      topic,
      partition,
    }));
    const coordinator = new Coordinator(this.#wire, "group", groupId);
    const { offsets } = await coordinator.call(this.#requestTimeoutMs, "repeat", async (nodeId) => {
      const answer = await this.#wire.send(nodeId, offsetFetch(groupId, partitions, false));
      failIfRefused(`OffsetFetch of group ${groupId}`, answer.errorCode);
      for (const { errorCode } of answer.offsets) failIfRefused(`OffsetFetch of group ${groupId}`, errorCode);
      return answer;
    });
    const ends = await listedOffsets(this.#wire, partitions, "latest");
    return offsets.map(({ partition, offset }) => {
      const end = ends.get(`${topic}/${partition}`) ?? 0;
      return { topic, partition, committed: offset, end, lag: end - Math.max(0, offset) };
    });
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
    await this.#wire.close();
  }

  async #create(topics: readonly TopicCreation[]): Promise<void> {
    const { brokers } = await this.#admin.describeCluster();
    const copies = Math.min(copiesMax, brokers.length);
    await this.#admin.createTopics({
      // kafkajs's own wait can throw UNKNOWN_TOPIC_OR_PARTITION; the metadata is polled instead.
      waitForLeaders: false,
      topics: topics.map(({ name, partitions, replicationFactor, configs }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor: replicationFactor === -1 ? copies : replicationFactor,
        configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
    });
  }

  async #untilLed(topics: readonly TopicCreation[]): Promise<void> {
    for (const deadline = Date.now() + readyDeadlineMs; !(await this.#areLed(topics)); await delay(pollMs)) {
      if (Date.now() > deadline) {
        throw new StreamsError(
          "STREAMS_TOPIC_MISSING",
          `Creating ${topics.map(({ name }) => name).join(", ")}: no leaders after ${readyDeadlineMs} ms.`,
        );
      }
    }
  }

  /**
   * A broker is in the metadata as a partition's leader or replica a moment before it acts as one, seconds on a busy
   * cluster; until then the first write waits. No error when the time is over: a replica may be down.
   */
  async #untilServed(names: readonly string[]): Promise<void> {
    const deadline = Date.now() + readyDeadlineMs;
    await this.#untilKnown(names, deadline);
    const unserved = new Map<number, TopicPartition[]>();
    for (const topic of names) {
      for (let partition = 0; partition < this.#wire.partitionCount(topic); partition++) {
        for (const node of this.#wire.replicasOf(topic, partition)) {
          unserved.set(node, [...(unserved.get(node) ?? []), { topic, partition }]);
        }
      }
    }
    await Promise.all(
      [...unserved].map(async ([node, replicas]) => {
        let left = replicas;
        while (left.length > 0 && Date.now() < deadline) {
          left = await this.#notServed(node, left);
          if (left.length > 0) await delay(pollMs);
        }
      }),
    );
  }

  /** The broker that is asked may learn of a new topic later than the one that told its leaders. */
  async #untilKnown(names: readonly string[], deadline: number): Promise<void> {
    for (;;) {
      try {
        return await this.#wire.loadTopics(names);
      } catch (error) {
        if (Date.now() >= deadline) throw error;
        await delay(pollMs);
      }
    }
  }

  /** Followers answer a consumer's fetch too (KIP-392), so one request tells of every replica on a node. */
  async #notServed(node: number, replicas: readonly TopicPartition[]): Promise<TopicPartition[]> {
    const positions = replicas.map((partition) => ({ ...partition, offset: 0 }));
    const limits = { maxWaitMs: 0, bytesMax: 1, partitionBytesMax: 1 };
    try {
      const { partitions } = await this.#wire.send(node, fetch(positions, limits));
      return partitions.filter(({ errorCode }) => errorCode !== 0);
    } catch {
      return [...replicas];
    }
  }

  async #areLed(topics: readonly TopicCreation[]): Promise<boolean> {
    const names = topics.map(({ name }) => name);
    const metadata = await this.#admin.fetchTopicMetadata({ topics: names }).catch(() => undefined);
    return (
      metadata !== undefined &&
      metadata.topics.length === topics.length &&
      metadata.topics.every(
        ({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0),
      )
    );
  }
}
