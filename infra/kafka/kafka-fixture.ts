// One broker for a whole run of integration tests, as Vitest's `globalSetup`.
//
// A suite that cannot find a Kafka fails here, before its first test: integration tests that skip themselves look
// exactly like integration tests that pass. Tests read the addresses with `inject("kafkaBrokers")` and give each
// topic and group a name of its own, since all of them share the broker.

import type { TestProject } from "vitest/node";
import { startKafka } from "./local-kafka.ts";
import type { KafkaSource } from "./running-kafka.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Bootstrap addresses of the broker that this run uses. */
    kafkaBrokers: string[];
    /** Where it came from. */
    kafkaSource: KafkaSource;
  }
}

/** Starts the broker and returns what stops it. @throws LocalKafkaError when this machine offers no Kafka */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const say = (line: string) => process.stdout.write(`[kafka] ${line}\n`);
  const startedAt = performance.now();
  const kafka = await startKafka({ onProgress: say });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(`integration tests use ${kafka.description}; source: ${kafka.source}, ready after ${seconds} s`);
  project.provide("kafkaBrokers", [...kafka.brokers]);
  project.provide("kafkaSource", kafka.source);
  return async () => await kafka.stop();
}
