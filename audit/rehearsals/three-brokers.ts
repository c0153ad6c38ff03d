// A pipeline on three brokers, each of which can be killed and brought back: in containers, or as JVMs of this machine.

import { type RunningKafka, startKafka } from "@riffle/infra/kafka";
import { waitForBrokers } from "@riffle/infra/kafka/broker-check";
import { freePorts } from "@riffle/infra/kafka/ports";
import { createTopics, RunningPipeline } from "../pipeline/running-pipeline.ts";
import { ComposeStack } from "./compose-stack.ts";
import { rehearsalEnvironment, type Target } from "./exact-traffic.ts";
import { type RestartPatience, restartNode } from "./restart-node.ts";
import type { Say } from "./timeline.ts";

/** The cluster and the pipeline on it. */
export interface ThreeBrokers extends Target {
  /** SIGKILL: no hand-over, no last word. Brokers are numbered from 1. */
  kill(broker: number): Promise<void>;
  /** Starts a killed one again, on its data. */
  restart(broker: number): Promise<void>;
  /** Ends everything, and removes the data. */
  stop(): Promise<void>;
}

const patience: RestartPatience = {
  untilAnswered: (address) => waitForBrokers([address], 15_000),
  withinMs: 240_000,
};

const names = ["kafka", "kafka-2", "kafka-3"] as const;

const nameOf = (broker: number): string => {
  const name = names[broker - 1];
  if (name === undefined) throw new RangeError(`there is no broker ${broker}; they are 1 to ${names.length}`);
  return name;
};

/** docker-compose.yml in its profile `ha`. The images must have been built. */
export const composeBrokers = async (say: Say): Promise<ThreeBrokers> => {
  const [first = 0, second = 0, third = 0, ingest = 0, dashboard = 0, mail = 0] = await freePorts(6);
  const env = {
    KAFKA_PORT: String(first),
    KAFKA_2_PORT: String(second),
    KAFKA_3_PORT: String(third),
    INGEST_PORT: String(ingest),
    CONSOLE_PORT: String(dashboard),
    MAIL_PORT: String(mail),
    ...rehearsalEnvironment,
  };
  const stack = new ComposeStack("riffle-ha-rehearsal", env, "infra/docker/three-brokers.env");
  try {
    say("docker compose up --wait, three brokers");
    await stack.up();
  } catch (error) {
    await stack.down();
    throw error;
  }
  return {
    brokers: [first, second, third].map((port) => `127.0.0.1:${port}`),
    ingestUrl: `http://127.0.0.1:${ingest}`,
    kill: async (broker) => void (await stack.run("kill", nameOf(broker))),
    restart: async (broker) =>
      void (await stack.run("up", "--detach", "--wait", "--no-deps", nameOf(broker))),
    stop: () => stack.down(),
  };
};

/** Three JVMs and five processes of this machine, as the local launcher runs them. */
export const localBrokers = async (say: Say): Promise<ThreeBrokers> => {
  const kafka = await startKafka({ brokers: 3, source: "jvm", onProgress: say });
  try {
    await createTopics(kafka.brokers, 3);
    const pipeline = await RunningPipeline.start({
      brokers: kafka.brokers,
      services: ["ingest", "filter", "aggregator", "fraud-detector", "notifier"],
      env: rehearsalEnvironment,
    });
    return {
      brokers: kafka.brokers,
      ingestUrl: pipeline.ingestUrl,
      kill: (broker) => nodeOf(kafka, broker).kill("SIGKILL"),
      restart: (broker) => restartNode(nodeOf(kafka, broker), patience, say),
      stop: async () => {
        // A service that has given up makes `stop` throw; the brokers end all the same.
        try {
          await pipeline.stop();
        } finally {
          await kafka.stop();
        }
      },
    };
  } catch (error) {
    await kafka.stop();
    throw error;
  }
};

const nodeOf = (kafka: RunningKafka, broker: number): RunningKafka["nodes"][number] => {
  const node = kafka.nodes[broker - 1];
  if (node === undefined)
    throw new RangeError(`there is no broker ${broker}; they are 1 to ${kafka.nodes.length}`);
  return node;
};
