// A real Apache Kafka from its published jars, under the Java of this machine: one broker, or three that replicate.
//
// Each node is broker and controller at once (KRaft combined mode), on the loopback address only, with its data in
// `.riffle/kafka/data-<random>`, which goes when the Kafka stops or when the process that started it dies.

import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { riffleFolder } from "../folders.ts";
import { brokerSettings, type ListenerSettings } from "./broker-config.ts";
import { reasonOf } from "./errors.ts";
import { type Found, findJava, findMaven, type Java } from "./java.ts";
import { brokerClassPath, brokerIsFetched, kafkaVersion } from "./jvm-artifacts.ts";
import { JvmNode, startWithinMs, untilServing } from "./jvm-node.ts";
import { freePorts } from "./ports.ts";
import type { OnProgress, RunningKafka } from "./running-kafka.ts";
import { type SecureListener, secureListenerName } from "./secure-listener.ts";

export interface JvmKafkaOptions {
  readonly brokers: 1 | 3;
  readonly onProgress: OnProgress;
  /** Where to keep the data instead of a folder that goes with the Kafka. It must be empty or absent. */
  readonly dataDir?: string;
  /** The port of a proxy in front of each broker; see StartKafkaOptions. */
  readonly proxyPorts?: readonly number[];
  /** Level of the feature `transaction.version`; see StartKafkaOptions. */
  readonly transactionVersion?: 0 | 1 | 2;
  /** A further listener with TLS and passwords; see StartKafkaOptions. */
  readonly secure?: SecureListener;
}

/** Between finding ports free and listening on them another process may take one; a second choice is enough. */
const attemptsMax = 2;

/** Whether a broker could be started: Java 17 or later, and either the jars or Maven to fetch them with. */
export async function findJvm(): Promise<Found<Java>> {
  const java = await findJava();
  if (java.kind === "missing" || brokerIsFetched()) {
    return java;
  }
  const maven = await findMaven();
  return maven.kind === "missing" ? maven : java;
}

/** @throws LocalKafkaError when the jars cannot be had or a broker does not come up; nothing is left behind then */
export async function startJvmKafka(java: Java, options: JvmKafkaOptions): Promise<RunningKafka> {
  const { brokers, onProgress } = options;
  const classPath = await brokerClassPath(onProgress);
  onProgress(`starting ${describe(brokers, java)}`);
  const folder = options.dataDir ?? (await temporaryFolder());
  const keep = options.dataDir !== undefined;
  for (let attempt = 1; ; attempt += 1) {
    const nodes = await makeNodes({
      java,
      classPath,
      brokers,
      folder,
      keep,
      proxyPorts: options.proxyPorts ?? [],
      transactionVersion: options.transactionVersion,
      secure: options.secure,
    });
    try {
      await startAll(nodes);
      return runningKafka(nodes, describe(brokers, java), keep ? undefined : folder);
    } catch (error) {
      await stopAll(nodes);
      await removeFolders(keep ? nodes.map((node) => node.folder) : [folder]);
      if (attempt === attemptsMax || !reasonOf(error).includes("Address already in use")) {
        throw error;
      }
      onProgress("a port was taken in the meantime; trying others");
    }
  }
}

function runningKafka(
  nodes: readonly JvmNode[],
  description: string,
  folder: string | undefined,
): RunningKafka {
  return {
    brokers: nodes.map((node) => node.address),
    source: "jvm",
    description,
    nodes,
    stop: async () => {
      await stopAll(nodes);
      await removeFolders(folder === undefined ? [] : [folder]);
    },
  };
}

interface NodePlan {
  readonly java: Java;
  readonly classPath: string;
  readonly brokers: 1 | 3;
  readonly folder: string;
  readonly keep: boolean;
  readonly proxyPorts: readonly number[];
  readonly transactionVersion: 0 | 1 | 2 | undefined;
  readonly secure: SecureListener | undefined;
}

