// A bug here sends a dead letter that was not meant, or turns an account's order round.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeText } from "../../src/dead-letters/place.ts";
import { fits, inBatches, inOriginalOrder } from "../../src/dead-letters/selection.ts";
import { letterOf } from "../harness/letters.ts";

const letter = fc
  .record({
    at: fc.nat({ max: 50 }),
    topic: fc.constantFrom("transactions.received.v1", "transactions.screened.v1"),
    partition: fc.nat({ max: 2 }),
    offset: fc.nat({ max: 20 }),
    value: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ at, value, ...original }) =>
    letterOf({
      place: { topic: "filter.dlq.v1", partition: original.partition, offset: at },
      original,
      value,
    }),
  );

describe("the order of sending", () => {
  it("is that of the old offsets in every partition, and loses none", () => {
    fc.assert(
      fc.property(fc.array(letter), (letters) => {
        const sorted = inOriginalOrder(letters);
        expect(sorted).toHaveLength(letters.length);
        for (const one of letters) expect(sorted.includes(one)).toBe(true);
        for (const [i, { original }] of sorted.entries()) {
          const before = sorted
            .slice(0, i)
            .filter(
              (of) => of.original.topic === original.topic && of.original.partition === original.partition,
            );
          expect(before.every((of) => of.original.offset <= original.offset)).toBe(true);
        }
      }),
    );
  });
});

describe("batches", () => {
  it("hold every dead letter once, in order, within their limits", () => {
    const limits = fc.record({
      recordsMax: fc.integer({ min: 1, max: 5 }),
      bytesMax: fc.integer({ min: 1, max: 90 }),
    });
    fc.assert(
      fc.property(fc.array(letter), limits, (letters, { recordsMax, bytesMax }) => {
        const batches = inBatches(letters, { recordsMax, bytesMax });
        expect(batches.flat()).toEqual(letters);
        for (const batch of batches) {
          const bytes = batch.reduce((sum, { record }) => sum + 6 + (record.value?.length ?? 0), 0);
          expect(batch.length).toBeGreaterThan(0);
          expect(batch.length).toBeLessThanOrEqual(recordsMax);
          // One that is larger than the limit goes alone.
          expect(bytes <= bytesMax || batch.length === 1).toBe(true);
        }
      }),
    );
  });
});

describe("what is meant", () => {
  const one = letterOf({ timestampMs: 1_000, reason: "VALUE_INVALID" });

  it.each([
    [{}, true],
    [{ reason: "VALUE_INVALID" }, true],
    [{ reason: "VALUE" }, false],
    [{ sinceMs: 1_000 }, true],
    [{ sinceMs: 1_001 }, false],
    [{ places: new Set([placeText(one.place)]) }, true],
    [{ places: new Set(["filter.dlq.v1/3/1"]) }, false],
    [{ reason: "VALUE_INVALID", sinceMs: 1_001 }, false],
  ])("by %o: %s", (criteria, expected) => {
    expect(fits(one, criteria)).toBe(expected);
  });
});
