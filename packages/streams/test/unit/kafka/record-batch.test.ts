// A bug here stores or reads other bytes than were meant: a value shifted by one, a null that became empty, damage
// from a disk handed to a handler as if it were a payment.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StreamsError } from "../../../src/errors.ts";
import {
  type BatchProducer,
  type BatchRecord,
  decodeRecordBatches,
  encodeRecordBatch,
  readRecords,
  recordBytesBound,
} from "../../../src/kafka/record-batch.ts";
import type { RawRecord } from "../../../src/worker/record.ts";
import {
  at,
  dataBatch,
  goldenAbort,
  goldenAppendTime,
  goldenCommit,
  goldenGzip,
  goldenLz4,
  goldenRecords,
  goldenSnappy,
  goldenTransactional,
  goldenZstd,
  withCrc,
} from "../../harness/batches.ts";
import { present } from "../../harness/eventually.ts";

const producer: BatchProducer = { producerId: 77n, producerEpoch: 3, baseSequence: 5, transactional: true };

const recordsOf = (bytes: Buffer, fromOffset = 0): RawRecord[] => {
  const records: RawRecord[] = [];
  for (const batch of decodeRecordBatches(bytes)) readRecords(batch, fromOffset, records);
  return records;
};

/** Plain content, so that buffers of different classes compare by their bytes. */
const contentOf = ({ key, value, headers, timestampMs }: BatchRecord) => ({
  key: key && [...key],
  value: value && [...value],
  headers: headers.map(([name, bytes]) => [name, bytes && [...bytes]]),
  timestampMs,
});

const errorOf = (read: () => unknown): unknown => {
  try {
    read();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
};

const bytes = fc.option(fc.uint8Array({ maxLength: 200 }), { nil: null });
const anyRecord: fc.Arbitrary<BatchRecord> = fc.record({
  key: bytes,
  value: bytes,
  headers: fc.array(fc.tuple(fc.string({ unit: "grapheme", maxLength: 8 }), bytes), { maxLength: 4 }),
  timestampMs: fc.integer({ min: -1, max: 2 ** 42 }),
});
const anyRecords = fc.array(anyRecord, { minLength: 1, maxLength: 40 });

describe("against Kafka's own bytes", () => {
  it("a batch is written byte for byte as Java writes it", () => {
    expect(encodeRecordBatch(goldenRecords, producer).toString("hex")).toBe(
      goldenTransactional.toString("hex"),
    );
  });

  it.each([
    ["plain", goldenTransactional, 0],
    ["gzip", goldenGzip, 100],
    ["snappy", goldenSnappy, 100],
    ["lz4", goldenLz4, 100],
    ["zstd", goldenZstd, 100],
  ])("a batch of Java's is read: %s", (_, golden, baseOffset) => {
    const records = recordsOf(golden);
    expect(records.map(contentOf)).toEqual(goldenRecords.map(contentOf));
    expect(records.map(({ offset }) => offset)).toEqual([baseOffset, baseOffset + 1, baseOffset + 2]);
  });

  it("markers of Java's are control batches of their producer, and only the abort marker is an abort", () => {
    const [abort, commit] = decodeRecordBatches(Buffer.concat([goldenAbort, goldenCommit]));
    expect(abort).toMatchObject({
      control: true,
      abort: true,
      producerId: 77n,
      baseOffset: 42,
      lastOffset: 42,
    });
    expect(commit).toMatchObject({ control: true, abort: false, producerId: 77n, baseOffset: 43 });
  });

  it("the batch's append time replaces the records' own where the topic's times are the broker's", () => {
    expect(recordsOf(goldenAppendTime)).toMatchObject([{ offset: 7, timestampMs: 1_800_000_000_000 }]);
  });
});

describe("a round trip", () => {
  it("keeps any keys, values, headers and times, in order, with consecutive offsets", () => {
    fc.assert(
      fc.property(anyRecords, fc.nat(2 ** 40), (records, baseOffset) => {
        const read = recordsOf(at(baseOffset, encodeRecordBatch(records, producer)));
        expect(read.map(contentOf)).toEqual(records.map(contentOf));
        expect(read.map(({ offset }) => offset)).toEqual(records.map((_, i) => baseOffset + i));
      }),
    );
  });

  it.each(["gzip", "snappy", "lz4", "zstd"] as const)(
    "through %s is never larger than without it",
    (compression) => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 3_000 }), (bytes) => {
          const records = [{ key: null, value: Buffer.from(bytes), timestampMs: 1, headers: [] }];
          const packed = encodeRecordBatch(records, producer, compression);
          expect(packed.length).toBeLessThanOrEqual(encodeRecordBatch(records, producer).length);
          expect(recordsOf(packed).map(({ value }) => value)).toEqual([records[0]?.value]);
        }),
        { numRuns: 20 },
      );
    },
  );

  it.each(["gzip", "snappy", "lz4", "zstd"] as const)("through %s keeps them as well", (compression) => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const read = recordsOf(encodeRecordBatch(records, producer, compression));
        expect(read.map(contentOf)).toEqual(records.map(contentOf));
      }),
    );
  });

  it("keeps times that go down and times 2^41 ms apart", () => {
    const times = [2 ** 41, 0, 2 ** 41 - 1, 5, -1];
    const records = times.map((timestampMs) => ({ key: null, value: null, headers: [], timestampMs }));
    expect(recordsOf(encodeRecordBatch(records, producer)).map(({ timestampMs }) => timestampMs)).toEqual(
      times,
    );
  });

  it("keeps producer, epoch, sequence and the transactional bit of the header", () => {
    const [batch] = decodeRecordBatches(encodeRecordBatch(goldenRecords, producer));
    expect(batch).toMatchObject({
      producerId: 77n,
      transactional: true,
      control: false,
      count: 3,
      lastOffset: 2,
    });
    const [plain] = decodeRecordBatches(
      encodeRecordBatch(goldenRecords, { ...producer, transactional: false }),
    );
    expect(plain?.transactional).toBe(false);
  });

  it("keeps no copy: key and value are views of the fetched bytes", () => {
    const fetched = encodeRecordBatch(goldenRecords, producer);
    const [record] = recordsOf(fetched);
    expect(record?.value?.buffer).toBe(fetched.buffer);
  });

  it("of several batches in one fetch gives all of them", () => {
    const fetched = Buffer.concat([dataBatch(0, ["a", "b"]), dataBatch(7, ["c"])]);
    expect(recordsOf(fetched).map(({ offset, value }) => `${offset}${value}`)).toEqual(["0a", "1b", "7c"]);
  });

  it("from an offset inside a batch leaves out what lies before it", () => {
    expect(recordsOf(dataBatch(10, ["a", "b", "c"]), 11).map(({ offset }) => offset)).toEqual([11, 12]);
  });
});

