// A bug here makes an orchestrator kill a healthy process, or route to a broken one.

import { createServer } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AdminServer, startAdminServer } from "../../src/admin-server.ts";
import { ConfigError } from "../../src/errors.ts";
import { Health } from "../../src/health.ts";
import { Metrics } from "../../src/metrics.ts";

let admin: AdminServer;
let health: Health;
let metrics: Metrics;

beforeEach(async () => {
  health = new Health();
  metrics = new Metrics("probe", { defaults: false });
  admin = await startAdminServer({
    port: 0,
    health,
    metrics,
    version: { service: "probe", version: "1.2.3" },
  });
});
afterEach(() => admin.close());

const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${admin.port}${path}`, init);

describe("the admin port", () => {
  it("/readyz follows readiness, naming what fails; all of it with ?verbose", async () => {
    health.register("broker", () => ({ ok: true, detail: "connected" }));
    const starting = await get("/readyz");
    expect(starting.status).toBe(503);
    expect(await starting.text()).toBe("not ok\n[-] process: starting\n");
    health.started();
    const ready = await get("/readyz?verbose");
    expect(ready.status).toBe(200);
    expect(await ready.text()).toBe("ok\n[+] process: running\n[+] broker: connected\n");
  });

  it("/livez stays 200 while unready, and is 503 once fatal", async () => {
    expect((await get("/livez")).status).toBe(200);
    health.fatal("broken");
    expect((await get("/livez")).status).toBe(503);
  });

  it("/startupz is 503 until started, whatever the checks say", async () => {
    expect((await get("/startupz")).status).toBe(503);
    health.started();
    health.register("restore", () => ({ ok: false, detail: "restoring" }));
    expect((await get("/startupz")).status).toBe(200);
  });

  it("/metrics has the metrics with the service's label", async () => {
    const counter = metrics.counter({ name: "riffle_probe_total", help: "Probes.", labels: ["kind"] });
    counter.inc({ kind: "a" });
    const response = await get("/metrics");
    expect(response.headers.get("content-type")).toContain("text/plain");
    expect(await response.text()).toContain('riffle_probe_total{kind="a",service="probe"} 1');
  });

  it("/metrics answers 500, and the process lives on, when a collector throws", async () => {
    metrics.gauge({
      name: "riffle_broken",
      help: "Broken.",
      collect: () => {
        throw new TypeError("no value");
      },
    });
    expect((await get("/metrics")).status).toBe(500);
    expect((await get("/livez")).status).toBe(200);
  });

  it("/version is JSON; anything else 404; other methods 405; HEAD has no body", async () => {
    expect(await (await get("/version")).json()).toEqual({ service: "probe", version: "1.2.3" });
    expect((await get("/")).status).toBe(404);
    expect((await get("//")).status).toBe(400);
    const post = await get("/livez", { method: "POST", body: "x" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    expect(await (await get("/livez", { method: "HEAD" })).text()).toBe("");
  });

  it("a taken port is a configuration fault that names the port", async () => {
    const start = startAdminServer({ port: admin.port, health, metrics, version: {} });
    await expect(start).rejects.toThrow(
      `ADMIN_PORT: 127.0.0.1:${admin.port} is taken by another process; stop that process or choose another port`,
    );
    await expect(start).rejects.toBeInstanceOf(ConfigError);
  });

  it("listens on the loopback address unless told otherwise", async () => {
    const other = createServer().listen({ host: "127.0.0.2", port: admin.port });
    await new Promise((resolve) => other.once("listening", resolve));
    other.close();
  });
});
