// A bug here looks like this: Ctrl-C returns the prompt and six services keep running; or a service that dies over
// and over fills the screen, and nobody says why.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { allTopics } from "@riffle/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Launcher } from "../../launcher/launcher.ts";
import { readRunNote } from "../../launcher/run-file.ts";
import { fakeLauncher } from "./launch-fakes.ts";

const flow = ["ingest", "filter", "aggregator", "fraud-detector", "notifier", "console"];
let folder = "";
let launcher: Launcher | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "riffle-launcher-"));
  process.env["FAKE_NOTES"] = join(folder, "notes");
});

afterEach(async () => {
  await launcher?.end();
  launcher = undefined;
  for (const name of Object.keys(process.env).filter((variable) => variable.startsWith("FAKE_"))) {
    delete process.env[name];
  }
  rmSync(folder, { recursive: true });
});

/** What the services noted, as `name what` and their process ids. */
function notes(what: string): { name: string; pid: number }[] {
  const file = join(folder, "notes");
  const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
  return lines
    .map((line) => line.split(" "))
    .filter((words) => words[1] === what)
    .map((words) => ({ name: String(words[0]), pid: Number(words[2]) }));
}

async function eventually(what: string, holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!holds()) {
    if (performance.now() > deadline) {
      throw new Error(`not within 15 s: ${what}`);
    }
    await delay(20);
  }
}

describe("the launcher", () => {
  it("creates the topics, shows the card when all are ready, and stops everything in the order of the flow", async () => {
    const fake = await fakeLauncher(folder);
    launcher = fake.launcher;
    await launcher.start();
    expect(fake.order).toEqual([`${allTopics.length} topics created`, "admin closed"]);
    expect(fake.printed.join("")).toContain(`http://127.0.0.1:${fake.settings.ingestPort}/v1/transactions`);
    expect(readRunNote(join(folder, "run.json"))).toMatchObject({
      pid: process.pid,
      brokers: ["kafka.test:9092"],
    });

    await launcher.end();
    expect(notes("stopped").map(({ name }) => name)).toEqual(flow);
    expect(fake.order.at(-1)).toBe("kafka stopped");
    expect(existsSync(join(folder, "run.json"))).toBe(false);
  });

  it("passes on what the notifier prints, and keeps every log in a file", async () => {
    const fake = await fakeLauncher(folder);
    launcher = fake.launcher;
    await launcher.start();
    await eventually("the alert line", () =>
      fake.printed.join("").includes("ALERT from notifier at kafka.test:9092"),
    );
    expect(fake.printed.join("")).not.toContain("ALERT from ingest");
    for (const name of flow) {
      expect(readFileSync(join(folder, `${name}.log`), "utf8")).toContain(`log of ${name}`);
    }
  });

  it("starts a service again that was killed, and says so in one line", async () => {
    const fake = await fakeLauncher(folder);
    launcher = fake.launcher;
    await launcher.start();
    const victim = notes("up").find(({ name }) => name === "filter");
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await eventually(
      "filter is up again",
      () => notes("up").filter(({ name }) => name === "filter").length === 2,
    );
    expect(fake.said.filter((line) => line.startsWith("filter ended"))).toEqual([
      "filter ended (SIGKILL); starting it again in 0.25 s",
    ]);
  });

  it("gives up on a service that dies five times in a row, and shows the end of its log", {
    timeout: 20_000,
  }, async () => {
    process.env["FAKE_AGGREGATOR"] = "dies";
    const failures: string[] = [];
    const fake = await fakeLauncher(folder, { onFailed: ({ message }) => failures.push(message) });
    launcher = fake.launcher;
    const starting = launcher.start().catch((error: Error) => error.message);
    await eventually("it gives up", () => failures.length === 1);
    expect(failures[0]).toContain("aggregator ended (exit code 3) and is not started again");
    expect(failures[0]).toContain("no such luck");
    expect(fake.said.filter((line) => line.startsWith("aggregator ended"))).toHaveLength(4);
    await launcher.end();
    expect(await starting).toBe("stopped while starting");
  });

  it("says which port is taken and what moves it, before anything starts", async () => {
    const fake = await fakeLauncher(folder);
    const blocker = createServer().listen(fake.settings.ingestPort, "127.0.0.1");
    await once(blocker, "listening");
    await expect(fake.launcher.start()).rejects.toThrow(
      `127.0.0.1:${fake.settings.ingestPort} (ingest); end what listens there, or set INGEST_PORT`,
    );
    expect(fake.order).toEqual([]);
    blocker.close();
  });

  it("takes its services with it when it is killed with -9", async () => {
    const script = join(import.meta.dirname, "launch-fakes.ts");
    const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await eventually("all have seen it", () => notes("orphaned").length === flow.length);
  });
});

describe("on a broker in memory, the launcher", () => {
  it("runs the services as threads of this process, and stops them in the order of the flow", async () => {
    const fake = await fakeLauncher(folder, {}, "memory");
    launcher = fake.launcher;
    await launcher.start();
    expect(notes("up").map(({ pid }) => pid)).toEqual(flow.map(() => process.pid));
    expect(fake.printed.join("")).toContain("NOTHING SURVIVES A RESTART");
    await eventually("the alert line", () => fake.printed.join("").includes("ALERT from notifier"));
    for (const name of flow) {
      expect(readFileSync(join(folder, `${name}.log`), "utf8")).toContain(`log of ${name}`);
    }
    await launcher.end();
    expect(notes("orphaned").map(({ name }) => name)).toEqual(flow);
  });

  it.each(["dies", "throws"])(
    "gives up on a thread that %s five times in a row, and no other ends",
    {
      timeout: 20_000,
    },
    async (conduct) => {
      process.env["FAKE_AGGREGATOR"] = conduct;
      const failures: string[] = [];
      const onFailed = ({ message }: Error) => void failures.push(message);
      const fake = await fakeLauncher(folder, { onFailed }, "memory");
      launcher = fake.launcher;
      const starting = launcher.start().catch((error: Error) => error.message);
      await eventually("it gives up", () => failures.length === 1);
      expect(failures[0]).toContain("is not started again");
      expect(failures[0]).toContain("no such luck");
      expect(notes("orphaned")).toEqual([]);
      await launcher.end();
      expect(await starting).toBe("stopped while starting");
    },
  );
});
