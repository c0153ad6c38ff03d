// The only file that knows kafkajs, its internal modules included. The version is pinned exactly, it is no longer
// developed, and it has no `exports` map, so these paths cannot move.
//
// Taken from it: sockets, TLS and SASL, the request queue, cluster metadata, the admin client and the definitions
// of the four group requests. Not taken: its producer, consumer, transactions and record-batch codec.

import { createRequire } from "node:module";
import type { Admin, ISocketFactory, KafkaConfig, SASLOptions } from "kafkajs";

export type { Admin } from "kafkajs";

const require = createRequire(import.meta.url);

/** The body of a request: whole, as kafkajs encodes its own, or in pieces, which our patch of it sends uncopied. */
export type KafkajsBody = { readonly buffer: Buffer } | { readonly pieces: readonly Buffer[] };

/** What kafkajs sends. */
export interface KafkajsRequest {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    encode(): Promise<KafkajsBody>;
  };
  readonly response: {
    decode(payload: Buffer): Promise<unknown>;
    parse(decoded: unknown): Promise<unknown>;
  };
  readonly requestTimeout?: number;
  readonly logResponseError?: boolean;
}

/** A broker of the cluster with its two connections; Fetch has one of its own. */
export interface KafkajsBroker {
  readonly nodeId: number;
  readonly connectionPool: {
    /** Index 0 serves all requests but Fetch, index 1 serves Fetch. */
    readonly pool: readonly KafkajsConnection[];
    getConnection(index: number): Promise<unknown>;
    send(request: KafkajsRequest): Promise<unknown>;
  };
}

/** One socket to a broker. */
export interface KafkajsConnection {
  isConnected(): boolean;
}

/** A partition as the metadata has it. */
export interface KafkajsPartition {
  readonly partitionId: number;
  readonly leader: number;
  readonly replicas: readonly number[];
}

/** Connections and metadata of one cluster. */
export interface KafkajsCluster {
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findBroker(options: { nodeId: number }): Promise<KafkajsBroker>;
  findTopicPartitionMetadata(topic: string): readonly KafkajsPartition[];
  readonly brokerPool: { findConnectedBroker(): Promise<KafkajsBroker> };
}

/** A cluster with what kafkajs's admin client asks of it beside. */
export interface AdministeredCluster extends KafkajsCluster {
  /** null where no broker told it. */
  metadata: (options?: { readonly topics?: string[] }) => Promise<object | null>;
}

/** A cluster whose first connection is still to be made. */
export interface UnconnectedCluster extends AdministeredCluster {
  readonly brokerPool: {
    /** The brokers of the metadata, by node id. */
    readonly brokers: Readonly<Record<string, KafkajsBroker & { isConnected(): boolean }>>;
    findConnectedBroker: () => Promise<KafkajsBroker>;
    /** Drops the seed broker and makes one of the next address of the list. */
    createSeedBroker(): Promise<void>;
    readonly seedBroker: { connect(): Promise<void>; readonly versions: unknown };
    versions: unknown;
  };
}

