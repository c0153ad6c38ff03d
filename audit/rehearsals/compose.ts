// `pnpm run rehearse:compose`: builds the images, brings docker-compose.yml up, plays the card-testing scenario against it,
// looks for the mails of its alerts, adds the profile `observability`, asks for keys, stops a service of each kind, and takes all
// of it down.
//
// Prints the size of each image, and how long each service took from the start of its container to "started". Ends with 1
// when the scenario fails, the console does not tell the way of a transaction, no mail comes, Prometheus misses a service
// or a rule, somebody is served without a key, or a service does not end with 0. Grafana is started where its image can be
// had, and else the run says that it was not.

import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serviceNames } from "@riffle/contracts";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { freePorts } from "@riffle/infra/kafka/ports";
import { checkAccess, knocks } from "./access-check.ts";
import { ComposeStack, imageBytes } from "./compose-stack.ts";
import { checkConsole } from "./console-check.ts";
import { checkMail } from "./mail-check.ts";
import { checkPrometheus } from "./observability-check.ts";
import { rehearse } from "./rehearse.ts";
import { attempt, sh } from "./shell.ts";
import { timeline } from "./timeline.ts";

/** For the dashboard's read model, after the scenario. */
const consoleWithinMs = 60_000;

/** For the mails of the scenario's alerts, and for the first scrapes and evaluations of Prometheus. */
const seenWithinMs = 60_000;

commandLine({
  command: "npx -y pnpm@10 rehearse:compose",
  does: "Builds the images, brings docker-compose.yml up on free ports, plays a scenario against it, takes it down.",
});

const say = timeline();
const [kafkaPort = 0, ingestPort = 0, consolePort = 0, mailPort = 0, prometheusPort = 0, grafanaPort = 0] =
  await freePorts(6);
const ports = {
  KAFKA_PORT: String(kafkaPort),
  INGEST_PORT: String(ingestPort),
  CONSOLE_PORT: String(consolePort),
  MAIL_PORT: String(mailPort),
  PROMETHEUS_PORT: String(prometheusPort),
  GRAFANA_PORT: String(grafanaPort),
};
const project = "riffle-rehearsal";
const stack = new ComposeStack(project, ports);

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

const observability = async (): Promise<void> => {
  await stack.up("prometheus");
  say(await checkPrometheus(`http://127.0.0.1:${prometheusPort}`, seenWithinMs));
  const pulled = await attempt([
    "docker",
    "compose",
    "--profile",
    "observability",
    "pull",
    "--policy",
    "missing",
    "grafana",
  ]);
  if (pulled === undefined) {
    say("Grafana was NOT started: its image is not here, and cannot be had");
    return;
  }
  await stack.up("grafana");
  const answer = await fetch(`http://127.0.0.1:${grafanaPort}/api/search?type=dash-db`);
  const dashboards = (await answer.json()) as readonly object[];
  if (dashboards.length === 0) throw new Error("Grafana has no dashboard");
  say(`Grafana has ${dashboards.length} dashboards`);
};

/** The same stack with keys: made as docs/deploy.md says, and asked for. */
const required = async (): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), "riffle-keys-"));
  try {
    // The container's user writes there and is not this one.
    await chmod(folder, 0o777);
    const make =
      "dist/make-key.js --name rehearsal --scope transactions:write --scope console:admin --file /keys/keys.json";
    const inContainer = [
      "run",
      "--rm",
      "--no-deps",
      "--no-TTY",
      "--volume",
      `${folder}:/keys`,
      "--entrypoint",
      "node",
      "ingest",
    ];
    const key = (await stack.run(...inContainer, ...make.split(" "))).trim();
    const asking = new ComposeStack(project, { ...ports, AUTH: "required", API_KEYS_FOLDER: folder });
    await asking.up("ingest", "console");
    const origins = [ingestPort, consolePort].map((port) => `http://127.0.0.1:${port}`);
    say(await checkAccess(knocks(origins[0] ?? "", origins[1] ?? "", key)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

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
  say(await checkMail(`http://127.0.0.1:${mailPort}`, seenWithinMs));
  await observability();
  await required();
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
