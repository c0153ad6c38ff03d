// A bug here lets time go back, or calls a record late that was on time.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closedEndMs, isLate, laterOf } from "../../../src/time/stream-time.ts";

describe("stream time", () => {
  it("is the highest event time seen and never goes back", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1_000, max: 1_000 })), (times) => {
        let streamTimeMs = -1;
        for (const [i, time] of times.entries()) {
          const before = streamTimeMs;
          streamTimeMs = laterOf(streamTimeMs, time);
          expect(streamTimeMs).toBeGreaterThanOrEqual(before);
          expect(streamTimeMs).toBe(Math.max(-1, ...times.slice(0, i + 1)));
        }
      }),
    );
  });
});

describe("stream time: boundary", () => {
  it.each([
    ["at the window's end", 10, false],
    ["at end + grace - 1", 11, false],
    ["at end + grace", 12, true],
    ["at end + grace + 1", 13, true],
  ])("a window [0, 10) with grace 2 is closed %s: stream time %d, %s", (_, streamTimeMs, late) => {
    expect(isLate(10, 2, streamTimeMs)).toBe(late);
  });

  it("with no grace a window is closed at its end", () => {
    expect([isLate(10, 0, 9), isLate(10, 0, 10)]).toEqual([false, true]);
  });

  it("the last closed end is the same rule", () => {
    const ms = fc.integer({ min: -100, max: 100 });
    fc.assert(
      fc.property(ms, fc.nat(50), ms, (endMs, graceMs, streamTimeMs) => {
        expect(endMs <= closedEndMs(streamTimeMs, graceMs)).toBe(isLate(endMs, graceMs, streamTimeMs));
      }),
    );
  });
});
