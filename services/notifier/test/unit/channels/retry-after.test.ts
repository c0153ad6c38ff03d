// A bug here asks a receiver again that has just asked to be left alone, or never asks again.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseRetryAfterMs } from "../../../src/channels/retry-after.ts";

const nowMs = Date.parse("2026-03-01T12:00:00.000Z");

describe("a Retry-After header", () => {
  it.each([
    ["0", 0],
    ["120", 120_000],
    ["999999999", 999_999_999_000],
    ["Sun, 01 Mar 2026 12:01:00 GMT", 60_000],
    ["Sun, 01 Mar 2026 11:00:00 GMT", 0],
    [undefined, undefined],
    ["", undefined],
    ["soon", undefined],
    ["-1", undefined],
    ["1.5", undefined],
    ["1e3", undefined],
    ["0x10", undefined],
    ["9999999999", undefined],
    ["120, 60", undefined],
    ["2026-03-01T12:01:00Z", undefined],
    ["Sun, 99 Foo 2026", undefined],
  ])("%j asks for %j ms", (header, expected) => {
    expect(parseRetryAfterMs(header, nowMs)).toBe(expected);
  });

  it("is never more than a whole number from 0, whatever it says", () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const waitMs = parseRetryAfterMs(header, nowMs);
        expect(waitMs === undefined || (Number.isSafeInteger(waitMs) && waitMs >= 0)).toBe(true);
      }),
    );
  });
});