describe("sizes", () => {
  it("no record is larger than its bound, so chunks by the bound fit a batch", () => {
    fc.assert(
      fc.property(anyRecords, (records) => {
        const bound = records.reduce((sum, record) => sum + recordBytesBound(record), 61);
        expect(encodeRecordBatch(records, producer).length).toBeLessThanOrEqual(bound);
      }),
    );
  });
});

describe("damage", () => {
  it("of any byte behind the checksum is refused with the batch's offset", () => {
    const sound = at(9, encodeRecordBatch(goldenRecords, producer));
    for (let damaged = 21; damaged < sound.length; damaged++) {
      const copy = Buffer.from(sound);
      copy[damaged] = present(copy[damaged]) ^ 0x01;
      const error = errorOf(() => decodeRecordBatches(copy));
      expect(error).toBeInstanceOf(StreamsError);
      expect(error).toMatchObject({
        code: "STREAMS_RECORD_CORRUPT",
        message: expect.stringContaining("offset 9"),
      });
    }
  });

  it("of the checksum itself is refused", () => {
    const copy = Buffer.from(goldenTransactional);
    copy.writeUInt32BE(1, 17);
    expect(errorOf(() => decodeRecordBatches(copy))).toMatchObject({ code: "STREAMS_RECORD_CORRUPT" });
  });

  it("a batch of an older format is refused by its number", () => {
    const copy = Buffer.from(goldenTransactional);
    copy[16] = 1;
    expect(errorOf(() => decodeRecordBatches(copy))).toMatchObject({
      code: "STREAMS_RECORD_CORRUPT",
      message: expect.stringContaining("format 1"),
    });
  });

  it("a codec that Kafka has not given to any compression is refused by its number", () => {
    const copy = Buffer.from(goldenTransactional);
    copy.writeInt16BE(5, 21);
    expect(errorOf(() => decodeRecordBatches(withCrc(copy)))).toMatchObject({
      code: "STREAMS_COMPRESSION_UNSUPPORTED",
      message: expect.stringContaining("codec 5"),
    });
  });
});

describe("a fetch that the broker cut at its byte limit", () => {
  it("gives the whole batches and leaves the cut one out, wherever it is cut", () => {
    const whole = dataBatch(0, ["a"]);
    const next = dataBatch(1, ["b", "c"]);
    for (let length = 0; length < next.length; length++) {
      const cut = Buffer.concat([whole, next.subarray(0, length)]);
      expect(recordsOf(cut).map(({ offset }) => offset)).toEqual([0]);
    }
    expect(recordsOf(Buffer.concat([whole, next]))).toHaveLength(3);
  });

  it("of nothing gives nothing", () => {
    expect(decodeRecordBatches(Buffer.alloc(0))).toEqual([]);
  });
});
