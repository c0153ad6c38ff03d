// A bug here lets a dead writer's transaction block its successor for its whole time-out, or starts a task at stream
// time -1, so that closed windows open again.

import fc from "fast-check";
import { expect, it } from "vitest";
import { readPositionMetadata, writePositionMetadata } from "../../../src/worker/position-metadata.ts";

it("what was written is read, for any writer and stream time", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.maxSafeInteger(), (writer, streamTimeMs) => {
      expect(readPositionMetadata(writePositionMetadata({ writer, streamTimeMs }))).toEqual({
        writer,
        streamTimeMs,
      });
    }),
  );
});

it("stays far below the 4,096 bytes that Kafka allows", () => {
  const text = writePositionMetadata({ writer: "x".repeat(250), streamTimeMs: Number.MAX_SAFE_INTEGER });
  expect(Buffer.byteLength(text)).toBeLessThan(512);
});

it.each([
  ["nothing", ""],
  ["another client's text", "consumed by a tool"],
  ["JSON that is cut short", '{"v":1,"writer":"a","stre'],
  ["another version", '{"v":2,"writer":"a","streamTimeMs":1}'],
  ["a writer that is no text", '{"v":1,"writer":7,"streamTimeMs":1}'],
  ["a missing stream time", '{"v":1,"writer":"a"}'],
  ["a stream time that is no number", '{"v":1,"writer":"a","streamTimeMs":"1"}'],
  ["a JSON array", "[1]"],
])("%s is not taken for ours", (_, text) => {
  expect(readPositionMetadata(text)).toBeUndefined();
});
