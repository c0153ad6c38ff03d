// The record batch, magic 2: https://kafka.apache.org/documentation/#recordbatch.
//
//   B1. A batch is written into one buffer of exactly its size.
//   B2. A batch is read only after its CRC-32C has been checked.
//   B3. Key, value and headers of a read record are views of the response, not copies.
//   B4. A packed batch is never larger than it was unpacked: records that packing makes larger go as they are.

import { StreamsError } from "../errors.ts";
import type { HeaderPair, OutgoingRecord, RawRecord } from "../worker/record.ts";
import { ByteReader } from "./bytes.ts";
import {
  type Compression,
  compress,
  compressionCodes,
  compressionMask,
  decompress,
  unpackedBytesMaxDefault,
} from "./compression.ts";
import { crc32c } from "./crc32c.ts";

/** Bytes before the first record. */
const headerBytes = 61;
/** Bytes that `batchLength` does not count: base offset and the length itself. */
const logOverheadBytes = 12;
const crcAt = 17;
const attributesAt = 21;
const magic = 2;
const logAppendTimeFlag = 0x08;
const transactionalFlag = 0x10;
const controlFlag = 0x20;
const abortMarker = 0;

/** Who writes a batch; the broker drops a batch whose sequence it has already seen from this producer and epoch. */
export interface BatchProducer {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly transactional: boolean;
}

/** The content of a record, wherever it goes. */
export type BatchRecord = Pick<OutgoingRecord, "key" | "value" | "headers" | "timestampMs">;

/** Bytes that one record takes in a batch, the varint of its own length included, at most. */
export const recordBytesBound = (record: BatchRecord): number => {
  let bytes = 32 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of record.headers) bytes += 10 + name.length * 3 + (value?.length ?? 0);
  return bytes;
};

const varintBytes = (value: number): number => {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let bytes = 1;
  while (rest > 0x7f) {
    rest = Math.floor(rest / 128);
    bytes++;
  }
  return bytes;
};

const writeVarint = (buffer: Buffer, at: number, value: number): number => {
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let next = at;
  while (rest > 0x7f) {
    buffer[next++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  buffer[next++] = rest;
  return next;
};

const bytesField = (value: Uint8Array | null): number =>
  value === null ? varintBytes(-1) : varintBytes(value.length) + value.length;

const writeBytes = (buffer: Buffer, at: number, value: Uint8Array | null): number => {
  if (value === null) return writeVarint(buffer, at, -1);
  const start = writeVarint(buffer, at, value.length);
  buffer.set(value, start);
  return start + value.length;
};

const bodyBytes = (record: BatchRecord, index: number, timestampDelta: number): number => {
  let bytes =
    1 + varintBytes(timestampDelta) + varintBytes(index) + bytesField(record.key) + bytesField(record.value);
  bytes += varintBytes(record.headers.length);
  for (const [name, value] of record.headers) {
    const nameBytes = Buffer.byteLength(name);
    bytes += varintBytes(nameBytes) + nameBytes + bytesField(value);
  }
  return bytes;
};

/** Whether a batch of this record alone is at most so large, in bytes, uncompressed: what a broker compares with `max.message.bytes`. */
export const fitsBatch = (record: BatchRecord, bytesMax: number): boolean => {
  if (headerBytes + recordBytesBound(record) <= bytesMax) return true;
  const body = bodyBytes(record, 0, 0);
  return headerBytes + varintBytes(body) + body <= bytesMax;
};

const writeRecord = (
  buffer: Buffer,
  from: number,
  record: BatchRecord,
  index: number,
  delta: number,
  body: number,
): number => {
  let at = writeVarint(buffer, from, body);
  buffer[at++] = 0;
  at = writeVarint(buffer, at, delta);
  at = writeVarint(buffer, at, index);
  at = writeBytes(buffer, at, record.key);
  at = writeBytes(buffer, at, record.value);
  at = writeVarint(buffer, at, record.headers.length);
  for (const [name, value] of record.headers) {
    at = writeVarint(buffer, at, Buffer.byteLength(name));
    at += buffer.write(name, at);
    at = writeBytes(buffer, at, value);
  }
  return at;
};

/** Encodes records, at least one, as one batch. */
export const encodeRecordBatch = (
  records: readonly BatchRecord[],
  producer: BatchProducer,
  compression: Compression = "none",
): Buffer => {
  const firstTimestamp = records[0]?.timestampMs ?? 0;
  let maxTimestamp = firstTimestamp;
  let size = headerBytes;
  const bodies = new Int32Array(records.length);
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as BatchRecord;
    if (record.timestampMs > maxTimestamp) maxTimestamp = record.timestampMs;
    const body = bodyBytes(record, i, record.timestampMs - firstTimestamp);
    bodies[i] = body;
    size += varintBytes(body) + body;
  }
  const buffer = Buffer.allocUnsafe(size);
  let at = headerBytes;
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as BatchRecord;
    at = writeRecord(buffer, at, record, i, record.timestampMs - firstTimestamp, bodies[i] as number);
  }
  const batch = compression === "none" ? buffer : packed(buffer, compression);
  const codec = compressionCodes[batch === buffer ? "none" : compression];
  writeHeader(batch, records.length, firstTimestamp, maxTimestamp, producer, codec);
  return batch;
};

