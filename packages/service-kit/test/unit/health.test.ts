// A bug here sends work to a process that cannot do it, or restarts one that only waits for its broker.

import { describe, expect, it } from "vitest";
import { ServiceKitError } from "../../src/errors.ts";
import { Health } from "../../src/health.ts";

describe("readiness", () => {
  it("is false until started, and again from draining on", () => {
    const health = new Health();
    expect(health.readiness().ok).toBe(false);
    health.started();
    expect(health.readiness().ok).toBe(true);
    health.draining();
    health.started();
    expect(health.readiness()).toEqual({
      ok: false,
      checks: [{ name: "process", ok: false, detail: "shutting down" }],
    });
  });

  it("needs every check, and lists them all", () => {
    const health = new Health();
    health.started();
    let restored = false;
    health.register("broker", () => ({ ok: true, detail: "connected" }));
    health.register("state", () => ({ ok: restored, detail: restored ? "restored" : "restoring" }));
    expect(health.readiness().ok).toBe(false);
    restored = true;
    expect(health.readiness().ok).toBe(true);
    expect(health.readiness().checks.map((c) => c.name)).toEqual(["process", "broker", "state"]);
  });

  it("takes a check that throws for not ok, with the message", () => {
    const health = new Health();
    health.started();
    health.register("broker", () => {
      throw new TypeError("no client");
    });
    expect(health.readiness().checks[1]).toEqual({ name: "broker", ok: false, detail: "no client" });
  });

  it("refuses a second check of the same name, until the first is removed", () => {
    const health = new Health();
    const remove = health.register("broker", () => ({ ok: true, detail: "" }));
    expect(() => health.register("broker", () => ({ ok: true, detail: "" }))).toThrow(ServiceKitError);
    remove();
    health.register("broker", () => ({ ok: true, detail: "" }));
  });
});

describe("liveness", () => {
  it("does not depend on checks, only on an explicit fatal state", () => {
    const health = new Health();
    health.register("broker", () => ({ ok: false, detail: "away" }));
    expect(health.liveness().ok).toBe(true);
    health.started();
    health.fatal("state lost");
    health.fatal("later reason");
    expect(health.liveness()).toEqual({
      ok: false,
      checks: [{ name: "process", ok: false, detail: "state lost" }],
    });
    expect(health.readiness().ok).toBe(false);
  });
});

describe("startup", () => {
  it("is over once started, and stays so while a check fails or the process drains", () => {
    const health = new Health();
    health.register("state", () => ({ ok: false, detail: "restoring" }));
    expect(health.startup()).toEqual({
      ok: false,
      checks: [{ name: "process", ok: false, detail: "starting" }],
    });
    health.started();
    expect(health.startup().ok).toBe(true);
    health.draining();
    expect(health.startup().ok).toBe(true);
  });

  it("is not over in a fatal state", () => {
    const health = new Health();
    health.fatal("state lost");
    health.started();
    expect(health.startup().ok).toBe(false);
  });
});
