// A bug here sends a batch that the broker refuses as too large, for ever, or reorders the records of a key.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { batchBytesMax, chunkRecords } from "../../../src/kafka/produce-batches.ts";
import { type BatchRecord, encodeRecordBatch } from "../../../src/kafka/record-batch.ts";

const producer = { producerId: 1n, producerEpoch: 0, baseSequence: 0, transactional: true };

const ofBytes = (bytes: number, name = 0): BatchRecord & { readonly name: number } => ({
  name,
  key: null,
  value: Buffer.alloc(bytes),
  timestampMs: 0,
  headers: [],
});

/** What a record takes besides its value, by the bound that chunks are made by. */
const overhead = 32;

describe("chunks", () => {
  it("of no records are none", () => {
    expect(chunkRecords("out", [])).toEqual([]);
  });

  it("of little are one", () => {
    expect(chunkRecords("out", [ofBytes(1), ofBytes(1)])).toHaveLength(1);
  });

  it("a record that fills the batch to the byte shares it with none, and one byte more goes alone", () => {
    const largest = batchBytesMax - overhead;
    const lengths = (...sizes: number[]) =>
      chunkRecords(
        "out",
        sizes.map((size) => ofBytes(size)),
      ).map(({ length }) => length);
    expect(lengths(largest, 0)).toEqual([1, 1]);
    expect(lengths(0, 0, largest + 1, 0, 0)).toEqual([2, 1, 2]);
  });

  it("a record is refused when no batch that its topic takes holds it, to the byte", () => {
    const alone = encodeRecordBatch([ofBytes(50_000)], producer).length;
    expect(chunkRecords("out", [ofBytes(50_000)], alone)).toHaveLength(1);
    expect(() => chunkRecords("out", [ofBytes(1), ofBytes(50_000)], alone - 1)).toThrow(
      expect.objectContaining({ code: "STREAMS_RECORD_TOO_LARGE", message: expect.stringContaining("out") }),
    );
  });

  it("two records that fill the batch to the byte share it", () => {
    const half = batchBytesMax / 2 - overhead;
    expect(chunkRecords("out", [ofBytes(half), ofBytes(half)])).toHaveLength(1);
    expect(chunkRecords("out", [ofBytes(half), ofBytes(half + 1)])).toHaveLength(2);
  });

  it("keep every record, in order, in batches that the topic takes", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sizes, fc.constantFrom(400_100, 1_048_588, 2_097_152), (bytes, topicBytesMax) => {
        const chunks = chunkRecords(
          "out",
          bytes.map((size, name) => ofBytes(size, name)),
          topicBytesMax,
        );
        expect(chunks.flat().map(({ name }) => name)).toEqual(bytes.map((_, name) => name));
        for (const chunk of chunks) {
          expect(chunk.length).toBeGreaterThan(0);
          expect(encodeRecordBatch(chunk, producer).length).toBeLessThanOrEqual(topicBytesMax);
        }
      }),
      { numRuns: 30 },
    );
  });
});
