// A bug here leaves a broken process running, hides why one ended, or prints a secret on the way. Real processes.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";

const script = fileURLToPath(new URL("fixtures/probe-service.ts", import.meta.url));
const children: ChildProcessWithoutNullStreams[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function probe(env: Record<string, string>) {
  const child = spawn(process.execPath, [script], { env: { ADMIN_PORT: "0", ...env } });
  children.push(child);
  const out = { err: "", std: "" };
  child.stderr.on("data", (chunk) => {
    out.err += chunk;
  });
  child.stdout.on("data", (chunk) => {
    out.std += chunk;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  const started = () => vi.waitFor(() => expect(out.err).toContain('"started"'), { timeout: 10_000 });
  return { child, out, ended, started };
}

const good = { KAFKA_BROKERS: "127.0.0.1:9092", PROBE: "run" };

describe("a service process", { timeout: 20_000 }, () => {
  it("ends with 78 and one plain line per fault when its configuration is wrong", async () => {
    const { out, ended } = probe({ PROBE: "dance", PROBE_SECRET: "hunter2" });
    expect(await ended).toBe(78);
    expect(out.err).toBe(
      [
        "probe was not started, 3 faults in its configuration:",
        "  KAFKA_BROKERS: required, but missing — a comma-separated list such as 127.0.0.1:9092",
        '  PROBE: found "dance", but must be one of run, throw, reject, late-throw, hang',
        "  PROBE_SECRET: found a value (secret, not shown), but must be a text of at least 8 characters",
        "",
      ].join("\n"),
    );
  });

  it("serves probes, then closes last registered first and ends with 0 on SIGTERM", async () => {
    const { child, out, ended, started } = probe({ ...good, PROBE_SECRET: "correct-horse" });
    await started();
    const port = /"adminPort":(\d+)/.exec(out.err)?.[1];
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200);
    child.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(out.err.indexOf("second closed")).toBeGreaterThan(0);
    expect(out.err.indexOf("first closed")).toBeGreaterThan(out.err.indexOf("second closed"));
    expect(out.err).not.toContain("correct-horse");
    expect(out.std).toBe("");
  });

  it("ends with 0 when its launcher ends, if told to watch it", async () => {
    const { child, ended, started } = probe({ ...good, RIFFLE_EXIT_WITH_PARENT: "1" });
    await started();
    child.stdin.end();
    expect(await ended).toBe(0);
  });

  it("ends with 1 at the deadline of a shutdown that hangs, naming the step", async () => {
    const { child, out, ended, started } = probe({ ...good, PROBE: "hang", SHUTDOWN_DEADLINE_MS: "100" });
    await started();
    child.kill("SIGTERM");
    expect(await ended).toBe(1);
    expect(out.err).toContain("second: not done after 100 ms");
  });

  it.each([
    ["throw", "cannot start"],
    ["reject", "nobody caught"],
    ["late-throw", "nobody handled"],
  ])("ends with 1 at once on %s, with the error as a fatal line and no draining", async (what, message) => {
    const { out, ended } = probe({ ...good, PROBE: what });
    expect(await ended).toBe(1);
    expect(out.err).toContain(message);
    expect(out.err).toContain('"level":"fatal"');
    expect(out.err).not.toContain("closed");
  });
});
