// A bug here reads another amount than was sent, or lets two readers of one body see two transactions.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseStrictJson, valuePlaces } from "../../../src/json/strict-json.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "utf8");

function faultOf(input: string | Buffer) {
  const result = parseStrictJson(typeof input === "string" ? bytes(input) : input);
  return result.kind === "fault" ? result.fault : undefined;
}

/** Thousands of runs, on a machine that may have much else to do. */
const generous = { timeout: 120_000 };

/** May be beyond what is exact. */
const hasLongInteger = /\d{16}/;

function jsonParse(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

describe("what JSON.parse accepts", () => {
  it("is accepted, with the same value, for every value without the refused extras", generous, () => {
    const value = fc.jsonValue({ maxDepth: 14, stringUnit: "binary" });
    fc.assert(
      fc.property(value, fc.constantFrom(0, 1, "\t", "\r\n "), (json, indent) => {
        const text = JSON.stringify(json, undefined, indent);
        if (text.includes("__proto__") || hasLongInteger.test(text)) return;
        expect(parseStrictJson(bytes(text))).toMatchObject({ kind: "value", value: JSON.parse(text) });
      }),
      { numRuns: 2_000 },
    );
  });

  it(
    "decides the verdict on damaged texts, too: one character put in, taken out or changed",
    generous,
    () => {
      const damage = fc.tuple(
        fc.jsonValue({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom("insert", "delete", "replace"),
        fc.constantFrom(...'{}[]":,\\ 019-+.eEtrufalsn/\n\u0001\u00e9'),
      );
      fc.assert(
        fc.property(damage, ([json, place, how, char]) => {
          const whole = JSON.stringify(json);
          const at = place % (whole.length + 1);
          const text =
            whole.slice(0, at) + (how === "delete" ? "" : char) + whole.slice(how === "insert" ? at : at + 1);
          const expected = jsonParse(text);
          const result = parseStrictJson(bytes(text));
          if (result.kind === "value") expect(result.value).toStrictEqual(expected?.value);
          else if (expected !== undefined) {
            expect([
              "json-duplicate-name",
              "json-lone-surrogate",
              "json-forbidden-name",
              "json-not-utf8",
              "json-number-too-large",
            ]).toContain(result.fault.code);
          }
        }),
        { numRuns: 5_000 },
      );
    },
  );

  it.each([
    '"\\u0041\\n\\/\\ud83d\\ude00"',
    "[1,-0,0.5,1e3,1E+2,-1.5e-3,9007199254740991,-9007199254740991,1e308]",
    ' \t\r\n{"a" : [ ] , "b":{ } }\n',
    '{"constructor":1,"toString":2,"hasOwnProperty":3,"":4,"2":5,"1":6}',
    '"\u007f\u2028\u2029"',
  ])("%j", (text) => {
    expect(parseStrictJson(bytes(text))).toMatchObject({ kind: "value", value: JSON.parse(text) });
  });
});

describe("what is refused beyond JSON.parse", () => {
  it.each([
    ["a name twice", '{"a":1,"a":1}', "json-duplicate-name", 7, "a"],
    ["a name twice, spelled with an escape", '{"a":1,"\\u0061":2}', "json-duplicate-name", 7, "a"],
    ["a name twice, deeper", '{"m":{"k":1,"k":2}}', "json-duplicate-name", 12, "m.k"],
    ["__proto__", '{"__proto__":{"amount":1}}', "json-forbidden-name", 1, ""],
    ["half a surrogate pair", '{"a":"x\\ud800y"}', "json-lone-surrogate", 5, "a"],
    ["the halves in the wrong order", '"\\ude00\\ud83d"', "json-lone-surrogate", 0, ""],
    ["half a pair as a name", '{"\\udfff":1}', "json-lone-surrogate", 1, ""],
    ["17 levels", "[".repeat(17) + "]".repeat(17), "json-too-deep", 16, "0.".repeat(16).slice(0, -1)],
    ["an integer that is not exact", '{"d":{"e":9007199254740992}}', "json-number-too-large", 10, "d.e"],
    ["a negative one", "[1,-9007199254740993]", "json-number-too-large", 3, "1"],
    ["a number that is infinite", '{"é":1e400}', "json-number-too-large", 6, "é"],
    ["490,000 levels", "[".repeat(490_000), "json-too-deep", 16, "0.".repeat(16).slice(0, -1)],
  ])("%s", (_, text, code, byteAt, path) => {
    expect(faultOf(text)).toMatchObject({ code, byteAt, path });
  });

  it("16 levels are accepted", () => {
    expect(parseStrictJson(bytes("[".repeat(16) + "]".repeat(16))).kind).toBe("value");
  });

  it.each([
    ["ff fe", Buffer.from([0x22, 0xff, 0xfe, 0x22]), 1],
    ["an encoded surrogate", Buffer.from([0x22, 0x61, 0xed, 0xa0, 0x80, 0x22]), 3],
    ["an overlong slash", Buffer.from([0x22, 0xc0, 0xaf, 0x22]), 1],
    ["a cut character", Buffer.from([0x22, 0xc3, 0xa9, 0xc3]), 4],
    ["UTF-16", Buffer.from('{"a":1}', "utf16le").fill(0xff, 0, 1), 0],
  ])("bytes that are no UTF-8: %s", (_, input, byteAt) => {
    expect(faultOf(input)).toMatchObject({ code: "json-not-utf8", byteAt });
  });

  it("half a megabyte with a fault at its end is located", () => {
    const input = Buffer.concat([Buffer.alloc(500_000, "é"), Buffer.from([0xff])]);
    expect(faultOf(input)?.byteAt).toBe(500_000);
  });
});

describe("faults of syntax", () => {
  it.each([
    ["", "json-empty", 0],
    [" \n", "json-empty", 0],
    ["{", "json-syntax", 1],
    ['{"a":1', "json-syntax", 6],
    ['{"a":1,}', "json-syntax", 7],
    ["{a:1}", "json-syntax", 1],
    ["{'a':1}", "json-syntax", 1],
    ["[1,]", "json-syntax", 3],
    ["[1 2]", "json-syntax", 3],
    ["01", "json-trailing-data", 1],
    ["+1", "json-syntax", 0],
    [".5", "json-syntax", 0],
    ["1.", "json-trailing-data", 1],
    ["NaN", "json-syntax", 0],
    ["truth", "json-syntax", 0],
    ['"é\u0001"', "json-syntax", 3],
    ['"\\x41"', "json-syntax", 1],
    ['"\\u12G4"', "json-syntax", 1],
    ['"open', "json-syntax", 5],
    ["{} {}", "json-trailing-data", 3],
    ["{}//", "json-trailing-data", 2],
    ["\ufeff{}", "json-syntax", 0],
    ["\u00a0{}", "json-syntax", 0],
  ])("%j is %s at byte %i", (text, code, byteAt) => {
    expect(jsonParse(text)).toBeUndefined();
    expect(faultOf(text)).toMatchObject({ code, byteAt });
  });
});

describe("spelled numbers", () => {
  it("are those that are not plain integers, with their paths", () => {
    const text = '{"a":1,"b":1.0,"c":[2,1e3,-0],"d":{"f":9007199254740991}}';
    expect(parseStrictJson(bytes(text))).toMatchObject({
      spelledNumbers: [
        { path: "b", spelling: "fraction" },
        { path: "c.1", spelling: "exponent" },
      ],
    });
  });
});

describe("the places of values", () => {
  it("are counted in bytes, by path, the document under the empty one", () => {
    const text = ' {"é":"ü", "list":[1, {"b" :true}]}';
    expect([...valuePlaces(bytes(text))]).toEqual([
      ["", 1],
      ["é", 7],
      ["list", 20],
      ["list.0", 21],
      ["list.1", 24],
      ["list.1.b", 30],
    ]);
  });

  it("are where JSON.parse finds the value again, in texts of any characters", () => {
    const list = fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.constant(null)));
    fc.assert(
      fc.property(list, fc.constantFrom(0, 1, "\t"), (values, indent) => {
        const body = bytes(JSON.stringify(values, undefined, indent));
        const places = valuePlaces(body);
        expect(places.size).toBe(values.length + 1);
        for (const [at, value] of values.entries()) {
          const from = places.get(String(at)) ?? -1;
          const text = JSON.stringify(value);
          expect(body.subarray(from, from + Buffer.byteLength(text)).toString()).toBe(text);
        }
      }),
    );
  });

  it("of two values with one path are that of the first", () => {
    expect([...valuePlaces(bytes('{"é.b":1,"é":{"b":2},"c":3}'))]).toEqual([
      ["", 0],
      ["é.b", 8],
      ["é", 15],
      ["c", 27],
    ]);
  });
});

describe("a long name before thousands of values", () => {
  const name = "n".repeat(30_000);
  const fractions = bytes(`{"amount":1.5,"${name}":[${"0.5,".repeat(8_000)}1]}`);

  it("is not copied for each of them: only short paths are kept", () => {
    const result = parseStrictJson(fractions);
    expect(result).toMatchObject({ spelledNumbers: [{ path: "amount", spelling: "fraction" }] });
    expect([...valuePlaces(fractions).keys()]).toEqual(["", "amount"]);
  });
});
