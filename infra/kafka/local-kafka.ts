// Finds or starts a Kafka on this machine: the one way in for the launcher, the tests and the benchmarks.
//
//   KAFKA_BROKERS set?  ──yes──► that one, after it has answered            (env)
//        │ no
//   Docker answers and has, or can pull, the image? ──yes──► a container    (docker)
//        │ no
//   Java 17 and Maven (or the jars from an earlier run)? ──yes──► a JVM     (jvm)
//        │ no
//   is a first look enough (`orInMemory`)? ──yes──► a broker in memory      (memory)
//        │ no
//   one message that says what to install
//
//   K1. What is named must work: a KAFKA_BROKERS that does not answer is an error, never a reason to start another.
//   K2. RIFFLE_KAFKA=env|docker|jvm|memory, or the `source` option before it, picks one way and forbids the others.
//   K3. What was started is stopped by `stop`, and ends on its own when this process dies in any way.
//   K4. A broker in memory is a model of Kafka: who wants to know how the real one behaves is never given it.

import { askBroker, parseAddress } from "./broker-check.ts";
import { type DockerEngine, findDocker } from "./docker-engine.ts";
import { LocalKafkaError, reasonOf } from "./errors.ts";
import type { Found } from "./java.ts";
import { findJvm, startJvmKafka } from "./jvm-kafka.ts";
import { startMemoryKafka } from "./memory-kafka.ts";
import type { KafkaSource, OnProgress, RunningKafka } from "./running-kafka.ts";
import type { SecureListener } from "./secure-listener.ts";

export { LocalKafkaError, type LocalKafkaErrorCode } from "./errors.ts";
export { findJava, type Java } from "./java.ts";
export { toolsClassPath } from "./jvm-artifacts.ts";
export type { KafkaNode, KafkaSource, OnProgress, RunningKafka } from "./running-kafka.ts";
export { type Certificate, exportKey, makeCertificate, type SecureListener } from "./secure-listener.ts";

export interface StartKafkaOptions {
  /**
   * How many brokers. Three replicate everything and need two in sync; they run under Java only, since fault tests
   * kill and pause them one by one. @default 1
   */
  readonly brokers?: 1 | 3;
  /** Called with a short line for each step. @default silent */
  readonly onProgress?: OnProgress;
  /** Which way to take. `auto` tries them in the order above. @default RIFFLE_KAFKA, else `auto` */
  readonly source?: KafkaSource | "auto";
  /** Whether a broker in memory will do, where it is asked for or nothing else is there (K4). @default false */
  readonly orInMemory?: boolean;
  /** JVM only: keeps the data here after `stop`. It must be empty or absent. @default a folder that is removed */
  readonly dataDir?: string;
  /**
   * JVM only: for each broker the loopback port of a proxy that will stand in front of it. A client that comes in by
   * one proxy is told of the others, never of the brokers' own addresses, so all it says goes through them.
   */
  readonly proxyPorts?: readonly number[];
  /** JVM only: level of the cluster's feature `transaction.version`. @default the newest that the broker knows */
  readonly transactionVersion?: 0 | 1 | 2;
  /** JVM only: a further listener with TLS and passwords, at each node's `secureAddress`. @default none */
  readonly secure?: SecureListener;
}

/** What only a JVM can do. */
type JvmRequest = Pick<StartKafkaOptions, "dataDir" | "proxyPorts" | "transactionVersion" | "secure">;

interface Request {
  readonly brokers: 1 | 3;
  readonly onProgress: OnProgress;
  readonly jvm: JvmRequest;
  readonly orInMemory: boolean;
}

/** A named broker may be far away, so it gets longer than a local one. */
const namedBrokerWithinMs = 5_000;

/**
 * Resolves with a Kafka that answers.
 *
 * @throws LocalKafkaError; nothing is left running or on disk then
 */
export async function startKafka(options: StartKafkaOptions = {}): Promise<RunningKafka> {
  const request = {
    brokers: options.brokers ?? 1,
    onProgress: options.onProgress ?? (() => undefined),
    jvm: jvmRequest(options),
    orInMemory: options.orInMemory ?? false,
  };
  const source = options.source ?? sourceFromEnvironment();
  switch (source) {
    case "env":
      return await useNamed(request);
    case "docker":
      return await onlyDocker(request);
    case "jvm":
      return await onlyJvm(request);
    case "memory":
      return await onlyMemory(request);
    case "auto":
      return await firstThatWorks(request);
  }
}

function jvmRequest({ dataDir, proxyPorts, transactionVersion, secure }: StartKafkaOptions): JvmRequest {
  return {
    ...(dataDir === undefined ? {} : { dataDir }),
    ...(proxyPorts === undefined ? {} : { proxyPorts }),
    ...(transactionVersion === undefined ? {} : { transactionVersion }),
    ...(secure === undefined ? {} : { secure }),
  };
}

function sourceFromEnvironment(): KafkaSource | "auto" {
  const value = process.env["RIFFLE_KAFKA"];
  if (value === undefined || value === "" || value === "auto") {
    return "auto";
  }
  if (value === "env" || value === "docker" || value === "jvm" || value === "memory") {
    return value;
  }
  throw new LocalKafkaError(
    "KAFKA_SOURCE_INVALID",
    `RIFFLE_KAFKA is "${value}"; it may be env, docker, jvm, memory or auto`,
  );
}

