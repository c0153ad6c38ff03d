// What a cluster says of itself, for whoever looks for the cause of something: brokers, replicas, groups, open
// transactions. Reads only.

import { BrokerRefusedError, OutcomeUnknownError } from "../errors.ts";
import { Coordinator, failIfRefused } from "./coordinator.ts";
import { type Admin, adminOver, groupProtocol } from "./kafkajs-internals.ts";
import { leaderOf, listedOffsets } from "./position-reader.ts";
import { finalizedFeatures } from "./protocol/api-versions.ts";
import { type DescribedGroup, describeGroups } from "./protocol/describe-groups.ts";
import { describeProducers } from "./protocol/describe-producers.ts";
import { describeTransaction } from "./protocol/describe-transactions.ts";
import { errorCodes, errorName } from "./protocol/errors.ts";
import { listTransactions } from "./protocol/list-transactions.ts";
import type { TopicPartition } from "./protocol/request.ts";
import { connectCluster, Wire, type WireOptions } from "./wire.ts";

/** The cluster. */
export interface ClusterFacts {
  readonly clusterId: string;
  readonly brokers: readonly { readonly nodeId: number; readonly address: string }[];
  /** Finalized feature levels, `metadata.version` and the like. */
  readonly features: Readonly<Record<string, number>>;
}

/** A topic's partitions, and where their copies are. */
export interface TopicFacts {
  readonly name: string;
  readonly partitions: readonly {
    readonly partition: number;
    /** -1 when nobody leads it. */
    readonly leader: number;
    readonly replicas: readonly number[];
    readonly inSync: readonly number[];
  }[];
}

/** A consumer group. */
export interface GroupFacts {
  readonly groupId: string;
  /** `Stable`, `PreparingRebalance`, `CompletingRebalance`, `Empty`, `Dead` (there is none). */
  readonly state: string;
  readonly members: readonly {
    readonly memberId: string;
    /** The name of a static member. */
    readonly instanceId: string | null;
    readonly clientId: string;
    readonly host: string;
    /** Partition numbers by topic; none while the group rebalances. */
    readonly assignment: Readonly<Record<string, readonly number[]>>;
  }[];
}

/** A transaction that holds readers up. */
export interface OpenTransaction extends TopicPartition {
  readonly producerId: string;
  /** Its first record in this partition. */
  readonly startOffset: number;
  /** Undefined when no coordinator knows it: then nobody will ever end it. */
  readonly transactionalId: string | undefined;
  /** Epoch milliseconds by the coordinator's clock. */
  readonly startedAtMs: number | undefined;
  readonly timeoutMs: number | undefined;
}

const requestTimeoutMsDefault = 15_000;
const topicResource = 2;

/** Looks at a cluster. */
export class ClusterInspector {
  readonly #wire: Wire;
  readonly #admin: Admin;
  readonly #requestTimeoutMs: number;

  private constructor(wire: Wire, admin: Admin, requestTimeoutMs: number) {
    this.#wire = wire;
    this.#admin = admin;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  /** @throws StreamsError as `Wire.connect` does */
  static async connect(options: WireOptions): Promise<ClusterInspector> {
    const { requestTimeoutMs = requestTimeoutMsDefault, log } = options;
    const wire = await Wire.connect(options);
    try {
      const cluster = await connectCluster({ ...options, requestTimeoutMs });
      return new ClusterInspector(
        wire,
        adminOver(cluster, (message) => log?.(message)),
        requestTimeoutMs,
      );
    } catch (error) {
      await wire.close();
      throw error;
    }
  }

  async cluster(): Promise<ClusterFacts> {
    const { clusterId, brokers } = await this.#brokers();
    const features = await this.#wire.send(await this.#wire.anyNode(), finalizedFeatures());
    return {
      clusterId,
      brokers: brokers.map(({ nodeId, host, port }) => ({ nodeId, address: `${host}:${port}` })),
      features: Object.fromEntries(features),
    };
  }

  listTopics(): Promise<string[]> {
    return asked("Metadata", this.#admin.listTopics());
  }

  /** @throws BrokerRefusedError when one does not exist */
  async describeTopics(names: readonly string[]): Promise<TopicFacts[]> {
    if (names.length === 0) return [];
    const { topics } = await asked("Metadata", this.#admin.fetchTopicMetadata({ topics: [...names] }));
    return topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions
        .map(({ partitionId, leader, replicas, isr }) => ({
          partition: partitionId,
          leader,
          replicas,
          inSync: isr,
        }))
        .toSorted((a, b) => a.partition - b.partition),
    }));
  }

