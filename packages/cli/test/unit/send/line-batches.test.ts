// A bug here sends half a transaction, loses one, or names the wrong line as refused.

import fc from "fast-check";
import { expect, it } from "vitest";
import { batchesOf, linesIn, type NumberedLine } from "../../../src/send/line-batches.ts";

async function* chunked(text: string, cuts: readonly number[]): AsyncGenerator<Uint8Array, void> {
  const bytes = Buffer.from(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  for (const [i, from] of places.slice(0, -1).entries()) yield bytes.subarray(from, places[i + 1]);
}

const collected = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
};

const texts = (lines: readonly NumberedLine[]): [number, string][] =>
  lines.map(({ line, bytes }) => [line, Buffer.from(bytes).toString()]);

it("lines are those of an editor, wherever the input is cut", async () => {
  const line = fc.oneof(
    fc.constant(""),
    fc.constant(" \t\r"),
    fc.string().map((text) => text.replaceAll("\n", "é")),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, cuts) => {
      const expected = lines
        .map((text, i): [number, string] => [i + 1, text])
        .filter(([, text]) => /[^ \t\r]/.test(text));
      expect(texts(await collected(linesIn(chunked(lines.join("\n"), cuts))))).toEqual(expected);
    }),
  );
});

it("batches keep every line in order and stay within a thousand lines and a mebibyte", async () => {
  const sizes = [...Array.from({ length: 1_500 }, () => 10), 900_000, 200_000, 2_000_000, 5];
  async function* lines(): AsyncGenerator<NumberedLine, void> {
    for (const [i, size] of sizes.entries()) yield { line: i + 1, bytes: new Uint8Array(size) };
  }
  const batches = await collected(batchesOf(lines()));
  expect(batches.flat().map(({ line }) => line)).toEqual(sizes.map((_, i) => i + 1));
  expect(batches.map((batch) => batch.length)).toEqual([1_000, 501, 1, 1, 1]);
});

it("a line that never ends is not kept for ever", async () => {
  async function* endless(): AsyncGenerator<Uint8Array, void> {
    for (;;) yield new Uint8Array(1 << 20).fill(0x61);
  }
  await expect(collected(linesIn(endless()))).rejects.toThrow("line 1 does not end");
});
