// A real Apache Kafka in a container, through Testcontainers.
//
// The difficulty is the advertised address: clients are told to connect to the port that Docker publishes, and which
// one that is is known only after the container has started. So its command first waits for a file, which is written
// as soon as Docker has chosen; the broker then starts knowing what to advertise.
//
// Testcontainers' reaper removes the container when the process that started it is gone, however it went.

import {
  BoundPorts,
  GenericContainer,
  getContainerRuntimeClient,
  type InspectResult,
  type StartedTestContainer,
  Wait,
} from "testcontainers";
import { waitForBrokers } from "./broker-check.ts";
import { brokerSettings, toContainerEnvironment } from "./broker-config.ts";
import { type DockerEngine, ensureImage } from "./docker-engine.ts";
import { LocalKafkaError, reasonOf } from "./errors.ts";
import { kafkaVersion } from "./jvm-artifacts.ts";
import type { OnProgress, RunningKafka } from "./running-kafka.ts";

const imageRepository = "apache/kafka";
const clientPort = 9092;
const insidePort = 9094;
const controllerPort = 9093;
/** 3 s on an idle machine, 12 s measured on one under load. */
const startWithinMs = 120_000;

const addressFile = "/tmp/advertised-listeners";
const startWhenAddressIsKnown = [
  `until [ -s ${addressFile} ]; do sleep 0.05; done`,
  `export KAFKA_ADVERTISED_LISTENERS="$(cat ${addressFile})"`,
  "exec /etc/kafka/docker/run",
].join("; ");

class KafkaContainer extends GenericContainer {
  #containerId = "";

  protected override async containerCreated(containerId: string): Promise<void> {
    this.#containerId = containerId;
  }

  protected override async containerStarting(inspected: InspectResult): Promise<void> {
    const client = await getContainerRuntimeClient();
    const { host, hostIps } = client.info.containerRuntime;
    const port = BoundPorts.fromInspectResult(hostIps, inspected).getBinding(clientPort);
    const listeners = `HOST://${host}:${port},INSIDE://localhost:${insidePort}`;
    // Written aside and moved, so that the waiting shell never reads half a line.
    const write = `printf %s '${listeners}' > ${addressFile}.part && mv ${addressFile}.part ${addressFile}`;
    const { exitCode, output } = await client.container.exec(client.container.getById(this.#containerId), [
      "sh",
      "-c",
      write,
    ]);
    if (exitCode !== 0) {
      throw new Error(`telling the broker its address ${listeners}: ${output}`);
    }
  }
}

/** @throws LocalKafkaError `KAFKA_START_FAILED` when the image cannot be had or the broker does not come up */
export async function startDockerKafka(engine: DockerEngine, onProgress: OnProgress): Promise<RunningKafka> {
  const image = `${imageRepository}:${kafkaVersion}`;
  try {
    await ensureImage(engine, imageRepository, kafkaVersion, () => onProgress(`pulling ${image} (once)`));
    onProgress(`starting ${image} in Docker`);
    const container = await makeContainer(image).start();
    return await runningKafka(container, image);
  } catch (error) {
    throw new LocalKafkaError("KAFKA_START_FAILED", `starting ${image} in Docker: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function makeContainer(image: string): GenericContainer {
  const settings = brokerSettings({
    nodeId: 1,
    brokers: 1,
    listeners: {
      bind: `HOST://:${clientPort},INSIDE://:${insidePort},CONTROLLER://:${controllerPort}`,
      advertised: undefined,
      interBroker: "INSIDE",
      names: ["HOST", "INSIDE", "CONTROLLER"],
    },
    quorumVoters: [`1@localhost:${controllerPort}`],
    logDir: "/var/lib/kafka/data",
  });
  return new KafkaContainer(image)
    .withEnvironment({ ...toContainerEnvironment(settings), KAFKA_HEAP_OPTS: "-Xmx512m" })
    .withCommand(["sh", "-c", startWhenAddressIsKnown])
    .withExposedPorts(clientPort)
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(startWithinMs);
}

async function runningKafka(container: StartedTestContainer, image: string): Promise<RunningKafka> {
  const brokers = [`${container.getHost()}:${container.getMappedPort(clientPort)}`];
  let stopped: Promise<unknown> | undefined;
  const stop = async () => {
    stopped ??= container.stop({ remove: true, removeVolumes: true });
    await stopped;
  };
  try {
    await waitForBrokers(brokers, startWithinMs);
  } catch (error) {
    await stop();
    throw error;
  }
  return { brokers, source: "docker", description: `${image} in Docker, 1 broker`, nodes: [], stop };
}
