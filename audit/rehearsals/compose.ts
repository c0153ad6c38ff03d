// `pnpm run rehearse:compose`: builds the images, brings docker-compose.yml up, plays the card-testing scenario against it,
// stops a service of each kind, and takes all of it down.
//
// Prints the size of each image, and how long each service took from the start of its container to "started". Ends with 1
// when the scenario fails, the console does not tell the way of a transaction, or a service does not end with 0.

import { serviceNames } from "@riffle/contracts";
import { freePorts } from "@riffle/infra/kafka/ports";
import { ComposeStack, imageBytes } from "./compose-stack.ts";
import { checkConsole } from "./console-check.ts";
import { rehearse } from "./rehearse.ts";
import { sh } from "./shell.ts";
import { timeline } from "./timeline.ts";

/** For the dashboard's read model, after the scenario. */
const consoleWithinMs = 60_000;

const say = timeline();
const [kafkaPort = 0, ingestPort = 0, consolePort = 0, mailPort = 0] = await freePorts(4);
const stack = new ComposeStack("riffle-rehearsal", {
  KAFKA_PORT: String(kafkaPort),
  INGEST_PORT: String(ingestPort),
  CONSOLE_PORT: String(consolePort),
  MAIL_PORT: String(mailPort),
});

/** When a service said that it had started, by its own log. */
const startedAtMsOf = async (service: string): Promise<number> => {
  const lines = (await stack.run("logs", "--no-color", "--no-log-prefix", service)).split("\n");
  const line = lines.find((text) => text.includes('"msg":"started"'));
  if (line === undefined) throw new Error(`${service} never logged that it had started`);
  const { time } = JSON.parse(line) as { time: number | string };
  return typeof time === "number" ? time : Date.parse(time);
};

const scenario = (): Promise<string> =>
  sh([process.execPath, "infra/launcher/scenario.ts", "card-testing"], {
    env: { KAFKA_BROKERS: `127.0.0.1:${kafkaPort}`, INGEST_URL: `http://127.0.0.1:${ingestPort}` },
    withinMs: 120_000,
    shown: true,
  });

const run = async (): Promise<void> => {
  say("docker compose build");
  await stack.run("build", "--quiet");
  say("docker compose up --wait");
  await stack.up();
  say("everything is healthy");
  const version = process.env["RIFFLE_VERSION"] ?? "dev";
  for (const service of serviceNames) {
    const megabytes = (await imageBytes(`riffle/${service}:${version}`)) / 1_000_000;
    const seconds = ((await startedAtMsOf(service)) - (await stack.stateOf(service)).startedAtMs) / 1_000;
    say(`${service.padEnd(15)} image ${megabytes.toFixed(0)} MB, started after ${seconds.toFixed(1)} s`);
  }
  await scenario();
  say(await checkConsole(`http://127.0.0.1:${consolePort}`, consoleWithinMs));
  for (const service of serviceNames) {
    const startedAt = performance.now();
    await stack.run("stop", service);
    const { exitCode } = await stack.stateOf(service);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    say(`${service.padEnd(15)} stopped in ${seconds} s, exit code ${exitCode}`);
    if (exitCode !== 0) process.exitCode = 1;
  }
  if (process.exitCode === undefined) say("the compose stack does what the scenario says");
};

await rehearse(run, () => stack.down());
