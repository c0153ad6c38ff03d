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

  it("a record that fills the batch to the byte shares it with none, and one byte more is refused", () => {
    const largest = batchBytesMax - overhead;
    expect(chunkRecords("out", [ofBytes(largest), ofBytes(0)]).map(({ length }) => length)).toEqual([1, 1]);
    expect(() => chunkRecords("out", [ofBytes(1), ofBytes(largest + 1)])).toThrow(
      expect.objectContaining({ code: "STREAMS_RECORD_TOO_LARGE", message: expect.stringContaining("out") }),
    );
  });

  it("two records that fill the batch to the byte share it", () => {
    const half = batchBytesMax / 2 - overhead;
    expect(chunkRecords("out", [ofBytes(half), ofBytes(half)])).toHaveLength(1);
    expect(chunkRecords("out", [ofBytes(half), ofBytes(half + 1)])).toHaveLength(2);
  });

  it("keep every record, in order, in batches that Kafka's default limit takes", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 400_000 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(sizes, (bytes) => {
        const chunks = chunkRecords(
          "out",
          bytes.map((size, name) => ofBytes(size, name)),
        );
        expect(chunks.flat().map(({ name }) => name)).toEqual(bytes.map((_, name) => name));
        for (const chunk of chunks) {
          expect(chunk.length).toBeGreaterThan(0);
          expect(encodeRecordBatch(chunk, producer).length).toBeLessThanOrEqual(1_048_588);
        }
      }),
      { numRuns: 30 },
    );
  });
});
