// A bug here would look like: "0 ms" for a lag that is there, "60 s" where a minute is meant, an amount a hundred times too
// large, or a command that breaks in the shell it is pasted into.

import { assert, integer, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAmount } from "../../../dashboard/src/format/amount.ts";
import {
  formatAgo,
  formatClock,
  formatCount,
  formatDay,
  formatDuration,
  formatRate,
  plural,
  shellWord,
  shorten,
} from "../../../dashboard/src/format/text.ts";

describe("a duration", () => {
  it.each([
    [0, "0 ms"],
    [0.4, "<1 ms"],
    [12.4, "12 ms"],
    [999, "999 ms"],
    [1_000, "1 s"],
    [1_250, "1.25 s"],
    [12_340, "12.3 s"],
    [60_000, "1 min"],
    [125_000, "2 min 5 s"],
    [3_600_000, "1 h"],
    [12_000_000, "3 h 20 min"],
    [90_000_000, "1 d 1 h"],
    [-1_500, "-1.5 s"],
  ])("of %d ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("that is there is never shown as none", () => {
    assert(
      property(integer({ min: 1, max: 10 ** 12 }), (us) => {
        expect(formatDuration(us / 1_000)).not.toBe("0 ms");
      }),
    );
  });
});

describe("a moment", () => {
  it.each([
    [0, "now"],
    [999, "now"],
    [1_000, "1 s ago"],
    [59_999, "59 s ago"],
    [125_000, "2 min ago"],
    [7_200_000, "2 h ago"],
    [-5_000, "in 5 s"],
  ])("%d ms before now is %s", (gone, text) => {
    expect(formatAgo(10_000_000 - gone, 10_000_000)).toBe(text);
  });

  it("is told in the zone whose offset is given", () => {
    const ms = Date.UTC(2026, 2, 1, 23, 30, 5, 120);
    expect(formatClock(ms, 0)).toBe("23:30:05.120");
    expect(formatDay(ms, -60)).toBe("2026-03-02 00:30:05");
  });
});

describe("numbers", () => {
  it("are grouped by thousands", () => {
    expect([0, 999, 1_000, 1_234_567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"]);
  });

  it("of a rate keep what is small apart from nothing", () => {
    expect([0, 0.02, 0.4, 12.54, 10, 100, 1_240.4].map(formatRate)).toEqual([
      "0",
      "<0.1",
      "0.4",
      "12.5",
      "10",
      "100",
      "1,240",
    ]);
  });

  it("of money follow the currency, and an unknown one is shown as it is", () => {
    expect(formatAmount(250_000, "EUR")).toBe("2,500.00 EUR");
    expect(formatAmount(2_500, "JPY")).toBe("2,500 JPY");
    expect(formatAmount(2_500, "???")).toBe("2500 ???");
  });

  it("agree with their noun", () => {
    expect([plural(1, "alert"), plural(2, "alert"), plural(0, "delivery", "deliveries")]).toEqual([
      "1 alert",
      "2 alerts",
      "0 deliveries",
    ]);
  });
});

describe("an id", () => {
  it("is cut in its middle to at most so many characters, both ends kept", () => {
    expect(shorten("al_0123456789abcdef0123", 12)).toBe("al_012…f0123");
    assert(
      property(string(), integer({ min: 3, max: 40 }), (id, most) => {
        const short = shorten(id, most);
        expect(short.length).toBeLessThanOrEqual(Math.max(most, 3));
        if (id.length <= most) expect(short).toBe(id);
      }),
    );
  });
});

describe("a word of a shell command", () => {
  it("is quoted where the shell would read more in it", () => {
    expect(shellWord("tx-1")).toBe("tx-1");
    expect(shellWord("a b")).toBe("'a b'");
    expect(shellWord("it's $(x)")).toBe("'it'\\''s $(x)'");
    expect(shellWord("")).toBe("''");
  });
});
