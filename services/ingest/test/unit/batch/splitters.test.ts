// A bug here lets a broken line take its neighbours with it, tells a client the wrong line, or keeps a body in memory.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BatchItem, type BatchSplitter, transactionBytesMax } from "../../../src/batch/batch-item.ts";
import { LineSplitter } from "../../../src/batch/line-splitter.ts";
import { ListSplitter } from "../../../src/batch/list-splitter.ts";

/** Each item as `line text`, with the body cut at the given places. */
function split(splitter: BatchSplitter, body: Buffer, cuts: readonly number[] = []): string[] {
  const found: string[] = [];
  const take = (line: number, item: BatchItem): void => {
    const what = item.kind === "bytes" ? Buffer.from(item.bytes).toString() : item.kind;
    found.push(`${line} ${what}`);
  };
  const places = [0, ...cuts.map((cut) => cut % (body.length + 1)).sort((a, b) => a - b), body.length];
  for (const [i, from] of places.slice(0, -1).entries())
    splitter.push(body.subarray(from, places[i + 1]), take);
  splitter.end(take);
  return found;
}

const cuts = fc.array(fc.nat(), { maxLength: 6 });

describe("lines", () => {
  it("are what stands between line breaks, wherever the network cuts", () => {
    const line = fc.stringMatching(/^[ -~é\r\t]{0,12}$/);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), cuts, (lines, at) => {
        const expected = lines
          .map((text, i) => `${i + 1} ${text}`)
          .filter((_, i) => /[^ \t\r]/.test(lines[i] ?? ""));
        expect(split(new LineSplitter(), Buffer.from(lines.join("\n")), at)).toEqual(expected);
      }),
      { numRuns: 1_000 },
    );
  });

  it("of 64 KiB are taken; of one byte more they are told, and the next is taken", () => {
    const fits = "x".repeat(transactionBytesMax);
    const body = Buffer.from(`${fits}\n${fits}y\nnext`);
    const found = split(new LineSplitter(), body, [10, 70_000, 140_000]);
    expect(found.map((text) => text.slice(0, 12))).toEqual([`1 ${"x".repeat(10)}`, "2 too-large", "3 next"]);
  });
});

describe("the elements of a list", () => {
  it("are cut exactly when the list is JSON, wherever the network cuts", { timeout: 120_000 }, () => {
    const element = fc.jsonValue({ maxDepth: 3, stringUnit: "binary" });
    fc.assert(
      fc.property(fc.array(element, { maxLength: 6 }), cuts, fc.constantFrom(0, 1), (list, at, indent) => {
        const text = JSON.stringify(list, undefined, indent);
        const found = split(new ListSplitter(), Buffer.from(` ${text}\n`), at);
        expect(found.map((item) => JSON.parse(item.slice(item.indexOf(" "))))).toEqual(JSON.parse(text));
        expect(found.map((item) => Number.parseInt(item, 10))).toEqual(list.map((_, i) => i + 1));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['[{"a":nope},{"b":1}]', ['1 {"a":nope}', '2 {"b":1}']],
    ['[{"a":"]},\\""},2]', ['1 {"a":"]},\\""}', "2 2"]],
    ["[1,,2]", ["1 1", "2 ", "3 2"]],
    ["[1,]", ["1 1", "2 "]],
    ["[}1,2]", ["1 }1", "2 2"]],
    ["[]", []],
    [" [ ] ", []],
    ["", ["1 broken"]],
    ["{}", ["1 broken"]],
    ["[1,2", ["1 1", "2 broken"]],
    ['[1,{"a":"', ["1 1", "2 broken"]],
    ["[1] x", ["1 1", "2 broken"]],
    ["[1][2]", ["1 1", "2 broken"]],
  ])("of %j are %j", (text, expected) => {
    expect(split(new ListSplitter(), Buffer.from(text))).toEqual(expected);
    expect(split(new ListSplitter(), Buffer.from(text), [1, 2, 3, 4, 5])).toEqual(expected);
  });

  it("above 64 KiB are told, and the next is taken", () => {
    const body = Buffer.from(`["${"x".repeat(transactionBytesMax)}",2]`);
    expect(split(new ListSplitter(), body, [40_000])).toEqual(["1 too-large", "2 2"]);
  });
});
