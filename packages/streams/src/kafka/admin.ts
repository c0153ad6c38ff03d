// The admin step: topics are created on purpose, never by asking for them.

import { setTimeout as delay } from "node:timers/promises";
import { BrokerRefusedError, StreamsError } from "../errors.ts";
import { Coordinator, failIfRefused } from "./coordinator.ts";
import { untilAnswered } from "./first-connection.ts";
import { type Admin, adminOver } from "./kafkajs-internals.ts";
import type { TopicPartition } from "./ports.ts";
import { listedOffsets } from "./position-reader.ts";
import { errorCodes } from "./protocol/errors.ts";
import { fetch } from "./protocol/fetch.ts";
import { topicIdentity } from "./protocol/metadata.ts";
import { type CommittedOffset, offsetFetch } from "./protocol/offset-fetch.ts";
import { connectCluster, Wire, type WireOptions } from "./wire.ts";

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

/** A partition whose end is not decided: an atomic commit is open there, or was left so. */
export interface UndecidedEnd extends TopicPartition {
  /** Where a read-committed consumer stands still. */
  readonly stable: number;
  readonly end: number;
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
  /**
   * Committed offsets of a group in a topic, by partition, -1 where it never committed: read while no open transaction
   * can replace one of them, which is waited for up to 15 s.
   *
   * @throws BrokerRefusedError UNSTABLE_OFFSET_COMMIT when one still is open then
   */
  committed(groupId: string, topic: string): Promise<number[]>;
  /** Those partitions of the topics that hold records of an open transaction. */
  undecided(topics: readonly string[]): Promise<UndecidedEnd[]>;
  close(): Promise<void>;
}

const readyDeadlineMs = 15_000;
const pollMs = 50;
/** Copies of a topic that leaves their number to the cluster: enough to lose one broker and still have two. */
const copiesMax = 3;

/** Connects an admin client. @throws StreamsError as `Wire.connect` does */
export const connectAdmin = async (options: WireOptions): Promise<ClusterAdmin> => {
  const { requestTimeoutMs = 15_000, log } = options;
  const wire = await Wire.connect(options);
  try {
    const admin = adminOver(await connectCluster({ ...options, requestTimeoutMs }), (message) =>
      log?.(message),
    );
    return new KafkaAdmin(wire, admin, requestTimeoutMs);
  } catch (error) {
    await wire.close();
    throw error;
  }
};

const offsetsOf = async (
  wire: Wire,
  groupId: string,
  partitions: readonly TopicPartition[],
  { stable, withinMs }: { readonly stable: boolean; readonly withinMs: number },
): Promise<readonly CommittedOffset[]> => {
  const coordinator = new Coordinator(wire, "group", groupId);
  const { offsets } = await coordinator.call(withinMs, "repeat", async (nodeId) => {
    const answer = await wire.send(nodeId, offsetFetch(groupId, partitions, stable));
    failIfRefused(`OffsetFetch of group ${groupId}`, answer.errorCode);
    for (const { errorCode } of answer.offsets) failIfRefused(`OffsetFetch of group ${groupId}`, errorCode);
    return answer;
  });
  return offsets;
};

const isUnstable = (error: unknown): boolean =>
  error instanceof BrokerRefusedError && error.errorCode === errorCodes.UNSTABLE_OFFSET_COMMIT;

/**
 * Committed offsets of partitions of one topic, in the order of their numbers, -1 where there is none.
 *
 * @throws BrokerRefusedError UNSTABLE_OFFSET_COMMIT when a transaction may still replace one of them after `withinMs`
 */
export const committedWhenStable = async (
  wire: Wire,
  groupId: string,
  partitions: readonly TopicPartition[],
  withinMs: number,
): Promise<number[]> => {
  const offsets = await untilAnswered(
    wire.clock,
    withinMs,
    () => offsetsOf(wire, groupId, partitions, { stable: true, withinMs }),
    (error) => !isUnstable(error),
  );
  return offsets.toSorted((a, b) => a.partition - b.partition).map(({ offset }) => offset);
};

