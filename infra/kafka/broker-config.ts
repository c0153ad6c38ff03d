// The settings of a local broker, the same for the JVM and for the container, each with its reason.
//
// Pure: facts in, settings out. Kafka's defaults are right where nothing stands here; what stands here makes one
// machine behave like a cluster (replicas, durability) or makes a test quick without changing what it proves.
//
//   B1. Everything is replicated to every broker. With three, a write needs two, so that acks=all means something
//       and one broker may be down.
//   B2. A topic that nobody created is an error, never a new topic.
//   B3. Plain text and no passwords, but for the listener of secure-listener.ts: whoever gives the listeners keeps them
//       on the loopback address.

import { type SecureListener, secureListenerName, secureSettings } from "./secure-listener.ts";

/** Where one node listens, and what it tells others to connect to. */
export interface ListenerSettings {
  /** As `listeners` wants them: `BROKER://127.0.0.1:20001,CONTROLLER://127.0.0.1:20002`. */
  readonly bind: string;
  /** As `advertised.listeners` wants them, without the controller. Undefined leaves it to whoever starts the node. */
  readonly advertised: string | undefined;
  /** The listener that brokers use among themselves. */
  readonly interBroker: string;
  /** The listeners; every one is plain text, but the one named SECURE. */
  readonly names: readonly string[];
}

/** What differs between the nodes of a cluster. */
export interface BrokerSettingsOptions {
  readonly nodeId: number;
  /** Brokers in the cluster, each also a controller. */
  readonly brokers: 1 | 3;
  readonly listeners: ListenerSettings;
  /** `1@127.0.0.1:20002` for each node. */
  readonly quorumVoters: readonly string[];
  readonly logDir: string;
  /** What the listener SECURE asks of its clients, when there is one. */
  readonly secure?: SecureListener;
}

/** Partitions of each of Kafka's own topics: 4 spread over the brokers, where 50 only cost start and shut-down time. */
const internalPartitions = "4";

/** The settings by their names in server.properties. */
export function brokerSettings(options: BrokerSettingsOptions): Record<string, string> {
  return {
    ...nodeSettings(options),
    ...replicationSettings(options.brokers),
    ...quickness,
    ...smallness,
    ...(options.secure === undefined ? {} : secureSettings(options.secure)),
    "auto.create.topics.enable": "false",
  };
}

function nodeSettings({ nodeId, listeners, quorumVoters, logDir }: BrokerSettingsOptions) {
  const advertised =
    listeners.advertised === undefined ? {} : { "advertised.listeners": listeners.advertised };
  return {
    "node.id": String(nodeId),
    "process.roles": "broker,controller",
    listeners: listeners.bind,
    ...advertised,
    "listener.security.protocol.map": listeners.names
      .map((name) => `${name}:${name === secureListenerName ? "SASL_SSL" : "PLAINTEXT"}`)
      .join(","),
    "inter.broker.listener.name": listeners.interBroker,
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.voters": quorumVoters.join(","),
    "log.dirs": logDir,
  };
}

/** B1, for pipeline topics and for each of Kafka's own. */
function replicationSettings(brokers: 1 | 3): Record<string, string> {
  const replicas = String(brokers);
  const minInSync = brokers === 3 ? "2" : "1";
  return {
    "default.replication.factor": replicas,
    "min.insync.replicas": minInSync,
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": internalPartitions,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": minInSync,
    "transaction.state.log.num.partitions": internalPartitions,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": minInSync,
    "share.coordinator.state.topic.num.partitions": internalPartitions,
  };
}

const quickness: Record<string, string> = {
  // A first member joins at once; in production the 3 s wait saves rebalances while many start together.
  "group.initial.rebalance.delay.ms": "0",
  // Tests of a dead member use session time-outs of a second or two; the broker's floor is 6 s.
  "group.min.session.timeout.ms": "1000",
  // Under transaction protocol V2 a producer that commits back to back meets this wait on its next write.
  // Measured: the default 20 ms made a Produce of a tiny transaction take 9 ms. Recommended in production too.
  "add.partitions.to.txn.retry.backoff.ms": "2",
  // How often the broker looks for transactions past their time-out: the wait after a kill -9 is that time-out
  // plus up to this. The default adds 10 s.
  "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
  // Until the session of a broker that was killed is over, its partitions keep a dead leader, and it stays among the
  // in-sync replicas of all others: with acks=all nothing is acknowledged anywhere, and the broker may not come back.
  // 9 s by default. The price of less: a broker that stalls for so long (a collection, a starved machine) is fenced
  // though it is alive, and its leaders move; hence six heartbeats within it, where the default has four.
  "broker.session.timeout.ms": "3000",
  "broker.heartbeat.interval.ms": "500",
};

const smallness: Record<string, string> = {
  // The default of 128 MiB, allocated at start, would be half of a small heap.
  "log.cleaner.dedupe.buffer.size": String(16 * 1024 * 1024),
  // A test of a compacted log waits for the cleaner; the default is 15 s.
  "log.cleaner.backoff.ms": "1000",
  // One machine has few cores, and the load comes from there as well.
  "num.network.threads": "2",
  "num.io.threads": "4",
};

/** As a server.properties file. Backslashes are doubled, since Java reads them as escapes (Windows paths). */
export function toProperties(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value.replaceAll("\\", "\\\\")}`);
  return `${lines.join("\n")}\n`;
}

/** As the variables that the `apache/kafka` image turns back into server.properties. */
export function toContainerEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const variable = (name: string) => `KAFKA_${name.toUpperCase().replaceAll(".", "_")}`;
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [variable(name), value]));
}
