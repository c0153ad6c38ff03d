// A wire to brokers in memory, for tests that speak single requests: what the model does is asked with the client's own
// bytes.

import { systemClock } from "../../src/clock.ts";
import { Wire } from "../../src/kafka/wire.ts";
import type { BrokerCluster } from "../../src/memory-broker/cluster.ts";
import { directNetwork, MemoryConnections } from "../../src/memory-broker/connections.ts";

/** A wire with the topics loaded; node 0 is the only one. */
export const memoryWire = async (cluster: BrokerCluster, topics: readonly string[]): Promise<Wire> => {
  const connections = new MemoryConnections(directNetwork(cluster), 1_000);
  await connections.addMultipleTargetTopics(topics);
  return Wire.over(connections, systemClock);
};
