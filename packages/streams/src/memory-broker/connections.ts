// What kafkajs is to the client on a real cluster, over a network in memory: connections, and the cluster's metadata as
// of when it was last loaded. Everything above it is the client that runs in production, and so are its bytes.

import { BrokerRefusedError } from "../errors.ts";
import { ByteReader } from "../kafka/bytes.ts";
import type {
  KafkajsBroker,
  KafkajsCluster,
  KafkajsConnection,
  KafkajsPartition,
  KafkajsRequest,
} from "../kafka/kafkajs-internals.ts";
import { errorCodes, errorName } from "../kafka/protocol/errors.ts";
import type { BrokerCluster } from "./cluster.ts";
import { serve } from "./requests/index.ts";
import { type Leaders, metadataRequest, readLeaders } from "./requests/lookup.ts";

/** One request on its way to a node. */
export interface Exchange {
  readonly nodeId: number;
  readonly api: string;
  readonly apiKey: number;
  readonly apiVersion: number;
  /** What follows the classic request header. */
  readonly body: Buffer;
  /** How long the client waits for the answer. */
  readonly timeoutMs: number;
}

/** Carries requests to the nodes and answers back. */
export interface Network {
  /** @throws any error when there is no answer: the request may have been handled or not */
  exchange(exchange: Exchange): Promise<Buffer>;
  /** A node that can be reached. @throws when there is none */
  anyNode(): number;
}

const metadataApi = { api: "Metadata", apiKey: 3, apiVersion: 4 };
const open: KafkajsConnection = { isConnected: () => true };

/** Connections of one wire. */
export class MemoryConnections implements KafkajsCluster {
  readonly #network: Network;
  readonly #requestTimeoutMs: number;
  readonly #wanted = new Set<string>();
  readonly #brokers = new Map<number, KafkajsBroker>();
  #leaders: Leaders = new Map();

  constructor(network: Network, requestTimeoutMs: number) {
    this.#network = network;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  readonly brokerPool = {
    findConnectedBroker: async (): Promise<KafkajsBroker> => this.#broker(this.#network.anyNode()),
  };

  async connect(): Promise<void> {}

  async disconnect(): Promise<void> {}

  async findBroker({ nodeId }: { nodeId: number }): Promise<KafkajsBroker> {
    return this.#broker(nodeId);
  }

  async addMultipleTargetTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#wanted.add(topic);
    await this.refreshMetadata();
    const missing = topics.filter((topic) => !this.#leaders.has(topic));
    if (missing.length === 0) return;
    const code = errorCodes.UNKNOWN_TOPIC_OR_PARTITION;
    throw new BrokerRefusedError(`Metadata of ${missing.join(", ")}`, code, errorName(code));
  }

  async refreshMetadata(): Promise<void> {
    const body = metadataRequest([...this.#wanted]);
    const nodeId = this.#network.anyNode();
    const timeoutMs = this.#requestTimeoutMs;
    const answer = await this.#network.exchange({ ...metadataApi, nodeId, timeoutMs, body });
    this.#leaders = readLeaders(new ByteReader(answer));
  }

  findTopicPartitionMetadata(topic: string): readonly KafkajsPartition[] {
    return (this.#leaders.get(topic) ?? []).map((leader, partitionId) => ({
      partitionId,
      leader,
      replicas: [leader],
    }));
  }

  #broker(nodeId: number): KafkajsBroker {
    let broker = this.#brokers.get(nodeId);
    if (broker === undefined) {
      const connectionPool = {
        pool: [open, open],
        getConnection: async () => open,
        send: (request: KafkajsRequest) => this.#send(nodeId, request),
      };
      broker = { nodeId, connectionPool };
      this.#brokers.set(nodeId, broker);
    }
    return broker;
  }

  async #send(nodeId: number, { request, response, requestTimeout }: KafkajsRequest): Promise<unknown> {
    const { apiKey, apiVersion, apiName } = request;
    const body = await request.encode();
    const answer = await this.#network.exchange({
      nodeId,
      api: apiName,
      apiKey,
      apiVersion,
      body: "pieces" in body ? Buffer.concat(body.pieces) : Buffer.from(body.buffer),
      timeoutMs: requestTimeout ?? this.#requestTimeoutMs,
    });
    return response.parse(await response.decode(answer));
  }
}

/** A network that loses nothing and takes no time. */
export const directNetwork = (cluster: BrokerCluster): Network => ({
  exchange: (exchange) =>
    new Promise((resolve) => {
      // Not in the caller's own turn: a client that never waits would starve the timers.
      setImmediate(() => serve(cluster, exchange.nodeId, exchange, resolve));
    }),
  anyNode: () => 0,
});
