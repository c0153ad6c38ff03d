// A bug here shifts every field behind it: an offset is read as a length, a null as an empty text.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteReader, ByteWriter } from "../../../src/kafka/bytes.ts";

const readBack = <T>(write: (to: ByteWriter) => void, read: (from: ByteReader) => T): T => {
  const writer = new ByteWriter(1);
  write(writer);
  const reader = new ByteReader(writer.bytes());
  const value = read(reader);
  expect(reader.at).toBe(writer.bytes().length);
  return value;
};

describe("integers", () => {
  it.each([
    ["int8", [-128, -1, 0, 127]],
    ["int16", [-32_768, -1, 0, 32_767]],
    ["int32", [-2_147_483_648, -1, 0, 2_147_483_647]],
    ["int64", [Number.MIN_SAFE_INTEGER, -4_294_967_297, -1, 0, 4_294_967_296, Number.MAX_SAFE_INTEGER]],
    ["uvarint", [0, 127, 128, 16_383, 16_384, 2_097_151, 268_435_456, 4_294_967_295]],
  ] as const)("%s keeps its boundaries", (type, values) => {
    for (const value of values) {
      expect(
        readBack(
          (to) => to[type](value),
          (from) => from[type](),
        ),
      ).toBe(value);
    }
  });

  it("an int64 is big-endian two's complement", () => {
    expect(new ByteWriter().int64(-2).bytes().toString("hex")).toBe("fffffffffffffffe");
    expect(new ByteWriter().int64(0x0001_0002_0003).bytes().toString("hex")).toBe("0000000100020003");
  });

  it("a producer id beyond 2^53 stays exact as a bigint", () => {
    const id = 0x7fff_ffff_ffff_fff1n;
    expect(
      readBack(
        (to) => to.int64(id),
        (from) => from.bigint64(),
      ),
    ).toBe(id);
  });

  it("any safe integer is read as it was written", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(
          readBack(
            (to) => to.int64(value),
            (from) => from.int64(),
          ),
        ).toBe(value);
      }),
    );
  });

  it("any unsigned 32-bit integer is a varint of at most five bytes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (value) => {
        const bytes = new ByteWriter().uvarint(value).bytes();
        expect(bytes.length).toBeLessThanOrEqual(5);
        expect(new ByteReader(bytes).uvarint()).toBe(value);
      }),
    );
  });
});

describe("zigzag varints", () => {
  // Values and bytes of https://protobuf.dev/programming-guides/encoding/#signed-ints, which Kafka follows.
  it.each([
    ["00", 0],
    ["01", -1],
    ["02", 1],
    ["03", -2],
    ["fe01", 127],
    ["ff01", -128],
    ["feffffff0f", 2_147_483_647],
    ["ffffffff0f", -2_147_483_648],
    ["80808080808080 01".replace(" ", ""), 2 ** 48],
  ])("%s is %i", (hex, value) => {
    const reader = new ByteReader(Buffer.from(hex, "hex"));
    expect(reader.varint()).toBe(value);
    expect(reader.at).toBe(hex.length / 2);
  });
});

describe("texts and bytes", () => {
  it.each(["", "a", "é€😀", "x".repeat(300)])(
    "a text of any alphabet is read as it was written: %s",
    (text) => {
      expect(
        readBack(
          (to) => to.string(text).compactString(text),
          (from) => [from.string(), from.compactString()],
        ),
      ).toEqual([text, text]);
    },
  );

  it("null is not the empty text", () => {
    expect(
      readBack(
        (to) => to.string(null).string("").compactString(null).compactString(""),
        (from) => [from.string(), from.string(), from.compactString(), from.compactString()],
      ),
    ).toEqual([null, "", null, ""]);
  });

  it("a length counts bytes, not characters", () => {
    expect(new ByteWriter().string("é").bytes().toString("hex")).toBe("0002c3a9");
    expect(new ByteWriter().compactString("é").bytes().toString("hex")).toBe("03c3a9");
  });

  it("any sequence of fields comes back through a buffer that had to grow", () => {
    const field = fc.record({
      text: fc.string({ unit: "grapheme" }),
      bytes: fc.uint8Array(),
      number: fc.integer(),
    });
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const read = readBack(
          (to) =>
            to.compactArray(fields, ({ text, bytes, number }) => {
              to.compactString(text).compactBytes(bytes).int32(number).noTags();
            }),
          (from) =>
            from.compactArray(() => {
              const text = from.compactString();
              const bytes = new Uint8Array(from.view(from.uvarint() - 1));
              const number = from.int32();
              from.tags();
              return { text, bytes, number };
            }),
        );
        expect(read).toEqual(fields);
      }),
    );
  });
});

describe("arrays and tags", () => {
  it("a null array is read as an empty one, classic and compact", () => {
    expect(new ByteReader(Buffer.from("ffffffff", "hex")).array(() => 1)).toEqual([]);
    expect(new ByteReader(Buffer.from("00", "hex")).compactArray(() => 1)).toEqual([]);
  });

  it("a classic array counts its items in an int32", () => {
    const bytes = new ByteWriter().array([7, 8], (item) => item).bytes();
    expect(bytes.toString("hex")).toBe("00000002");
  });

  it("unknown tags are skipped with their bytes", () => {
    const reader = new ByteReader(Buffer.from("02" + "0003aabbcc" + "0500" + "7f", "hex"));
    const tags = reader.tags();
    expect([...tags].map(([tag, bytes]) => [tag, bytes.toString("hex")])).toEqual([
      [0, "aabbcc"],
      [5, ""],
    ]);
    expect(reader.int8()).toBe(0x7f);
  });
});

describe("the end", () => {
  it.each([
    ["an int8", (from: ByteReader) => from.int8()],
    ["an int32", (from: ByteReader) => from.int32()],
    ["an int64", (from: ByteReader) => from.int64()],
    ["a varint", (from: ByteReader) => from.uvarint()],
    ["a view", (from: ByteReader) => from.view(1)],
  ])("%s beyond the last byte throws a RangeError", (_, read) => {
    expect(() => read(new ByteReader(Buffer.alloc(0)))).toThrow(RangeError);
  });

  it("a text longer than what is left throws and is not cut", () => {
    expect(() => new ByteReader(Buffer.from("0005616263", "hex")).string()).toThrow(RangeError);
  });
});

describe("attached bytes", () => {
  const around = (lengths: readonly number[], write: (to: ByteWriter, bytes: Buffer) => void): ByteWriter => {
    const writer = new ByteWriter(1);
    for (const length of lengths) {
      writer.string("x".repeat(length % 97));
      write(writer, Buffer.alloc(length, length));
    }
    return writer.noTags();
  };

  it("read like copied ones, whatever stands between them", () => {
    const lengths = fc.array(fc.oneof(fc.nat(300), fc.integer({ min: 4_090, max: 9_000 })), { maxLength: 6 });
    fc.assert(
      fc.property(lengths, (of) => {
        const attached = around(of, (to, bytes) => to.attached(bytes));
        const copied = around(of, (to, bytes) => to.compactBytes(bytes)).bytes();
        expect(Buffer.concat(attached.pieces()).equals(copied)).toBe(true);
        expect(attached.bytes().equals(copied)).toBe(true);
      }),
    );
  });

  it("stay where they lie from 4,096 bytes on", () => {
    const short = Buffer.alloc(4_095);
    const long = Buffer.alloc(4_096);
    expect(new ByteWriter().attached(short).pieces()).not.toContain(short);
    expect(new ByteWriter().attached(long).pieces()).toContain(long);
  });
});