/** The batch with its body packed, the header still to be written; the same one where packing gains nothing (B4). */
const packed = (batch: Buffer, compression: Compression): Buffer => {
  const body = compress(compression, batch.subarray(headerBytes));
  if (headerBytes + body.length >= batch.length) return batch;
  const buffer = Buffer.allocUnsafe(headerBytes + body.length);
  buffer.set(body, headerBytes);
  return buffer;
};

const writeHeader = (
  buffer: Buffer,
  count: number,
  firstTimestamp: number,
  maxTimestamp: number,
  producer: BatchProducer,
  codec: number,
): void => {
  buffer.writeBigInt64BE(0n, 0);
  buffer.writeInt32BE(buffer.length - logOverheadBytes, 8);
  buffer.writeInt32BE(-1, 12);
  buffer[16] = magic;
  buffer.writeInt16BE((producer.transactional ? transactionalFlag : 0) | codec, attributesAt);
  buffer.writeInt32BE(count - 1, 23);
  buffer.writeBigInt64BE(BigInt(firstTimestamp), 27);
  buffer.writeBigInt64BE(BigInt(maxTimestamp), 35);
  buffer.writeBigInt64BE(producer.producerId, 43);
  buffer.writeInt16BE(producer.producerEpoch, 51);
  buffer.writeInt32BE(producer.baseSequence, 53);
  buffer.writeInt32BE(count, 57);
  buffer.writeUInt32BE(crc32c(buffer.subarray(attributesAt)), crcAt);
};

/** A batch as read, its records not yet looked at. */
export interface DecodedBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly producerId: bigint;
  readonly transactional: boolean;
  readonly control: boolean;
  /** Whether this control batch ends a transaction as aborted. */
  readonly abort: boolean;
  readonly count: number;
  readonly firstTimestamp: number;
  /** Set when the topic's `message.timestamp.type` is LogAppendTime: all records have this time. */
  readonly appendTimestamp: number | undefined;
  /** The records, uncompressed. */
  readonly body: Buffer;
}

/**
 * Splits a RECORDS field into batches. A batch the broker cut off at its byte limit is left out.
 *
 * @param unpackedBytesMax largest body that one compressed batch may unpack to
 */
export const decodeRecordBatches = (
  records: Buffer,
  unpackedBytesMax = unpackedBytesMaxDefault,
): DecodedBatch[] => {
  const batches: DecodedBatch[] = [];
  for (let at = 0; at + headerBytes <= records.length; ) {
    const end = at + logOverheadBytes + records.readInt32BE(at + 8);
    if (end > records.length) break;
    batches.push(decodeBatch(records.subarray(at, end), unpackedBytesMax));
    at = end;
  }
  return batches;
};