async function firstThatWorks(request: Request): Promise<RunningKafka> {
  if (namedBrokers().length > 0) {
    return await useNamed(request);
  }
  const refusals: string[] = [];
  const docker = await dockerFor(request);
  if (docker.kind === "found") {
    try {
      return await startContainer(docker.value, request);
    } catch (error) {
      refusals.push(reasonOf(error));
      request.onProgress(`${reasonOf(error)}; trying Java instead`);
    }
  } else {
    refusals.push(docker.reason);
  }
  const java = await findJvm();
  if (java.kind === "found") {
    return await startJvmKafka(java.value, jvmOptions(request));
  }
  const reasons = [...refusals, java.reason];
  if (!request.orInMemory) {
    throw nothingFound(reasons);
  }
  request.onProgress(`no Kafka: ${reasons.join("; ")}; a broker in memory will do for a first look`);
  return await startMemoryKafka(request.onProgress);
}

function nothingFound(refusals: readonly string[]): LocalKafkaError {
  return new LocalKafkaError(
    "KAFKA_NOT_FOUND",
    [
      `No Kafka: KAFKA_BROKERS is not set; ${refusals.join("; ")}.`,
      "Do one of these and try again:",
      "  - start Docker",
      "  - install Java 17 or later and Maven",
      "  - set KAFKA_BROKERS=host:port to a Kafka 4 that is already running",
    ].join("\n"),
  );
}

/** Three brokers to be killed one by one are not what a single container offers. */
async function dockerFor(request: Request): Promise<Found<DockerEngine>> {
  const onlyUnderJava = request.brokers === 3 || Object.keys(request.jvm).length > 0;
  return onlyUnderJava
    ? {
        kind: "missing",
        reason: "what was asked for (brokers, data, proxies, security) runs under Java only",
      }
    : await findDocker();
}

async function onlyDocker(request: Request): Promise<RunningKafka> {
  const docker = await dockerFor(request);
  if (docker.kind === "missing") {
    throw new LocalKafkaError(
      "KAFKA_NOT_FOUND",
      `Docker was asked for: ${docker.reason}; start Docker, or leave RIFFLE_KAFKA unset`,
    );
  }
  return await startContainer(docker.value, request);
}

async function onlyJvm(request: Request): Promise<RunningKafka> {
  const java = await findJvm();
  if (java.kind === "missing") {
    throw new LocalKafkaError(
      "KAFKA_NOT_FOUND",
      `Kafka under Java was asked for: ${java.reason}; install Java 17 or later and Maven`,
    );
  }
  return await startJvmKafka(java.value, jvmOptions(request));
}

/** K4. */
async function onlyMemory({ orInMemory, brokers, jvm, onProgress }: Request): Promise<RunningKafka> {
  if (!orInMemory || brokers > 1 || Object.keys(jvm).length > 0) {
    throw new LocalKafkaError(
      "KAFKA_SOURCE_INVALID",
      "RIFFLE_KAFKA is memory, which is for `start` alone: what was asked for needs a Kafka; leave RIFFLE_KAFKA unset",
    );
  }
  return await startMemoryKafka(onProgress);
}

/** Testcontainers is loaded only here: it takes the better part of a second, and most ways in do not need it. */
async function startContainer(engine: DockerEngine, { onProgress }: Request): Promise<RunningKafka> {
  const { startDockerKafka } = await import("./docker-kafka.ts");
  return await startDockerKafka(engine, onProgress);
}

function jvmOptions({ brokers, onProgress, jvm }: Request) {
  return { brokers, onProgress, ...jvm };
}

function namedBrokers(): string[] {
  const names = process.env["KAFKA_BROKERS"] ?? "";
  return names
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

/** K1. One that answers is enough: a client finds the others through it. */
async function useNamed({ brokers: wanted }: Request): Promise<RunningKafka> {
  const brokers = namedBrokers();
  if (brokers.length === 0) {
    throw new LocalKafkaError("KAFKA_SOURCE_INVALID", "RIFFLE_KAFKA is env, and KAFKA_BROKERS is not set");
  }
  for (const broker of brokers) {
    parseAddress(broker);
  }
  try {
    const view = await Promise.any(
      brokers.map(async (broker) => await askBroker(broker, namedBrokerWithinMs)),
    );
    const found = view.brokerIds.length;
    if (found < wanted) {
      throw new LocalKafkaError(
        "KAFKA_SOURCE_INVALID",
        `KAFKA_BROKERS names a cluster of ${found}, ${wanted} brokers are needed`,
      );
    }
    const description = `the Kafka that KAFKA_BROKERS names (${brokers.join(",")}), ${found} ${found === 1 ? "broker" : "brokers"}`;
    return { brokers, source: "env", description, nodes: [], stop: async () => undefined };
  } catch (error) {
    if (!(error instanceof AggregateError)) {
      throw error;
    }
    const reasons = error.errors.map(reasonOf).join("; ");
    throw new LocalKafkaError(
      "KAFKA_UNREACHABLE",
      `KAFKA_BROKERS is set and does not answer: ${reasons}. Correct it, or unset it to start a local Kafka`,
      { cause: error },
    );
  }
}
