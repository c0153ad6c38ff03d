// A record batch as a partition keeps it: the bytes the producer sent, placed at their offset, and what the broker
// reads of their header.
//
// https://kafka.apache.org/documentation/#recordbatch. The offset stands outside of what the CRC covers, so that a
// broker can place a batch without looking at its records.

import { crc32c } from "../kafka/crc32c.ts";
import { decodeRecordBatches, readRecords } from "../kafka/record-batch.ts";
import type { RawRecord } from "../worker/record.ts";

/** How a control batch ends its producer's transaction. */
export type Marker = "commit" | "abort";

/** A batch in a log. */
export interface StoredBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
  /** Undefined for records. */
  readonly marker: Marker | undefined;
  readonly bytes: Buffer;
}

const headerBytes = 61;
const transactionalFlag = 0x10;
const controlFlag = 0x20;
const attributesAt = 21;
const crcAt = 17;
const maxTimestampAt = 35;

/** The batch, copied, at an offset. */
export const placed = (bytes: Buffer, baseOffset: number): StoredBatch => {
  const own = Buffer.from(bytes);
  own.writeBigInt64BE(BigInt(baseOffset), 0);
  return {
    baseOffset,
    lastOffset: baseOffset + own.readInt32BE(23),
    producerId: own.readBigInt64BE(43),
    producerEpoch: own.readInt16BE(51),
    baseSequence: own.readInt32BE(53),
    transactional: (own.readInt16BE(attributesAt) & transactionalFlag) !== 0,
    marker: undefined,
    bytes: own,
  };
};

/** The largest timestamp of its records. */
export const maxTimestampOf = ({ bytes }: StoredBatch): number =>
  Number(bytes.readBigInt64BE(maxTimestampAt));

/** Its records. */
export const recordsOf = ({ baseOffset, bytes }: StoredBatch): RawRecord[] => {
  const records: RawRecord[] = [];
  for (const batch of decodeRecordBatches(bytes)) readRecords(batch, baseOffset, records);
  return records;
};

/** Key: version INT16, type INT16 (0 abort, 1 commit). Value: version INT16, coordinator epoch INT32. */
const markerRecord = (marker: Marker): Buffer =>
  Buffer.from([32, 0, 0, 0, 8, 0, 0, 0, marker === "commit" ? 1 : 0, 12, 0, 0, 0, 0, 0, 0, 0]);

/** The control batch that ends a transaction in one partition. */
export const markerBatch = (
  marker: Marker,
  producer: { readonly producerId: bigint; readonly producerEpoch: number },
  baseOffset: number,
  timestampMs: number,
): StoredBatch => {
  const record = markerRecord(marker);
  const bytes = Buffer.alloc(headerBytes + record.length);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(-1, 12);
  bytes[16] = 2;
  bytes.writeInt16BE(transactionalFlag | controlFlag, attributesAt);
  bytes.writeBigInt64BE(BigInt(timestampMs), 27);
  bytes.writeBigInt64BE(BigInt(timestampMs), 35);
  bytes.writeBigInt64BE(producer.producerId, 43);
  bytes.writeInt16BE(producer.producerEpoch, 51);
  bytes.writeInt32BE(-1, 53);
  bytes.writeInt32BE(1, 57);
  record.copy(bytes, headerBytes);
  bytes.writeUInt32BE(crc32c(bytes.subarray(attributesAt)), crcAt);
  return { ...placed(bytes, baseOffset), marker };
};
