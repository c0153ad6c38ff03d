// A bug here looks like this: on a machine with neither Docker nor Java the first command that a visitor types ends in an
// error, or in a card whose curl raises no alert.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { serviceNames } from "@riffle/contracts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { repositoryFolder } from "../../folders.ts";
import { freePorts, isPortFree } from "../../kafka/ports.ts";
import { demonstration } from "../../launcher/card.ts";

const run = promisify(execFile);
const launcherFolder = join(repositoryFolder, "infra", "launcher");
/** A machine that has no Kafka and nothing to start one with. */
const nothing = {
  KAFKA_BROKERS: "",
  RIFFLE_KAFKA: "",
  DOCKER_HOST: "unix:///nowhere/docker.sock",
  JAVA_HOME: "/nowhere",
};

let folder = "";
let start: ChildProcess;
let shown = "";
let ports: Record<string, number> = {};

async function eventually<T>(what: string, find: () => T | Promise<T>): Promise<NonNullable<T>> {
  const deadline = performance.now() + 120_000;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== null && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`not within 120 s: ${what}; shown: ${shown}`);
    await delay(50);
  }
}

async function passportOf(id: string): Promise<Record<string, unknown> | undefined> {
  const answer = await fetch(`http://127.0.0.1:${ports["CONSOLE_PORT"]}/v1/transactions/${id}`);
  return answer.ok ? ((await answer.json()) as Record<string, unknown>) : undefined;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "riffle-start-"));
  const variables = [
    "INGEST_PORT",
    "CONSOLE_PORT",
    ...serviceNames.map((name) => `${name.toUpperCase().replaceAll("-", "_")}_ADMIN_PORT`),
  ];
  const free = await freePorts(variables.length);
  ports = Object.fromEntries(variables.map((name, index) => [name, free[index] ?? 0]));
  const given = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, String(port)]));
  start = spawn(process.execPath, [join(launcherFolder, "start.ts")], {
    env: { ...process.env, ...nothing, ...given, RIFFLE_FOLDER: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [start.stdout, start.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
    });
  }
  await eventually("the card", () => shown.includes("Stop:"));
}, 150_000);

afterAll(async () => {
  if (start.exitCode === null && start.kill("SIGKILL")) await once(start, "exit");
  rmSync(folder, { recursive: true, force: true });
});

it("start says plainly that nothing survives, and why", () => {
  expect(shown).toContain("no Kafka: Docker does not answer");
  expect(shown).toContain("NOTHING SURVIVES A RESTART");
  expect(shown).toContain(`Dashboard   http://127.0.0.1:${ports["CONSOLE_PORT"]}`);
});

it("the curl of the card raises an alert, and its transactions have a passport", async () => {
  const { stdout } = await run("sh", ["-c", demonstration(`http://127.0.0.1:${ports["INGEST_PORT"]}`)]);
  const accepted = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { id: string; accountId: string; status: string });
  expect(accepted.map(({ status }) => status)).toEqual(["accepted", "accepted", "accepted", "accepted"]);
  const { id = "", accountId = "" } = accepted.at(-1) ?? {};
  await eventually("the alert", () => shown.includes(`ALERT  card-testing  ${accountId}`));
  const passport = await eventually("the passport with its alert", async () => {
    const found = await passportOf(id);
    return Array.isArray(found?.["alerts"]) && found["alerts"].length > 0 ? found : undefined;
  });
  expect(passport).toMatchObject({ id, accountId, alerts: [{ rule: "card-testing" }] });
});

it("the scenario runs in another terminal and sees what it expects", async () => {
  const note = JSON.parse(readFileSync(join(folder, "run.json"), "utf8")) as { brokers: string[] };
  const { stdout } = await run(process.execPath, [join(launcherFolder, "scenario.ts"), "card-testing"], {
    env: {
      ...process.env,
      KAFKA_BROKERS: note.brokers.join(","),
      INGEST_URL: `http://127.0.0.1:${ports["INGEST_PORT"]}`,
    },
  });
  expect(stdout).toContain("All as expected");
});

it("Ctrl-C stops all of it", async () => {
  const ended = once(start, "exit");
  start.kill("SIGINT");
  expect(await ended).toEqual([0, null]);
  expect(shown).toContain("stopped");
  const free = await Promise.all(Object.values(ports).map((port) => isPortFree(port)));
  expect(free).toEqual(free.map(() => true));
  for (const name of serviceNames) {
    const log = readFileSync(join(folder, "logs", `${name}.log`), "utf8");
    expect(`${name}: ${log.trimEnd().split("\n").at(-1)}`).toContain('"shut down"');
  }
});
