// Record batches as a broker would store them, built for tests.
//
// The golden bytes were written by Kafka's own Java classes (kafka-clients 4.4.0: MemoryRecordsBuilder and
// MemoryRecords.withEndTransactionMarker), producer id 77, epoch 3, base sequence 5, base offset 100 where not said
// otherwise, so that reader and writer are not only each other's mirror.

import { crc32c } from "../../src/kafka/crc32c.ts";
import { type BatchRecord, encodeRecordBatch } from "../../src/kafka/record-batch.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** The records of the golden batches, as Java was given them. */
export const goldenRecords: readonly BatchRecord[] = [
  {
    key: Buffer.from("acct-1"),
    value: Buffer.from('{"a":1}'),
    timestampMs: 1_700_000_000_000,
    headers: [
      ["schema", Buffer.from("transaction/1")],
      ["empty", null],
    ],
  },
  { key: null, value: null, timestampMs: 1_699_999_999_000, headers: [] },
  {
    key: Buffer.from("é😀"),
    value: Buffer.from(""),
    timestampMs: 1_700_000_000_000 + 2 ** 41,
    headers: [["ü", Buffer.from("x")]],
  },
];

/** {@link goldenRecords} in one transactional batch, base offset 0. */
export const goldenTransactional = hex(`
  000000000000000000000081ffffffff0241e0c2880010000000020000018bcfe568000000038bcfe5680000000000000000
  4d000300000005000000035e0000000c616363742d310e7b2261223a317d040c736368656d611a7472616e73616374696f6e
  2f310a656d707479010e00cf0f020101002e0080808080808001040cc3a9f09f9880000204c3bc0278`);

/** The same, not transactional, compressed with gzip. */
export const goldenGzip = hex(`
  000000000000006400000092ffffffff02a39948700001000000020000018bcfe568000000038bcfe5680000000000000000
  4d000300000005000000031f8b08000000000000ff8b636060e0494c4e2ed135e4ab564a54b232ac65e1294ece48cd4d942a
  294acc2b4e4c2ec9cccfd337e44acd2d28a964e46338cfcfc4c8c8a0c7d000068c2c3c87577e983fa3818189e5f01ea60a00
  2105063550000000`);

/** The same, compressed with zstd. */
export const goldenZstd = hex(`
  00000000000000640000008dffffffff02d710c4920004000000020000018bcfe568000000038bcfe5680000000000000000
  4d0003000000050000000328b52ffd00588002005e0000000c616363742d310e7b2261223a317d040c736368656d611a7472
  616e73616374696f6e2f310a656d707479010e00cf0f020101002e0080808080808001040cc3a9f09f9880000204c3bc0278
  010000`);

/** The same, compressed with snappy in the frame of Java's stream. */
export const goldenSnappy = hex(`
  000000000000006400000098ffffffff02d59ce7050002000000020000018bcfe568000000038bcfe5680000000000000000
  4d0003000000050000000382534e415050590000000001000000010000005350f04f5e0000000c616363742d310e7b226122
  3a317d040c736368656d611a7472616e73616374696f6e2f310a656d707479010e00cf0f020101002e008080808080800104
  0cc3a9f09f9880000204c3bc0278`);

/** The same, compressed with lz4. */
export const goldenLz4 = hex(`
  000000000000006400000090ffffffff02d2f58f800003000000020000018bcfe568000000038bcfe5680000000000000000
  4d0003000000050000000304224d18604082500000805e0000000c616363742d310e7b2261223a317d040c736368656d611a
  7472616e73616374696f6e2f310a656d707479010e00cf0f020101002e0080808080808001040cc3a9f09f9880000204c3bc
  027800000000`);

/** An abort marker at offset 42. */
export const goldenAbort = hex(`
  000000000000002a00000042ffffffff02b514b2950030000000000000018bcfe568000000018bcfe5680000000000000000
  4d0003ffffffff000000012000000008000000000c00000000000900`);

/** A commit marker at offset 43. */
export const goldenCommit = hex(`
  000000000000002b00000042ffffffff02412a64dd0030000000000000018bcfe568000000018bcfe5680000000000000000
  4d0003ffffffff000000012000000008000000010c00000000000900`);

/** One record of time 1 in a topic whose times are the broker's: LogAppendTime 1,800,000,000,000, base offset 7. */
export const goldenAppendTime = hex(`
  00000000000000070000003affffffff02c1fcd20a0008000000000000000000000001000001a3185c5000ffffffffffffff
  ffffffffffffff0000000110000000026b027600`);

/** The bytes with a CRC that fits them again. */
export const withCrc = (batch: Buffer): Buffer => {
  batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
  return batch;
};

/** A copy of the batch at another offset, as a broker places it: the CRC does not cover the offset. */
export const at = (baseOffset: number, batch: Buffer): Buffer => {
  const placed = Buffer.from(batch);
  placed.writeBigInt64BE(BigInt(baseOffset), 0);
  return placed;
};

/** Who writes a data batch in a test. */
export interface Writer {
  readonly producerId?: number;
  readonly transactional?: boolean;
}

/** A batch of records with the given values, key null unless the writer says otherwise. */
export const dataBatch = (
  baseOffset: number,
  values: readonly string[],
  { producerId = -1, transactional = false }: Writer = {},
  key: Buffer | null = null,
): Buffer =>
  at(
    baseOffset,
    encodeRecordBatch(
      values.map((value) => ({ key, value: Buffer.from(value), headers: [], timestampMs: 0 })),
      { producerId: BigInt(producerId), producerEpoch: 0, baseSequence: 0, transactional },
    ),
  );

/** A marker that ends the producer's transaction. */
export const marker = (offset: number, producerId: number, kind: "abort" | "commit"): Buffer => {
  const batch = at(offset, kind === "abort" ? goldenAbort : goldenCommit);
  batch.writeBigInt64BE(BigInt(producerId), 43);
  return withCrc(batch);
};
