// A bug here looks like this: a machine that, after a day of test runs, has twenty JVMs and 10 GB of data that nobody
// owns; or a test that fails now and then because the broker was not ready when it was said to be.

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { riffleFolder } from "../../folders.ts";
import { askBroker } from "../../kafka/broker-check.ts";
import { findJvm } from "../../kafka/jvm-kafka.ts";
import { type RunningKafka, startKafka, toolsClassPath } from "../../kafka/local-kafka.ts";

const run = promisify(execFile);
const java = await findJvm();
const startWithinMs = 60_000;

/** Looks every 20 ms until `holds` or 10 s are over. */
async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      throw new Error(`not within 10 s: ${what}`);
    }
    await delay(20);
  }
}

/** A process that was killed and waits to be reaped still answers to signal 0, so its state is read where it can be. */
async function isRunning(pid: number): Promise<boolean> {
  const { stdout } = await run("ps", ["-o", "stat=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.trim() !== "" && !stdout.trim().startsWith("Z");
}

async function dataFoldersOf(launcher: ChildProcess | undefined): Promise<string[]> {
  const names = await readdir(join(riffleFolder, "kafka"));
  return names.filter((name) => name.startsWith(`data-${launcher?.pid}-`));
}

// Java is one of the ways to a Kafka, not a requirement of this repository.
describe.runIf(java.kind === "found")("Kafka under a local Java", () => {
  let kafka: RunningKafka | undefined;
  let child: ChildProcess | undefined;

  afterEach(async () => {
    child?.kill("SIGKILL");
    await kafka?.stop();
    kafka = undefined;
  });

  it("answers when startKafka resolves and is gone after stop", {
    timeout: startWithinMs,
  }, async () => {
    kafka = await startKafka({ source: "jvm" });
    const [node] = kafka.nodes;
    const [address] = kafka.brokers;
    const pid = node?.pid;
    if (address === undefined || pid === undefined) {
      throw new Error("no node");
    }
    expect(await askBroker(address)).toEqual({ brokerIds: [1], controllerId: 1 });

    await kafka.stop();
    expect(await isRunning(pid)).toBe(false);
    await expect(askBroker(address, 500)).rejects.toThrow(address);
    await kafka.stop();
  });

  it("comes back on its port with its data after kill -9", { timeout: startWithinMs }, async () => {
    kafka = await startKafka({ source: "jvm" });
    const [node] = kafka.nodes;
    if (node === undefined) {
      throw new Error("no node");
    }
    const topic = ["--bootstrap-server", node.address, "--topic", "kept"];
    const command = ["-cp", await toolsClassPath(), "org.apache.kafka.tools.TopicCommand", ...topic];
    await run("java", [...command, "--create"]);
    await node.kill("SIGKILL");
    expect(node.pid).toBeUndefined();
    await expect(askBroker(node.address, 500)).rejects.toThrow(node.address);

    await node.restart();
    const { stdout } = await run("java", [...command, "--describe"]);
    expect(stdout).toContain("Topic: kept");
  });

  it("dies, data and all, with a launcher that is killed with -9", { timeout: startWithinMs }, async () => {
    const script = join(import.meta.dirname, "hold-kafka.ts");
    child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = child.stdout === null ? [] : await once(child.stdout, "data");
    const pid = Number(String(line));
    expect(await isRunning(pid)).toBe(true);
    expect(await dataFoldersOf(child)).toHaveLength(1);

    child.kill("SIGKILL");
    await eventually("the broker's JVM ends", async () => !(await isRunning(pid)));
    await eventually("the data is removed", async () => (await dataFoldersOf(child)).length === 0);
  });
});
