// A bug here files one account's window under another account, or under another time.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { partsOfTimedKey, timedKey, timeOf, timeText } from "../../../src/state/composite-key.ts";

const time = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -20, max: 20 }));

describe("a composite key", () => {
  it("is readable", () => {
    expect(timedKey("acc_42", 1_800_000_000_000)).toBe("acc_42@00001800000000000");
  });

  it("gives any key and any time back, a key that looks like one too", () => {
    const key = fc.oneof(
      fc.string(),
      fc.string().map((text) => timedKey(text, 7)),
    );
    fc.assert(
      fc.property(key, time, (of, timeMs) => {
        expect(partsOfTimedKey(timedKey(of, timeMs))).toEqual({ key: of, timeMs });
      }),
    );
  });

  it("keeps the order of times, before 1970 too", () => {
    fc.assert(
      fc.property(time, time, (a, b) => {
        expect(timeText(a) < timeText(b)).toBe(a < b);
      }),
    );
  });

  it.each([
    ["boundary: the largest time", Number.MAX_SAFE_INTEGER],
    ["boundary: the smallest time", Number.MIN_SAFE_INTEGER],
    ["the last millisecond before 1970", -1],
    ["1970", 0],
  ])("holds %s", (_, timeMs) => {
    expect([timeText(timeMs).length, timeOf(timeText(timeMs))]).toEqual([17, timeMs]);
  });

  it.each(["", "a", "a@1", "a#00000000000000001", "a@0999999999999999x", "a@09999999999999999"])(
    "is not read from any other text: %j",
    (text) => {
      expect(partsOfTimedKey(text)).toBeUndefined();
    },
  );
});