  /** Values of these configurations, by topic and name, as they are in force. */
  async topicConfigs(
    names: readonly string[],
    keys: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    if (names.length === 0) return new Map();
    const { resources } = await asked(
      "DescribeConfigs",
      this.#admin.describeConfigs({
        includeSynonyms: false,
        resources: names.map((name) => ({ type: topicResource, name, configNames: [...keys] })),
      }),
    );
    return new Map(
      resources.map(({ resourceName, configEntries }) => [
        resourceName,
        new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    );
  }

  /** Each group as its coordinator has it. */
  async describeGroups(groupIds: readonly string[]): Promise<GroupFacts[]> {
    const found: GroupFacts[] = [];
    for (const groupId of groupIds) {
      const coordinator = new Coordinator(this.#wire, "group", groupId);
      const [group] = await coordinator.call(this.#requestTimeoutMs, "repeat", async (nodeId) => {
        const answer = await this.#wire.send(nodeId, describeGroups([groupId]));
        failIfRefused(`DescribeGroups of ${groupId}`, answer[0]?.errorCode ?? errorCodes.NONE);
        return answer;
      });
      if (group !== undefined) found.push(groupFacts(group));
    }
    return found;
  }

  /** Every offset that a group has committed. */
  async committedOffsets(groupId: string): Promise<(TopicPartition & { readonly offset: number })[]> {
    const found = await asked(`OffsetFetch of ${groupId}`, this.#admin.fetchOffsets({ groupId }));
    return found.flatMap(({ topic, partitions }) =>
      partitions
        .map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
        .filter(({ offset }) => offset >= 0),
    );
  }

  /** Open transactions in these partitions, and whose they are. */
  async openTransactions(partitions: readonly TopicPartition[]): Promise<OpenTransaction[]> {
    const found: OpenTransaction[] = [];
    await this.#wire.loadTopics([...new Set(partitions.map(({ topic }) => topic))]);
    for (const partition of partitions) {
      const { topic } = partition;
      const leader = leaderOf(this.#wire, partition);
      const { errorCode, producers } = await this.#wire.send(leader, describeProducers(partition));
      failIfRefused(`DescribeProducers of ${topic}/${partition.partition}`, errorCode);
      for (const { producerId, startOffset } of producers)
        if (startOffset >= 0) {
          const owner = await this.#ownerOf(producerId);
          found.push({ ...partition, producerId: String(producerId), startOffset, ...owner });
        }
    }
    return found;
  }

  /** Where the logs of a topic's partitions begin, end, and end for a read-committed reader. */
  async logs(
    topic: string,
  ): Promise<
    { readonly partition: number; readonly start: number; readonly stable: number; readonly end: number }[]
  > {
    await this.#wire.loadTopics([topic]);
    const partitions = Array.from({ length: this.#wire.partitionCount(topic) }, (_, partition) => ({
      topic,
      partition,
    }));
    const starts = await listedOffsets(this.#wire, partitions, "earliest");
    // In this order: an end that moves meanwhile must not look like one that is held back.
    const ends = await listedOffsets(this.#wire, partitions, "latest");
    const stables = await listedOffsets(this.#wire, partitions, "stable");
    return partitions.map(({ partition }) => {
      const [start = 0, stable = 0, end = 0] = [starts, stables, ends].map((of) =>
        of.get(`${topic}/${partition}`),
      );
      return { partition, start, stable: Math.min(stable, end), end };
    });
  }

  async close(): Promise<void> {
    await this.#admin.disconnect();
    await this.#wire.close();
  }

  #brokers(): ReturnType<Admin["describeCluster"]> {
    return asked("Metadata", this.#admin.describeCluster());
  }

  /** Whose a producer id is: the coordinators know, one of all brokers. */
  async #ownerOf(
    producerId: bigint,
  ): Promise<Pick<OpenTransaction, "transactionalId" | "startedAtMs" | "timeoutMs">> {
    const { brokers } = await this.#brokers();
    for (const { nodeId } of brokers) {
      const { transactions } = await this.#wire.send(nodeId, listTransactions([producerId]));
      const transactionalId = transactions[0]?.transactionalId;
      if (transactionalId === undefined) continue;
      const { errorCode, startedAtMs, timeoutMs } = await this.#wire.send(
        nodeId,
        describeTransaction(transactionalId),
      );
      if (errorCode === errorCodes.NONE)
        return { transactionalId, startedAtMs: startedAtMs < 0 ? undefined : startedAtMs, timeoutMs };
    }
    return { transactionalId: undefined, startedAtMs: undefined, timeoutMs: undefined };
  }
}

/** What the admin client answers, its errors in the engine's words. @throws BrokerRefusedError, OutcomeUnknownError */
const asked = async <R>(api: string, answer: Promise<R>): Promise<R> => {
  try {
    return await answer;
  } catch (error) {
    const { name, code, message } = error as Error & { code?: unknown };
    if (name === "KafkaJSProtocolError" && typeof code === "number")
      throw new BrokerRefusedError(api, code, errorName(code), message, { cause: error });
    throw new OutcomeUnknownError(`${api}: no answer from the broker (${message})`, { cause: error });
  }
};

const groupFacts = ({ groupId, state, members }: DescribedGroup): GroupFacts => ({
  groupId,
  state,
  members: members.map(({ memberId, instanceId, clientId, host, assignment }) => ({
    memberId,
    instanceId,
    clientId,
    host: host.replace(/^\//, ""),
    assignment:
      assignment.length === 0 ? {} : (groupProtocol().MemberAssignment.decode(assignment)?.assignment ?? {}),
  })),
});
