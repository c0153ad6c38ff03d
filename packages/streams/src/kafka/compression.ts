// The compression codecs of record batches: https://kafka.apache.org/documentation/#recordbatch, attributes bits 0–2.
//
//   Z1. Unpacking never takes more memory than the caller allows: the limit holds before or while the bytes come out,
//       not after. A few kilobytes on the wire can otherwise be gigabytes here.
//   Z2. Bytes that are not what their codec says are an error, never a shorter body.

import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { compressFrameSync, decompressFrameSync } from "lz4-napi";
import { compressSync, uncompressSync } from "snappy";
import { StreamsError } from "../errors.ts";
import { ByteReader } from "./bytes.ts";

/** How a producer packs its batches, in the words of Kafka's `compression.type`. */
export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";

/** The number of a codec in a batch's attributes. */
export const compressionCodes: Readonly<Record<Compression, number>> = {
  none: 0,
  gzip: 1,
  snappy: 2,
  lz4: 3,
  zstd: 4,
};

/** The bits of a batch's attributes that hold the codec. */
export const compressionMask = 0x07;

/**
 * Largest body that a batch may unpack to, in bytes, unless the reader says otherwise: sixty times the largest batch
 * a broker takes by default.
 */
export const unpackedBytesMaxDefault = 64 << 20;

/** Packs the body of a batch. Snappy is written as one plain block, which Kafka's clients read beside their framing. */
export const compress = (compression: Compression, body: Buffer): Buffer => {
  switch (compression) {
    case "none":
      return body;
    case "gzip":
      return gzipSync(body, { level: 1 });
    case "snappy":
      return compressSync(body);
    case "lz4":
      return compressFrameSync(body);
    case "zstd":
      return zstdCompressSync(body);
  }
};

/**
 * Unpacks the body of a batch.
 *
 * @param code bits 0–2 of the batch's attributes
 * @param where the batch in the words of an error: `the batch at offset 7`
 * @throws StreamsError STREAMS_BATCH_TOO_LARGE past `bytesMax`, STREAMS_RECORD_CORRUPT when the bytes are not of the
 *   codec, STREAMS_COMPRESSION_UNSUPPORTED for a code that Kafka has not given to any
 */
export const decompress = (code: number, body: Buffer, bytesMax: number, where: string): Buffer => {
  try {
    return unpack(code, body, bytesMax, where);
  } catch (error) {
    if (error instanceof StreamsError) throw error;
    if (isBeyondLimit(error)) throw tooLarge(where, bytesMax);
    throw new StreamsError(
      "STREAMS_RECORD_CORRUPT",
      `Reading a record batch: ${where} cannot be unpacked (codec ${code}): ${(error as Error).message}`,
      { cause: error },
    );
  }
};

const unpack = (code: number, body: Buffer, bytesMax: number, where: string): Buffer => {
  switch (code) {
    case compressionCodes.none:
      return body;
    case compressionCodes.gzip:
      return gunzipSync(body, { maxOutputLength: bytesMax });
    case compressionCodes.snappy:
      return unpackSnappy(body, bytesMax, where);
    case compressionCodes.lz4:
      if (lz4BytesBound(body) > bytesMax) throw tooLarge(where, bytesMax);
      return decompressFrameSync(body);
    case compressionCodes.zstd:
      return zstdDecompressSync(body, { maxOutputLength: bytesMax });
    default:
      throw new StreamsError(
        "STREAMS_COMPRESSION_UNSUPPORTED",
        `Reading a record batch: ${where} is compressed with codec ${code}, which is not known here; known are none, gzip, snappy, lz4 and zstd.`,
      );
  }
};

/** What Java's snappy stream begins with: https://github.com/xerial/snappy-java, SnappyCodec. */
const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** The magic, then a version and the oldest version that can read it, INT32 each. */
const xerialHeaderBytes = 16;

/** Java frames snappy into blocks, each behind its INT32 length; other clients send one block and no frame. */
const unpackSnappy = (body: Buffer, bytesMax: number, where: string): Buffer => {
  if (!body.subarray(0, xerialMagic.length).equals(xerialMagic)) return unpackBlock(body, bytesMax, where);
  const read = new ByteReader(body, xerialHeaderBytes);
  const blocks: Buffer[] = [];
  let bytes = 0;
  while (read.at < body.length) {
    const block = unpackBlock(read.view(read.int32()), bytesMax - bytes, where);
    bytes += block.length;
    blocks.push(block);
  }
  return Buffer.concat(blocks);
};

/** A snappy block says first how long it unpacks to. */
const unpackBlock = (block: Buffer, bytesMax: number, where: string): Buffer => {
  if (new ByteReader(block).uvarint() > bytesMax) throw tooLarge(where, bytesMax);
  return uncompressSync(block) as Buffer;
};

const lz4Magic = 0x184d2204;
const lz4UncompressedBlock = 0x8000_0000;

/**
 * How many bytes an LZ4 frame unpacks to at most: no block is larger than the frame's block size, so at most the last
 * one is counted too high. Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
const lz4BytesBound = (frame: Buffer): number => {
  if (frame.readUInt32LE(0) !== lz4Magic) throw new RangeError("it does not begin as an LZ4 frame does");
  const flags = frame.readUInt8(4);
  const blockBytesMax = 1 << (8 + 2 * ((frame.readUInt8(5) >> 4) & 0x07));
  const blockChecksumBytes = (flags & 0x10) === 0 ? 0 : 4;
  // Magic, flags, block size, then content size and dictionary id where the flags say so, header checksum.
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4);
  let bytes = 0;
  for (;;) {
    const size = frame.readUInt32LE(at);
    if (size === 0) return bytes;
    const stored = size % lz4UncompressedBlock;
    bytes += size >= lz4UncompressedBlock ? stored : blockBytesMax;
    at += 4 + stored + blockChecksumBytes;
  }
};

/** Node's zlib stops at its `maxOutputLength` with one of these. */
const isBeyondLimit = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";

const tooLarge = (where: string, bytesMax: number): StreamsError =>
  new StreamsError(
    "STREAMS_BATCH_TOO_LARGE",
    `Reading a record batch: ${where} unpacks to more than ${bytesMax} bytes. Have its producer send smaller batches, or raise unpackedBytesMax.`,
  );
