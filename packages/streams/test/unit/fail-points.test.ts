// A bug here makes a fault test hit nothing and pass, or ends a process in production.

import { afterEach, describe, expect, it } from "vitest";
import { StreamsConfigError, StreamsError } from "../../src/errors.ts";
import {
  armFailPoint,
  failPoint,
  failPoints,
  holdingFailPoint,
  parseFailPoint,
} from "../../src/fail-points.ts";

afterEach(() => armFailPoint(undefined));

describe("parseFailPoint", () => {
  it("reads a point and its action, at the first time unless a number says otherwise", () => {
    expect(parseFailPoint("after-end-txn:kill")).toEqual({ point: "after-end-txn", action: "kill", hit: 1 });
    expect(parseFailPoint("after-produce:pause:12")).toEqual({
      point: "after-produce",
      action: "pause",
      hit: 12,
    });
  });

  it.each([
    "",
    "after-end-txn",
    "after-endtxn:kill",
    "after-join:explode",
    "after-join:kill:0",
    "after-join:kill:1:2",
    "after-join:hold",
  ])("refuses %j", (text) => {
    expect(() => parseFailPoint(text)).toThrow(StreamsConfigError);
  });

  it("names every fault at once", () => {
    expect(() => parseFailPoint("nowhere:explode:-1")).toThrow(/"nowhere"[\s\S]*"explode"[\s\S]*:n/);
  });
});

describe("failPoint", () => {
  it("does nothing at any place while none is armed", () => {
    for (const point of failPoints) expect(() => failPoint(point)).not.toThrow();
  });

  it("acts at the n-th time its place is reached, and never again", () => {
    armFailPoint(parseFailPoint("after-produce:throw:3"));
    failPoint("after-produce");
    failPoint("after-end-txn");
    failPoint("after-produce");
    expect(() => failPoint("after-produce")).toThrow(StreamsError);
    expect(() => failPoint("after-produce")).not.toThrow();
  });
});

describe("a place that can be held", () => {
  it("holds nothing up while none is armed", () => {
    expect(holdingFailPoint("before-restore")).toBeUndefined();
  });

  it("waits at the n-th time until somebody sends SIGCONT, and lets the process go on meanwhile (FP2)", async () => {
    armFailPoint(parseFailPoint("before-restore:hold:2"));
    expect(holdingFailPoint("before-restore")).toBeUndefined();
    const seen: string[] = [];
    const held = holdingFailPoint("before-restore")?.then(() => seen.push("went on"));
    expect(held).toBeDefined();
    await new Promise(setImmediate);
    seen.push("the process works");
    process.kill(process.pid, "SIGCONT");
    await held;
    expect(seen).toEqual(["the process works", "went on"]);
    expect(holdingFailPoint("before-restore")).toBeUndefined();
  });

  it("does the other actions as any place does", () => {
    armFailPoint(parseFailPoint("before-restore:throw"));
    expect(() => holdingFailPoint("before-restore")).toThrow(StreamsError);
  });
});
