// What a caller holds after a Kafka was found or started, whichever way that happened.

/**
 * Where a Kafka came from: named by KAFKA_BROKERS, a Docker container, Apache Kafka's jars under a local Java, or the model
 * of a broker in this process's memory.
 */
export type KafkaSource = "env" | "docker" | "jvm" | "memory";

/** One broker process. Only the JVM source has them: fault tests kill, pause and restart brokers through this. */
export interface KafkaNode {
  readonly id: number;
  /** `127.0.0.1:port`; the same before and after a restart. */
  readonly address: string;
  /** Where a proxy in front of this broker has to forward to; undefined when no proxies were announced. */
  readonly behindProxy: string | undefined;
  /** `127.0.0.1:port` of the listener with TLS and passwords; undefined when none was asked for. */
  readonly secureAddress: string | undefined;
  /** Process id of the broker's JVM; undefined while it is down. */
  readonly pid: number | undefined;
  /**
   * Sends a signal to the JVM. A signal that ends it (SIGKILL, SIGTERM, SIGINT) resolves once the process is gone;
   * any other (SIGSTOP, SIGCONT) resolves at once.
   */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts the broker again on its old data and port and resolves when it answers. It must be down. */
  restart(): Promise<void>;
}

/** A Kafka that answers. */
export interface RunningKafka {
  /** Bootstrap addresses, `host:port`. */
  readonly brokers: readonly string[];
  readonly source: KafkaSource;
  /** One line for people: `Apache Kafka 4.4.0, 1 broker under Java 17`. */
  readonly description: string;
  /** Empty unless the source is `jvm`. */
  readonly nodes: readonly KafkaNode[];
  /** Stops what was started and removes its data; a Kafka that was only named is left alone. May be called twice. */
  stop(): Promise<void>;
}

/** Receives one short line for each step that takes a moment. */
export type OnProgress = (line: string) => void;