/** Those of the partitions that hold records of an open transaction. */
export const undecidedEnds = async (
  wire: Wire,
  partitions: readonly TopicPartition[],
): Promise<UndecidedEnd[]> => {
  // In this order: an end that moves meanwhile must not look like one that is held back.
  const ends = await listedOffsets(wire, partitions, "latest");
  const stable = await listedOffsets(wire, partitions, "stable");
  return partitions
    .map((partition) => {
      const name = `${partition.topic}/${partition.partition}`;
      return { ...partition, stable: stable.get(name) ?? 0, end: ends.get(name) ?? 0 };
    })
    .filter((found) => found.stable < found.end);
};

/** kafkajs's errors of a broker that cannot be reached: it does not go on to the next by itself. */
const isAnswer = (error: unknown): boolean => {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (/^KafkaJS(Connection|RequestTimeout|BrokerNotFound|MetadataNotTold)/.test(cause.name)) return false;
  return true;
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
    const missing = await this.#missing(topics);
    if (missing.length > 0) await this.#create(missing);
    if (topics.length > 0) await this.#untilLed(topics);
    if (missing.length > 0) await this.#untilServed(missing.map(({ name }) => name));
  }

  listTopics(): Promise<string[]> {
    return this.#ask(() => this.#admin.listTopics());
  }

  async lag(groupId: string, topic: string): Promise<PartitionLag[]> {
    const partitions = await this.#partitionsOf([topic]);
    const offsets = await offsetsOf(this.#wire, groupId, partitions, {
      stable: false,
      withinMs: this.#requestTimeoutMs,
    });
    const ends = await listedOffsets(this.#wire, partitions, "latest");
    return offsets.map(({ partition, offset }) => {
      const end = ends.get(`${topic}/${partition}`) ?? 0;
      return { topic, partition, committed: offset, end, lag: end - Math.max(0, offset) };
    });
  }

  async committed(groupId: string, topic: string): Promise<number[]> {
    const partitions = await this.#partitionsOf([topic]);
    return committedWhenStable(this.#wire, groupId, partitions, readyDeadlineMs);
  }

  async undecided(topics: readonly string[]): Promise<UndecidedEnd[]> {
    return undecidedEnds(this.#wire, await this.#partitionsOf(topics));
  }

  async #partitionsOf(topics: readonly string[]): Promise<TopicPartition[]> {
    await this.#wire.loadTopics(topics);
    return topics.flatMap((topic) =>
      Array.from({ length: this.#wire.partitionCount(topic) }, (_, partition) => ({ topic, partition })),
    );
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
    await this.#wire.close();
  }

  /** By name, each alone: kafkajs tells no topic at all while one partition in the whole cluster has no leader. */
  async #missing(topics: readonly TopicCreation[]): Promise<TopicCreation[]> {
    const missing: TopicCreation[] = [];
    for (const topic of topics) {
      const ask = async () => this.#wire.send(await this.#wire.anyNode(), topicIdentity(topic.name));
      const { errorCode } = await this.#ask(ask);
      if (errorCode === errorCodes.UNKNOWN_TOPIC_OR_PARTITION) missing.push(topic);
      // It exists, and has no leader yet: what follows waits for that.
      else if (errorCode !== errorCodes.LEADER_NOT_AVAILABLE)
        failIfRefused(`Metadata of ${topic.name}`, errorCode);
    }
    return missing;
  }

  async #create(topics: readonly TopicCreation[]): Promise<void> {
    const { brokers } = await this.#ask(() => this.#admin.describeCluster());
    const copies = Math.min(copiesMax, brokers.length);
    const creation = {
      // kafkajs's own wait can throw UNKNOWN_TOPIC_OR_PARTITION; the metadata is polled instead.
      waitForLeaders: false,
      topics: topics.map(({ name, partitions, replicationFactor, configs }) => ({
        topic: name,
        numPartitions: partitions,
        replicationFactor: replicationFactor === -1 ? copies : replicationFactor,
        configEntries: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
    };
    // That they exist already is no error of kafkajs's.
    await this.#ask(() => this.#admin.createTopics(creation));
  }

  /** The admin client asks any broker or the controller, one that is cut off as well. */
  #ask<R>(call: () => Promise<R>): Promise<R> {
    return untilAnswered(this.#wire.clock, readyDeadlineMs, call, isAnswer);
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
