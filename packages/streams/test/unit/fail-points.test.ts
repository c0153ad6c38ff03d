// A bug here makes a fault test hit nothing and pass, or ends a process in production.

import { afterEach, describe, expect, it } from "vitest";
import { StreamsConfigError, StreamsError } from "../../src/errors.ts";
import { armFailPoint, failPoint, failPoints, parseFailPoint } from "../../src/fail-points.ts";

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
