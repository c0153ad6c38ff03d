// A bug here lets what a stranger sent write to an operator's terminal, or gives a program another value than was there.

import fc from "fast-check";
import { expect, it } from "vitest";
import { jsonText } from "../../src/terminal/json-text.ts";

const codePoint = fc.oneof(fc.integer({ max: 0xff, min: 0 }), fc.integer({ max: 0x10ffff, min: 0 }));
const anyText = fc.array(codePoint).map((points) => String.fromCodePoint(...points));

it("no control, direction or line character is left, and a program reads the same value", () => {
  fc.assert(
    fc.property(anyText, anyText, (name, of) => {
      const value = { [name]: [of, 1, null] };
      const text = jsonText(value);
      expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      expect(text).toBe(jsonText(JSON.parse(text)));
      expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value));
    }),
  );
});

it("the beginning of a terminal's command, a turned line and a character of two units are escaped; letters are not", () => {
  expect(jsonText({ "a\u009b2J": "\u007f\u202e\u{e0041} Café \u{1F4B6}" })).toBe(
    '{"a\\u009b2J":"\\u007f\\u202e\\udb40\\udc41 Café \u{1F4B6}"}',
  );
});
