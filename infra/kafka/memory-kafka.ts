// A broker in the memory of this process: for a first look on a machine that has no Kafka and no way to start one.

import { startMemoryBroker } from "@riffle/streams/memory";
import { freePorts } from "./ports.ts";
import type { OnProgress, RunningKafka } from "./running-kafka.ts";

/** Resolves at once: there is nothing to load. */
export async function startMemoryKafka(onProgress: OnProgress): Promise<RunningKafka> {
  const [port = 0] = await freePorts(1);
  const broker = await startMemoryBroker({
    port,
    onRefused: (clientId, error) =>
      onProgress(`the broker in memory hung up on ${clientId || "a client"}: ${error}`),
  });
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopped ??= broker.close();
    await stopped;
  };
  const description = "a broker in memory: nothing survives a restart";
  return { brokers: [broker.address], source: "memory", description, nodes: [], stop };
}
