// The wire: one set of connections to a cluster, and our requests on it.
//
//   W1. An answer that says no becomes a BrokerRefusedError; no answer becomes an OutcomeUnknownError.
//   W2. A broker serves the requests of one connection in order, so whatever may block there (a join, a long poll)
//       gets a wire of its own.
//   W3. A broker that left a request unanswered is not asked what another could answer, until it answers again.

import { type Clock, systemClock } from "../clock.ts";
import { BrokerRefusedError, OutcomeUnknownError, StreamsError } from "../errors.ts";
import { ByteReader } from "./bytes.ts";
import { firstConnection, untilAnswered } from "./first-connection.ts";
import {
  type AdministeredCluster,
  avoidSilent,
  type ClusterAddress,
  connectNextSeed,
  createCluster,
  type KafkajsBroker,
  type KafkajsCluster,
  type KafkajsConnection,
  type KafkajsRequest,
} from "./kafkajs-internals.ts";
import { finalizedFeatures } from "./protocol/api-versions.ts";
import { errorCodes, errorName } from "./protocol/errors.ts";
import type { KafkaRequest } from "./protocol/request.ts";

/** Where the client writes what an operator might want to know. */
export type ClientLog = (message: string, details?: Readonly<Record<string, unknown>>) => void;

/** How to reach the cluster; time-outs in milliseconds. */
export interface WireOptions extends Omit<ClusterAddress, "connectionTimeoutMs" | "requestTimeoutMs"> {
  /** Default 3,000: a broker of the list that is down must not hold up the others. */
  readonly connectionTimeoutMs?: number;
  /** Default 8,000: below the transaction time-out, so that a lost answer is known before the broker aborts. */
  readonly requestTimeoutMs?: number;
  /**
   * How long brokers are asked again while none of the list answers, and how long what a start needs is asked again
   * while the broker that was asked is cut off. Default 5,000.
   */
  readonly connectWithinMs?: number;
  readonly log?: ClientLog;
}

const fetchApiKey = 1;
const closeDeadlineMs = 2_000;
const connectWithinMsDefault = 5_000;

/**
 * Connects to the first broker of the list that answers, and loads the cluster's metadata.
 *
 * @param isSilent of a node, whether to ask another one where another one will do; default none is
 * @throws StreamsError STREAMS_CLUSTER_UNREACHABLE when no broker of the list answers,
 *   STREAMS_AUTHENTICATION_FAILED or STREAMS_TLS_FAILED when one refuses who this is, or is not who it says
 */
export const connectCluster = async (
  options: WireOptions,
  isSilent?: (nodeId: number) => boolean,
): Promise<AdministeredCluster> => {
  const { connectionTimeoutMs = 3_000, requestTimeoutMs = 8_000, log } = options;
  const cluster = createCluster({ ...options, connectionTimeoutMs, requestTimeoutMs }, (message) =>
    log?.(message),
  );
  if (isSilent !== undefined) avoidSilent(cluster, isSilent);
  const withinMs = options.connectWithinMs ?? connectWithinMsDefault;
  try {
    await firstConnection({ ...options, clock: systemClock, withinMs }, async () => {
      await connectNextSeed(cluster);
      await cluster.refreshMetadata();
    });
  } catch (error) {
    await cluster.disconnect().catch(() => {});
    throw error;
  }
  return cluster;
};

/** Connections to a cluster. */
export class Wire {
  /** The time that everything above this wire lives in. */
  readonly clock: Clock;
  readonly #cluster: KafkajsCluster;
  readonly #connecting = new Map<KafkajsConnection, Promise<unknown>>();

  readonly #answeredWithinMs: number;
  /** Nodes that left their last request unanswered (W3). */
  readonly #silent: Set<number>;

  private constructor(
    cluster: KafkajsCluster,
    clock: Clock,
    answeredWithinMs: number,
    silent = new Set<number>(),
  ) {
    this.#cluster = cluster;
    this.clock = clock;
    this.#answeredWithinMs = answeredWithinMs;
    this.#silent = silent;
  }

  /** A wire on connections made elsewhere: the broker in memory has its own. */
  static over(cluster: KafkajsCluster, clock: Clock): Wire {
    return new Wire(cluster, clock, 0);
  }

  /** @throws StreamsError as {@link connectCluster} does */
  static async connect(options: WireOptions): Promise<Wire> {
    const { connectWithinMs = connectWithinMsDefault } = options;
    const silent = new Set<number>();
    const cluster = await connectCluster(options, (nodeId) => silent.has(nodeId));
    return new Wire(cluster, systemClock, connectWithinMs, silent);
  }

  /** Sends to one broker and reads the answer. */
  async send<R>(nodeId: number, request: KafkaRequest<R>, timeoutMs?: number): Promise<R> {
    const { body } = request;
    return (await this.sendKafkajs(nodeId, {
      request: {
        apiKey: request.apiKey,
        apiVersion: request.apiVersion,
        apiName: request.api,
        encode: async () => (Buffer.isBuffer(body) ? { buffer: body } : { pieces: body }),
      },
      response: {
        decode: async (payload) => ({ answer: request.decode(new ByteReader(payload)) }),
        parse: async (decoded) => (decoded as { answer: R }).answer,
      },
      logResponseError: false,
      ...(timeoutMs === undefined ? {} : { requestTimeout: timeoutMs }),
    })) as R;
  }

