// The launcher over stand-ins for everything it starts: no Kafka, six processes of fake-service.mjs.
// As a program of its own it is a launcher to be killed; tests import `fakeLauncher`.

import { join } from "node:path";
import { serviceNames } from "@riffle/contracts";
import { freePorts } from "../../kafka/ports.ts";
import type { KafkaSource } from "../../kafka/running-kafka.ts";
import { Launcher, type LauncherOptions } from "../../launcher/launcher.ts";
import { resolveSettings } from "../../launcher/settings.ts";

/** A launcher whose news go to `said` and whose card and alerts go to `printed`. */
export async function fakeLauncher(
  folder: string,
  changes: Partial<LauncherOptions> = {},
  source: KafkaSource = "jvm",
) {
  const said: string[] = [];
  const printed: string[] = [];
  const order: string[] = [];
  const ports = await freePorts(serviceNames.length + 2);
  const variables = [
    "INGEST_PORT",
    "CONSOLE_PORT",
    ...serviceNames.map((name) => `${name.toUpperCase().replaceAll("-", "_")}_ADMIN_PORT`),
  ];
  const settings = resolveSettings(
    Object.fromEntries(variables.map((name, index) => [name, String(ports[index])])),
  );
  const launcher = new Launcher({
    settings,
    startKafka: async () => ({
      brokers: ["kafka.test:9092"],
      source,
      description: "a Kafka that is not there",
      nodes: [],
      stop: async () => void order.push("kafka stopped"),
    }),
    connectAdmin: async () => ({
      createTopics: async (specs) => void order.push(`${specs.length} topics created`),
      close: async () => void order.push("admin closed"),
    }),
    scriptOf: () => join(import.meta.dirname, "fake-service.mjs"),
    logsFolder: folder,
    consoleFolder: join(folder, "console"),
    runFile: join(folder, "run.json"),
    say: (line) => said.push(line),
    print: (text) => printed.push(text),
    onFailed: () => undefined,
    ...changes,
  });
  return { launcher, settings, said, printed, order };
}

if (import.meta.main) {
  const { launcher } = await fakeLauncher(process.argv[2] ?? "");
  await launcher.start();
  process.stdout.write("up\n");
}
