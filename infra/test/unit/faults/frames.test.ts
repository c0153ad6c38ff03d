// A bug here lets a proxy harm half a frame, so that a test of lost answers becomes a test of garbage.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerCorrelationId, FrameSplitter, requestHead } from "../../../faults/frames.ts";
import { answerFrame, requestFrame } from "./toy-broker.ts";

describe("FrameSplitter", () => {
  it("gives the same frames however the bytes were cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
        fc.array(fc.nat(400), { maxLength: 12 }),
        (bodies, cuts) => {
          const frames = bodies.map((body, i) => answerFrame(i, Buffer.from(body)));
          const stream = Buffer.concat(frames);
          const ends = [...new Set(cuts.filter((cut) => cut < stream.length))].toSorted((a, b) => a - b);
          const splitter = new FrameSplitter();
          const found = [...ends, stream.length].flatMap((end, i) =>
            splitter.push(stream.subarray(i === 0 ? 0 : ends[i - 1], end)),
          );
          expect(found.map((frame) => frame.toString("hex"))).toEqual(
            frames.map((frame) => frame.toString("hex")),
          );
        },
      ),
    );
  });
});

describe("heads", () => {
  it("a request says its api, correlation id and client", () => {
    expect(requestHead(requestFrame("EndTxn", 7, "filter-0-commit"))).toEqual({
      api: "EndTxn",
      correlationId: 7,
      clientId: "filter-0-commit",
    });
  });

  it("a request without a client id has the empty one", () => {
    const frame = requestFrame("Fetch", -1, "");
    frame.writeInt16BE(-1, 12);
    expect(requestHead(frame)).toEqual({ api: "Fetch", correlationId: -1, clientId: "" });
  });

  it("an answer says the correlation id of its request", () => {
    expect(answerCorrelationId(answerFrame(0x7fffffff, Buffer.alloc(0)))).toBe(0x7fffffff);
  });
});