/** How to reach the cluster. */
export interface ClusterAddress {
  /** `host:port` of some brokers. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly ssl?: KafkaConfig["ssl"];
  readonly sasl?: SASLOptions;
}

type LogEntry = { readonly log: { readonly message: string } };
type LogSink = (message: string) => void;

const retry = { retries: 3, initialRetryTime: 50, maxRetryTime: 500 };

/** How long a message that was passed on is not repeated: kafkajs logs every attempt to reach a broker that is down. */
const repeatAfterMs = 10_000;

const withoutRepeats = (sink: LogSink): LogSink => {
  const lastAt = new Map<string, number>();
  return (message) => {
    const now = Date.now();
    if (now - (lastAt.get(message) ?? 0) < repeatAfterMs) return;
    if (lastAt.size > 100) lastAt.clear();
    lastAt.set(message, now);
    sink(message);
  };
};

const createLogger = (sink: LogSink): unknown => {
  const { createLogger: create, LEVELS } = require("kafkajs/src/loggers");
  const quiet = withoutRepeats(sink);
  return create({ level: LEVELS.WARN, logCreator: () => (entry: LogEntry) => quiet(entry.log.message) });
};

/**
 * kafkajs's sockets, without Nagle's algorithm, which it leaves on: a small request behind an unanswered one would stay in the
 * kernel until the broker has acknowledged that one, up to 40 ms. Kafka's own clients switch it off as well. And with nothing to
 * let go of once they are closed: kafkajs does so with each failed attempt, and Node adds a listener each time.
 */
const promptSockets = (): ISocketFactory => {
  const connect: ISocketFactory = require("kafkajs/src/network/socketFactory")();
  return (options) => {
    const socket = connect(options).setNoDelay(true);
    return socket.once("close", () => {
      socket.unref = () => socket;
    });
  };
};

/** A cluster that is not connected yet. Topics are never created by asking for them. */
export const createCluster = (address: ClusterAddress, log: LogSink): UnconnectedCluster => {
  const Cluster = require("kafkajs/src/cluster");
  return new Cluster({
    logger: createLogger(log),
    socketFactory: promptSockets(),
    brokers: [...address.brokers],
    ssl: address.ssl,
    sasl: address.sasl,
    clientId: address.clientId,
    connectionTimeout: address.connectionTimeoutMs,
    requestTimeout: address.requestTimeoutMs,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    retry,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
  }) as UnconnectedCluster;
};

/**
 * Connects to the next address of the list, once. kafkajs's own loop goes on to the next address only when a connection
 * is refused: it stays with one that takes connections and hangs up, as a balancer does whose broker is gone.
 */
export const connectNextSeed = async ({ brokerPool }: UnconnectedCluster): Promise<void> => {
  await brokerPool.createSeedBroker();
  await brokerPool.seedBroker.connect();
  brokerPool.versions = brokerPool.seedBroker.versions;
};

/**
 * Has what any broker answers go to one that is not silent, while there is one. kafkajs takes any that is connected, and a
 * host that vanished without a word stays connected until the kernel gives it up, which takes it minutes.
 */
export const avoidSilent = (
  { brokerPool }: UnconnectedCluster,
  isSilent: (nodeId: number) => boolean,
): void => {
  const anyConnected = brokerPool.findConnectedBroker.bind(brokerPool);
  brokerPool.findConnectedBroker = async () => {
    const connected = Object.values(brokerPool.brokers).filter((broker) => broker.isConnected());
    const answering = connected.filter(({ nodeId }) => !isSilent(nodeId));
    if (answering.length === connected.length) return anyConnected();
    return answering[Math.floor(Math.random() * answering.length)] ?? anyConnected();
  };
};

/**
 * No broker told the metadata that was asked for: none answered in time, or a partition of any topic in the answer had no
 * leader at that moment. kafkajs drops the reason. It passes.
 */
export class MetadataNotToldError extends Error {
  /** Among kafkajs's own errors of no answer (admin.ts). */
  override readonly name = "KafkaJSMetadataNotTold";

  constructor(topics: readonly string[]) {
    super(
      `Asking for the metadata of ${topics.length === 0 ? "all topics" : topics.join(", ")}: no broker told it. None answered in time, or a partition has no leader, as while it is made or its broker is down; look with \`riffle doctor\` if it stays.`,
    );
  }
}

/**
 * The admin client of kafkajs over a cluster of its own. Where kafkajs has no metadata it takes null apart, a TypeError; here
 * that is {@link MetadataNotToldError}.
 */
export const adminOver = (cluster: AdministeredCluster, log: LogSink): Admin => {
  const told = cluster.metadata.bind(cluster);
  cluster.metadata = async (options) => {
    const metadata = await told(options);
    if (metadata === null) throw new MetadataNotToldError(options?.topics ?? []);
    return metadata;
  };
  return require("kafkajs/src/admin")({ cluster, logger: createLogger(log), retry }) as Admin;
};

type Definition = (fields: object) => KafkajsRequest;

/** Quiet: a heartbeat's "rebalance in progress" is an answer, not a fault. */
const groupRequest =
  (name: string, version: number): Definition =>
  (fields) => ({
    ...require("kafkajs/src/protocol/requests").requests[name].protocol({ version })(fields),
    logResponseError: false,
  });

/** JoinGroup version 5, SyncGroup, Heartbeat and LeaveGroup version 3: all with static membership (KIP-345). */
export const groupRequests = {
  join: groupRequest("JoinGroup", 5),
  sync: groupRequest("SyncGroup", 3),
  heartbeat: groupRequest("Heartbeat", 3),
  leave: groupRequest("LeaveGroup", 3),
};

/** The bytes in which members tell each other topics, assignments and data of their own. */
export interface GroupProtocolCodec {
  readonly MemberMetadata: {
    encode(metadata: { version: number; topics: readonly string[]; userData: Buffer }): Buffer;
    decode(bytes: Buffer): { readonly topics: string[]; readonly userData: Buffer | null };
  };
  readonly MemberAssignment: {
    encode(assignment: { version: number; assignment: Record<string, number[]>; userData: Buffer }): Buffer;
    decode(
      bytes: Buffer,
    ): { readonly assignment: Record<string, number[]>; readonly userData?: Buffer } | null;
  };
}

export const groupProtocol = (): GroupProtocolCodec => require("kafkajs/src/consumer/assignerProtocol");