  /** Sends a request that kafkajs defines itself. */
  async sendKafkajs(nodeId: number, request: KafkajsRequest): Promise<unknown> {
    try {
      const broker = await this.#cluster.findBroker({ nodeId });
      await this.#connect(broker, request.request.apiKey === fetchApiKey ? 1 : 0);
      const answer = await broker.connectionPool.send(request);
      this.#silent.delete(nodeId);
      return answer;
    } catch (error) {
      if ((error as Error).name === "KafkaJSRequestTimeoutError") this.#silent.add(nodeId);
      throw translate(request.request.apiName, error);
    }
  }

  /** kafkajs opens a socket for every request that finds its connection closed; here the first one opens it for all. */
  async #connect({ connectionPool }: KafkajsBroker, index: 0 | 1): Promise<void> {
    const connection = connectionPool.pool[index];
    if (connection === undefined || connection.isConnected()) return;
    let pending = this.#connecting.get(connection);
    if (pending === undefined) {
      pending = connectionPool.getConnection(index).finally(() => this.#connecting.delete(connection));
      this.#connecting.set(connection, pending);
    }
    await pending;
  }

  /**
   * Opens the connections to all leaders of the loaded topics, so that the first send does not wait for them. One that
   * cannot be reached now holds up what is sent to it and nothing else.
   */
  async connectLeaders(topics: readonly string[]): Promise<void> {
    const leaders = new Set(
      topics.flatMap((topic) => this.#cluster.findTopicPartitionMetadata(topic).map(({ leader }) => leader)),
    );
    await Promise.allSettled(
      [...leaders].filter((leader) => leader >= 0).map((nodeId) => this.#cluster.findBroker({ nodeId })),
    );
  }

  /** A broker that is connected, for requests any broker answers. */
  async anyNode(): Promise<number> {
    try {
      return (await this.#cluster.brokerPool.findConnectedBroker()).nodeId;
    } catch (error) {
      throw translate("connect", error);
    }
  }

  /** Level of a finalized feature, 0 when the cluster does not have it. */
  async featureLevel(name: string): Promise<number> {
    return (await this.send(await this.anyNode(), finalizedFeatures())).get(name) ?? 0;
  }

  /** Loads the topics' metadata. @throws when one does not exist */
  async loadTopics(topics: readonly string[]): Promise<void> {
    const api = `Metadata of ${topics.join(", ")}`;
    const load = async (): Promise<void> => {
      try {
        await this.#cluster.addMultipleTargetTopics(topics);
      } catch (error) {
        throw translate(api, error);
      }
    };
    try {
      await untilAnswered(this.clock, this.#answeredWithinMs, load, (error) => !isOutcomeUnknown(error));
    } catch (translated) {
      if (
        !(translated instanceof BrokerRefusedError) ||
        translated.errorCode !== errorCodes.UNKNOWN_TOPIC_OR_PARTITION
      )
        throw translated;
      throw new StreamsError(
        "STREAMS_TOPIC_MISSING",
        `At least one of these topics does not exist: ${topics.join(", ")}. Create them first; they are not created by asking for them.`,
        { cause: translated },
      );
    }
  }

  async refreshMetadata(): Promise<void> {
    try {
      await this.#cluster.refreshMetadata();
    } catch (error) {
      throw translate("Metadata", error);
    }
  }

  /** How many partitions a loaded topic has; 0 when it is not known. */
  partitionCount(topic: string): number {
    return this.#cluster.findTopicPartitionMetadata(topic).length;
  }

  /** How many replicas the loaded topic's first partition has. */
  replicationFactor(topic: string): number {
    return this.#cluster.findTopicPartitionMetadata(topic)[0]?.replicas.length ?? 1;
  }

  /** The nodes that keep a partition of a loaded topic, its leader among them. */
  replicasOf(topic: string, partition: number): readonly number[] {
    const found = this.#cluster
      .findTopicPartitionMetadata(topic)
      .find(({ partitionId }) => partitionId === partition);
    return found?.replicas ?? [];
  }

  /** The node that leads a partition of a loaded topic; -1 while it has none. */
  leaderOf(topic: string, partition: number): number {
    const found = this.#cluster
      .findTopicPartitionMetadata(topic)
      .find(({ partitionId }) => partitionId === partition);
    return found?.leader ?? -1;
  }

  /** Closes the connections; does not wait longer than two seconds for answers still under way. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closeDeadlineMs);
    await Promise.race([this.#cluster.disconnect().catch(() => {}), promise]);
    clearTimeout(timer);
  }
}

const isOutcomeUnknown = (error: unknown): boolean => error instanceof OutcomeUnknownError;

/** An error of kafkajs in the engine's words (W1). */
const translate = (api: string, error: unknown): Error => {
  if (error instanceof StreamsError) return error;
  const { name, code, message } = error as Error & { code?: unknown };
  if (name === "KafkaJSProtocolError" || name === "KafkaJSMemberIdRequired") {
    const errorCode = typeof code === "number" ? code : errorCodes.MEMBER_ID_REQUIRED;
    return new BrokerRefusedError(api, errorCode, errorName(errorCode), message, { cause: error });
  }
  return new OutcomeUnknownError(`${api}: no answer from the broker (${message})`, { cause: error });
};
