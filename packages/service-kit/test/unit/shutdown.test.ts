// A bug here closes the producer before the requests that need it, hangs for ever, or kills a drain half-way.

import { PassThrough } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createLogger } from "../../src/logger.ts";
import { listenForShutdown, Shutdown } from "../../src/shutdown.ts";

const log = createLogger({ service: "probe", instance: "p", level: "silent" });

describe("the steps of a shutdown", () => {
  it("run one after the other, last registered first", async () => {
    const order: string[] = [];
    const shutdown = new Shutdown(log, 1_000);
    shutdown.add("producer", () => void order.push("producer"));
    shutdown.add("server", async () => {
      order.push("server begins");
      await Promise.resolve();
      order.push("server done");
    });
    expect(await shutdown.run("test")).toEqual({ ok: true, failures: [] });
    expect(order).toEqual(["server begins", "server done", "producer"]);
  });

  it("run once, however often they are asked for", async () => {
    const step = vi.fn();
    const shutdown = new Shutdown(log, 1_000);
    shutdown.add("x", step);
    expect(shutdown.begun).toBe(false);
    await Promise.all([shutdown.run("a"), shutdown.run("b")]);
    expect(shutdown.begun).toBe(true);
    expect(step).toHaveBeenCalledOnce();
  });

  it("go on after one that fails, which is named", async () => {
    const last = vi.fn();
    const shutdown = new Shutdown(log, 1_000);
    shutdown.add("producer", last);
    shutdown.add("server", () => Promise.reject(new TypeError("stuck socket")));
    expect(await shutdown.run("test")).toEqual({ ok: false, failures: ["server: stuck socket"] });
    expect(last).toHaveBeenCalledOnce();
  });

  it("end at the deadline, naming the step that hung", async () => {
    const shutdown = new Shutdown(log, 20);
    shutdown.add("server", () => new Promise<void>(() => undefined));
    expect(await shutdown.run("test")).toEqual({ ok: false, failures: ["server: not done after 20 ms"] });
  });
});

describe("wishes to end", () => {
  let stop = (): void => undefined;
  afterEach(() => stop());

  function listen(env: Record<string, string> = {}) {
    const seen: string[] = [];
    const clock = { ms: 0 };
    const stdin = new PassThrough();
    stop = listenForShutdown({
      begin: (reason) => seen.push(`begin ${reason}`),
      force: (reason) => seen.push(`force ${reason}`),
      env,
      stdin,
      nowMs: () => clock.ms,
    });
    return { seen, clock, stdin };
  }

  it("the first begins; an echo within half a second is the same wish; a later one forces", () => {
    const { seen, clock } = listen();
    process.emit("SIGINT", "SIGINT");
    clock.ms = 500;
    process.emit("SIGTERM", "SIGTERM");
    expect(seen).toEqual(["begin SIGINT"]);
    clock.ms = 501;
    process.emit("SIGINT", "SIGINT");
    expect(seen).toEqual(["begin SIGINT", "force SIGINT"]);
  });

  it("the end of standard input is one only under RIFFLE_EXIT_WITH_PARENT=1, and never forces", async () => {
    const without = listen();
    without.stdin.end();
    without.stdin.resume();
    await vi.waitFor(() => expect(without.stdin.destroyed).toBe(true));
    expect(without.seen).toEqual([]);
    stop();

    const { seen, clock, stdin } = listen({ RIFFLE_EXIT_WITH_PARENT: "1" });
    stdin.end();
    await vi.waitFor(() => expect(seen).toEqual(["begin the launcher ended"]));
    clock.ms = 10_000;
    stdin.destroy();
    await vi.waitFor(() => expect(stdin.closed).toBe(true));
    expect(seen).toHaveLength(1);
  });
});
