// A bug here lets what a stranger sent write to an operator's terminal, or hides what it was.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hexRows, printable, printableBytes, printableTime } from "../../src/terminal/printable.ts";
import { counted, pairLines, tableLines } from "../../src/terminal/table.ts";

describe("text of a record", () => {
  it("has no control, direction or line character left, whatever the bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(printableBytes(bytes)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      }),
    );
  });

  it("that prints is left as it is", () => {
    expect(printable("acct-7 Café №5 \u{1F4B6}")).toBe("acct-7 Café №5 \u{1F4B6}");
    expect(printable("a\u001b[2Jb\u202ec\n")).toBe("a\\u{1b}[2Jb\\u{202e}c\\u{a}");
  });

  it("that is no UTF-8 is hexadecimal, and null is a hyphen", () => {
    expect(printableBytes(Uint8Array.of(0xff, 0x00))).toBe("0xff00");
    expect(printableBytes(null)).toBe("-");
    expect(printableBytes(new Uint8Array())).toBe("");
  });
});

describe("rows of bytes", () => {
  it("have the offset, sixteen bytes, and the characters that print", () => {
    expect(hexRows(Buffer.from("0123456789abcdef\n\u007f"))).toEqual([
      "00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef",
      "00000010  0a 7f                                            ..",
    ]);
    expect(hexRows(new Uint8Array())).toEqual([]);
  });
});

describe("an instant", () => {
  it("is ISO 8601, and a number where no calendar has it", () => {
    expect(printableTime(0)).toBe("1970-01-01T00:00:00.000Z");
    expect(printableTime(9e15)).toBe("9000000000000000");
  });
});

describe("a table", () => {
  it("has columns as wide as their widest cell, and no space at the ends of lines", () => {
    expect(
      tableLines(
        ["A", "LONG"],
        [
          ["aaa", "b"],
          ["", "\u{1F4B6}"],
        ],
      ),
    ).toEqual(["A    LONG", "aaa  b", "     \u{1F4B6}"]);
    expect(
      pairLines(
        [
          ["a", "1"],
          ["long", ""],
        ],
        "  ",
      ),
    ).toEqual(["  a     1", "  long"]);
  });

  it("counts with the right noun", () => {
    expect([counted(1, "dead letter"), counted(0, "dead letter"), counted(1234, "dead letter")]).toEqual([
      "1 dead letter",
      "0 dead letters",
      "1,234 dead letters",
    ]);
  });
});
