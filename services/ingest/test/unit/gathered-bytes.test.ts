// A bug here loses or mixes bytes of a transaction, or lets a client fill the memory by sending one byte at a time.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GatheredBytes } from "../../src/gathered-bytes.ts";

describe("bytes that come in pieces", () => {
  it("are those of all pieces, in order, and forgotten when they are taken", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.uint8Array({ maxLength: 3_000 }))), (takes) => {
        const gathered = new GatheredBytes();
        for (const pieces of takes) {
          for (const piece of pieces) gathered.add(piece);
          const whole = Buffer.concat(pieces);
          expect(gathered.length).toBe(whole.length);
          expect(gathered.take().equals(whole)).toBe(true);
          expect(gathered.length).toBe(0);
        }
      }),
    );
  });

  it("stay what they were when they were taken, whatever comes after and becomes of the pieces", () => {
    const gathered = new GatheredBytes();
    const piece = Buffer.from("first");
    gathered.add(piece);
    const taken = gathered.take();
    piece.fill("x");
    gathered.add(Buffer.from("second"));
    expect(taken.toString()).toBe("first");
  });

  it("take no more room than they are when they come in one piece", () => {
    const gathered = new GatheredBytes();
    gathered.add(Buffer.alloc(300));
    expect(gathered.held).toBe(300);
  });

  it("take about twice as much room as they are at most, though each comes alone", () => {
    const gathered = new GatheredBytes();
    const byte = Buffer.from("x");
    for (let bytes = 1; bytes <= 65_536; bytes++) {
      gathered.add(byte);
      expect(gathered.held).toBeLessThanOrEqual(Math.max(1_024, 2 * bytes));
    }
  });
});