const decodeBatch = (bytes: Buffer, unpackedBytesMax: number): DecodedBatch => {
  const read = new ByteReader(bytes);
  const baseOffset = read.int64();
  if (bytes[16] !== magic)
    throw corrupt(baseOffset, `has record format ${bytes[16]}, and only format 2 is read`);
  if (crc32c(bytes.subarray(attributesAt)) !== bytes.readUInt32BE(crcAt))
    throw corrupt(baseOffset, "does not match its CRC-32C");
  read.at = attributesAt;
  const attributes = read.int16();
  const lastOffset = baseOffset + read.int32();
  const firstTimestamp = read.int64();
  const maxTimestamp = read.int64();
  const producerId = read.bigint64();
  read.at = 57;
  const count = read.int32();
  const codec = attributes & compressionMask;
  const packedBody = bytes.subarray(headerBytes);
  const body =
    codec === 0
      ? packedBody
      : decompress(codec, packedBody, unpackedBytesMax, `the batch at offset ${baseOffset}`);
  const control = (attributes & controlFlag) !== 0;
  return {
    baseOffset,
    lastOffset,
    producerId,
    transactional: (attributes & transactionalFlag) !== 0,
    control,
    abort: control && count > 0 && controlType(body) === abortMarker,
    count,
    firstTimestamp,
    appendTimestamp: (attributes & logAppendTimeFlag) !== 0 ? maxTimestamp : undefined,
    body,
  };
};

/** Key of a control record: version INT16, type INT16 (0 abort, 1 commit). */
const controlType = (body: Buffer): number => {
  const read = new ByteReader(body);
  read.varint();
  read.int8();
  read.varint();
  read.varint();
  read.varint();
  read.int16();
  return read.int16();
};

const corrupt = (baseOffset: number, what: string): StreamsError =>
  new StreamsError(
    "STREAMS_RECORD_CORRUPT",
    `Reading a record batch: the batch at offset ${baseOffset} ${what}.`,
  );

/** Appends the batch's records at or after `fromOffset` to `into`. */
export const readRecords = (batch: DecodedBatch, fromOffset: number, into: RawRecord[]): void => {
  const read = new ByteReader(batch.body);
  for (let left = batch.count; left > 0; left--) {
    const end = read.varint() + read.at;
    read.at += 1;
    const timestampDelta = read.varint();
    const offset = batch.baseOffset + read.varint();
    if (offset >= fromOffset) {
      const key = readBytes(read);
      const value = readBytes(read);
      const timestampMs = batch.appendTimestamp ?? batch.firstTimestamp + timestampDelta;
      into.push(new FetchedRecord(offset, timestampMs, key, value, batch.body, read.at));
    }
    read.at = end;
  }
};

const readBytes = (read: ByteReader): Buffer | null => {
  const length = read.varint();
  return length < 0 ? null : read.view(length);
};

/** A record of a fetched batch; its headers are decoded when first asked for. */
class FetchedRecord implements RawRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly #body: Buffer;
  readonly #headersAt: number;

  constructor(
    offset: number,
    timestampMs: number,
    key: Buffer | null,
    value: Buffer | null,
    body: Buffer,
    headersAt: number,
  ) {
    this.offset = offset;
    this.timestampMs = timestampMs;
    this.key = key;
    this.value = value;
    this.#body = body;
    this.#headersAt = headersAt;
  }

  get headers(): readonly HeaderPair[] {
    const read = new ByteReader(this.#body, this.#headersAt);
    const headers: HeaderPair[] = [];
    for (let left = read.varint(); left > 0; left--) {
      const name = read.view(read.varint()).toString("utf8");
      headers.push([name, readBytes(read)]);
    }
    return headers;
  }
}
