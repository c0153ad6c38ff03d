// A bug here lets a few kilobytes from anybody who may write to a topic fill the memory of every reader, or hands a
// handler half a batch.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { StreamsError } from "../../../src/errors.ts";
import { type Compression, compress, compressionCodes, decompress } from "../../../src/kafka/compression.ts";

const codecs = ["gzip", "snappy", "lz4", "zstd"] as const;
const where = "the batch at offset 7";
const limit = 1 << 20;

const unpacked = (compression: Compression, body: Buffer, bytesMax = limit): Buffer =>
  decompress(compressionCodes[compression], body, bytesMax, where);

const failureOf = (read: () => unknown): unknown => {
  try {
    read();
  } catch (error) {
    return error;
  }
  return undefined;
};

/** Java's snappy stream: a header of 16 bytes, then blocks behind their lengths. */
const xerial = (...blocks: readonly Buffer[]): Buffer => {
  const header = Buffer.from("82534e41505059000000000100000001", "hex");
  return Buffer.concat([
    header,
    ...blocks.flatMap((block) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(block.length);
      return [length, block];
    }),
  ]);
};

describe.each(codecs)("%s", (codec) => {
  const zeros = (bytes: number): Buffer => compress(codec, Buffer.alloc(bytes));

  it("gives back what it was given", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), fc.nat(300), (bytes, times) => {
        const body = Buffer.concat(Array.from({ length: times }, () => bytes));
        expect(unpacked(codec, compress(codec, body)).equals(body)).toBe(true);
      }),
    );
  });

  it("unpacks to the byte of the limit", () => {
    expect(unpacked(codec, zeros(limit), codec === "lz4" ? 4 << 20 : limit)).toHaveLength(limit);
  });

  it("is refused where a small body would unpack to more than the limit, and the batch is named", () => {
    const bomb = zeros(64 << 20);
    expect(bomb.length).toBeLessThan(4 << 20);
    const failure = failureOf(() => unpacked(codec, bomb));
    expect(failure).toMatchObject({
      code: "STREAMS_BATCH_TOO_LARGE",
      message: expect.stringContaining(`${where} unpacks to more than ${limit} bytes`),
    });
  });

  it("that was cut off at any byte is refused, and never read as less", () => {
    const body = compress(codec, Buffer.from("twelve bytes, twelve bytes, twelve bytes".repeat(3)));
    for (let length = 0; length < body.length; length++) {
      const failure = failureOf(() => unpacked(codec, body.subarray(0, length)));
      expect(failure, `cut at ${length} of ${body.length}`).toBeInstanceOf(StreamsError);
      expect(failure).toMatchObject({ code: "STREAMS_RECORD_CORRUPT" });
    }
  });

  it("of any other bytes either unpacks within the limit or is an error of the engine", () => {
    const sound = compress(codec, Buffer.from("some bytes of a record, some bytes of another".repeat(40)));
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(sound);
        damaged[at] = byte;
        const failure = failureOf(() => {
          expect(unpacked(codec, damaged).length).toBeLessThanOrEqual(limit);
        });
        if (failure !== undefined) expect(failure).toBeInstanceOf(StreamsError);
      }),
      { numRuns: 300 },
    );
  });
});

describe("snappy in Java's frame", () => {
  const [one, two] = [Buffer.from("first ".repeat(100)), Buffer.from("second ".repeat(100))];

  it("is its blocks, one after the other", () => {
    const framed = xerial(compress("snappy", one), compress("snappy", two));
    expect(unpacked("snappy", framed).toString()).toBe(`${one}${two}`);
  });

  it("holds all blocks together to the limit", () => {
    const half = compress("snappy", Buffer.alloc(limit / 2));
    expect(unpacked("snappy", xerial(half, half))).toHaveLength(limit);
    expect(failureOf(() => unpacked("snappy", xerial(half, half, half)))).toMatchObject({
      code: "STREAMS_BATCH_TOO_LARGE",
    });
  });

  it("that ends inside a block is refused", () => {
    const framed = xerial(compress("snappy", one), compress("snappy", two));
    expect(failureOf(() => unpacked("snappy", framed.subarray(0, -1)))).toMatchObject({
      code: "STREAMS_RECORD_CORRUPT",
    });
  });
});
