// A broker in the memory of this process that other processes reach: the Kafka of a first look, on a machine that has none.
//
//   MB1. It speaks Kafka's protocol at a port of its own; whoever is given the address needs to know nothing more.
//   MB2. Nothing is written to a disk. What it holds ends with it, and the next one is another cluster, by its id.
//   MB3. It never deletes: retention and compaction are what a disk needs.

import { randomUUID } from "node:crypto";
import { BrokerCluster } from "./cluster.ts";
import { KafkaListener } from "./kafka-listener.ts";

export interface MemoryBrokerOptions {
  /** Default 127.0.0.1. There is no authentication: an address that others reach lets them in. */
  readonly host?: string;
  readonly port: number;
  /** Told of a client that asked for what there is not; its connection is ended. Default nobody. */
  readonly onRefused?: (clientId: string, error: unknown) => void;
}

/** A broker that listens. */
export interface MemoryBroker {
  /** `host:port`. */
  readonly address: string;
  readonly clusterId: string;
  /** Ends its connections and forgets everything. */
  close(): Promise<void>;
}

/** Starts a broker. @throws the error of the system when the port is taken */
export const startMemoryBroker = async (options: MemoryBrokerOptions): Promise<MemoryBroker> => {
  const { host = "127.0.0.1", port, onRefused = () => {} } = options;
  const clusterId = `memory-${randomUUID()}`;
  const cluster = new BrokerCluster({ clusterId, addressOf: () => ({ host, port }) });
  try {
    const listener = await KafkaListener.open({ cluster, host, port, onRefused });
    return {
      address: `${host}:${port}`,
      clusterId,
      close: async () => {
        await listener.close();
        cluster.close();
      },
    };
  } catch (error) {
    cluster.close();
    throw error;
  }
};
