// A bug here lets a stranger slow a process down, or leaves it being measured for ever.

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { answerProfile, isLoopback } from "../../src/admin-profile.ts";
import { type AdminServer, startAdminServer } from "../../src/admin-server.ts";
import { Health } from "../../src/health.ts";
import { Metrics } from "../../src/metrics.ts";
import { Profiler } from "../../src/profiler.ts";

let admin: AdminServer;

beforeEach(async () => {
  const metrics = new Metrics("probe", { defaults: false });
  admin = await startAdminServer({ port: 0, health: new Health(), metrics, version: {} });
});
afterEach(() => admin.close());

const post = (path: string, init: RequestInit = {}) =>
  fetch(`http://127.0.0.1:${admin.port}${path}`, { method: "POST", ...init });

describe("a profile", { timeout: 20_000 }, () => {
  it("of the CPU is what Chrome reads: nodes, samples and their times", async () => {
    const answer = await post("/profile/cpu?seconds=1");
    expect(answer.status).toBe(200);
    const profile = (await answer.json()) as { nodes: unknown[]; samples: unknown[]; timeDeltas: unknown[] };
    expect(profile.nodes.length).toBeGreaterThan(0);
    expect(profile.samples).toHaveLength(profile.timeDeltas.length);
  });

  it("of the heap is a tree of who allocated", async () => {
    const answer = await post("/profile/heap?seconds=1");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ head: { callFrame: {}, children: expect.any(Array) } });
  });

  it("is taken one at a time, and ends when its client leaves", async () => {
    // Of no length a request never takes one itself; it is told of the other first.
    const status = async () => (await post("/profile/cpu?seconds=0")).status;
    const leaving = new AbortController();
    const first = post("/profile/cpu?seconds=60", { signal: leaving.signal }).catch(() => "left");
    await expect.poll(status, { timeout: 10_000 }).toBe(409);
    leaving.abort();
    expect(await first).toBe("left");
    await expect.poll(status, { timeout: 10_000 }).toBe(400);
  });

  it("does not begin beside another", async () => {
    const profiler = new Profiler();
    const ending = new AbortController();
    const first = profiler.take("cpu", 60, ending.signal);
    await expect(profiler.take("heap", 1, ending.signal)).rejects.toThrow(/while another/);
    ending.abort();
    expect(JSON.parse(await first)).toHaveProperty("nodes");
    expect(profiler.busy).toBe(false);
  });

  it.each(["0", "61", "1.5", "ten", ""])("of %j seconds is refused", async (seconds) => {
    expect((await post(`/profile/cpu?seconds=${seconds}`)).status).toBe(400);
  });

  it("is asked for by POST, and by no page in a browser", async () => {
    expect((await post("/profile/cpu", { method: "GET" })).status).toBe(405);
    expect((await post("/profile/cpu", { headers: { origin: "http://127.0.0.1" } })).status).toBe(403);
    expect((await post("/profile/disk")).status).toBe(405);
  });

  it("is refused to another machine, wherever the port listens", async () => {
    const request = { method: "POST", headers: {}, remoteAddress: "10.1.2.3" };
    const { signal } = new AbortController();
    const answer = await answerProfile(new Profiler(), "cpu", request, new URLSearchParams(), signal);
    expect(answer.status).toBe(403);
  });

  it.each([
    ["127.0.0.1", true],
    ["127.8.9.1", true],
    ["::1", true],
    ["::ffff:127.0.0.1", true],
    ["10.0.0.1", false],
    ["::ffff:10.0.0.1", false],
    ["fe80::1", false],
    [undefined, false],
  ])("from %s: this machine is %s", (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });
});