async function makeNodes({
  java,
  classPath,
  brokers,
  folder,
  keep,
  proxyPorts,
  transactionVersion,
  secure,
}: NodePlan): Promise<JvmNode[]> {
  const ports = await freePorts(brokers * 4);
  const places = ports.slice(0, brokers).map((port, index) => ({
    id: index + 1,
    broker: `127.0.0.1:${port}`,
    controller: `127.0.0.1:${ports[brokers + index]}`,
    behindProxy: `127.0.0.1:${ports[2 * brokers + index]}`,
    proxyPort: proxyPorts[index],
    secureAddress: secure === undefined ? undefined : `127.0.0.1:${ports[3 * brokers + index]}`,
  }));
  const quorumVoters = places.map(({ id, controller }) => `${id}@${controller}`);
  return places.map(({ id, broker, controller, behindProxy, proxyPort, secureAddress }) => {
    const nodeFolder = join(folder, `broker-${id}`);
    const settings = brokerSettings({
      nodeId: id,
      brokers,
      listeners: listenersOf({ broker, controller, behindProxy, proxyPort, secureAddress }),
      quorumVoters,
      logDir: join(nodeFolder, "data"),
      ...(secure === undefined ? {} : { secure }),
    });
    return new JvmNode({
      id,
      address: broker,
      behindProxy: proxyPort === undefined ? undefined : behindProxy,
      secureAddress,
      transactionVersion,
      secure,
      java: java.command,
      classPath,
      jvmFlags: jvmFlags(brokers),
      settings,
      folder: nodeFolder,
      temporary: !keep,
    });
  });
}

interface NodePlaces {
  readonly broker: string;
  readonly controller: string;
  readonly behindProxy: string;
  readonly proxyPort: number | undefined;
  readonly secureAddress: string | undefined;
}

/** Kafka tells a client of the addresses that belong to the listener it came in by: through a proxy, of the proxies. */
function listenersOf({
  broker,
  controller,
  behindProxy,
  proxyPort,
  secureAddress,
}: NodePlaces): ListenerSettings {
  const proxied =
    proxyPort === undefined ? [] : [{ name: "PROXIED", at: behindProxy, told: `127.0.0.1:${proxyPort}` }];
  const secure =
    secureAddress === undefined ? [] : [{ name: secureListenerName, at: secureAddress, told: secureAddress }];
  const further = [...proxied, ...secure];
  return {
    bind: [
      `BROKER://${broker}`,
      `CONTROLLER://${controller}`,
      ...further.map(({ name, at }) => `${name}://${at}`),
    ].join(","),
    advertised: [`BROKER://${broker}`, ...further.map(({ name, told }) => `${name}://${told}`)].join(","),
    interBroker: "BROKER",
    names: ["BROKER", "CONTROLLER", ...further.map(({ name }) => name)],
  };
}

/** A heap that carries the tests and the demonstration; Kafka's own memory is mostly the page cache. */
function jvmFlags(brokers: 1 | 3): string[] {
  // The serial collector: with heaps this small its pauses are short, and it needs no threads of its own.
  return [brokers === 3 ? "-Xmx300m" : "-Xmx512m", "-XX:+UseSerialGC", "-Djava.awt.headless=true"];
}

async function startAll(nodes: readonly JvmNode[]): Promise<void> {
  const clusterId = randomClusterId();
  await Promise.all(nodes.map(async (node) => await node.format(clusterId)));
  await Promise.all(nodes.map(async (node) => await node.start()));
  await untilServing(nodes, startWithinMs);
}

async function stopAll(nodes: readonly JvmNode[]): Promise<void> {
  await Promise.all(nodes.map(async (node) => await node.stop()));
}

async function removeFolders(folders: readonly string[]): Promise<void> {
  await Promise.all(folders.map(async (folder) => await rm(folder, { recursive: true, force: true })));
}

/** Named after the process that owns it, so that a later run can tell a folder in use from one left behind. */
async function temporaryFolder(): Promise<string> {
  const parent = join(riffleFolder, "kafka");
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  return await mkdtemp(join(parent, `data-${process.pid}-`));
}

/** Data is left behind only when launcher and supervisors are killed with -9 at the same moment. */
async function removeAbandoned(parent: string): Promise<void> {
  const abandoned = (await readdir(parent)).filter((name) => {
    const owner = /^data-(?<pid>\d+)-/.exec(name)?.groups?.["pid"];
    return owner !== undefined && !isAlive(Number(owner));
  });
  await removeFolders(abandoned.map((name) => join(parent, name)));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Another user's process may not be signalled, but it exists.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** 128 random bits as Kafka writes its ids; not beginning with `-`, which the format tool would read as an option. */
function randomClusterId(): string {
  const id = randomBytes(16).toString("base64url");
  return id.startsWith("-") ? randomClusterId() : id;
}

function describe(brokers: 1 | 3, java: Java): string {
  return `Apache Kafka ${kafkaVersion}, ${brokers} ${brokers === 1 ? "broker" : "brokers"} under Java ${java.version}`;
}
