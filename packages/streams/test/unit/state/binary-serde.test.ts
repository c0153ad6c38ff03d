// A bug here gives an account another sum than it has, or lets one damaged byte hang a restore.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BinaryShape, binary, binarySerde, readingAlso } from "../../../src/state/binary-serde.ts";
import { jsonSerde, type Serde } from "../../../src/state/serde.ts";

/** A shape, its values, and whether something is one. */
interface Shaped {
  readonly shape: BinaryShape<unknown>;
  readonly values: fc.Arbitrary<unknown>;
  readonly holds: (value: unknown) => boolean;
}

const shaped = <V>(
  shape: BinaryShape<V>,
  values: fc.Arbitrary<V>,
  holds: (value: unknown) => boolean,
): Shaped => ({ shape, values, holds }) as unknown as Shaped;

// -0 becomes 0, as documented.
const ints = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -300, max: 300 })).map((value) => value + 0);
const texts = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.constantFrom("", "\uD800", "a\uDFFFb"));
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const leaves: readonly Shaped[] = [
  shaped(binary.int, ints, Number.isSafeInteger),
  shaped(binary.float64, fc.double(), (value) => typeof value === "number"),
  shaped(binary.boolean, fc.boolean(), (value) => typeof value === "boolean"),
  shaped(binary.string, texts, (value) => typeof value === "string"),
  shaped(binary.literal("a", "b", "c"), fc.constantFrom("a", "b", "c"), (value) =>
    ["a", "b", "c"].includes(String(value)),
  ),
];

const arrayOf = (of: Shaped): Shaped =>
  shaped(
    binary.array(of.shape),
    fc.array(of.values, { maxLength: 5 }),
    (value) => Array.isArray(value) && value.every(of.holds),
  );

const recordOf = (of: Shaped): Shaped =>
  shaped(
    binary.record(of.shape),
    fc.dictionary(fc.oneof(texts, fc.constant("__proto__")), of.values, {
      noNullPrototype: true,
      maxKeys: 4,
    }),
    (value) => isObject(value) && Object.values(value).every(of.holds),
  );

const structOf = (a: Shaped, b: Shaped): Shaped =>
  shaped(
    binary.struct({ a: a.shape, "b c": b.shape } as never) as BinaryShape<unknown>,
    fc.record({ a: a.values, "b c": b.values }),
    (value) => isObject(value) && a.holds(value["a"]) && b.holds(value["b c"]),
  );

const unionOf = (a: Shaped, b: Shaped): Shaped => {
  const of = (item: Shaped) => binary.struct({ item: item.shape } as never) as BinaryShape<unknown>;
  return shaped(
    binary.oneOf("kind", { a: of(a), b: of(b) } as never) as BinaryShape<unknown>,
    fc.oneof(
      a.values.map((item) => ({ kind: "a", item })),
      b.values.map((item) => ({ kind: "b", item })),
    ),
    (value) => isObject(value) && (value["kind"] === "a" ? a.holds(value["item"]) : b.holds(value["item"])),
  );
};

const { tree } = fc.letrec<{ tree: Shaped }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom(...leaves),
    tie("tree").map(arrayOf),
    tie("tree").map(recordOf),
    tie("tree").map((of) =>
      shaped(binary.nullable(of.shape), fc.option(of.values), (value) => value === null || of.holds(value)),
    ),
    fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => structOf(a, b)),
    fc.tuple(tie("tree"), tie("tree")).map(([a, b]) => unionOf(a, b)),
    fc
      .tuple(tie("tree"), tie("tree"))
      .map(([a, b]) =>
        shaped(
          binary.tuple(a.shape as never, b.shape as never) as BinaryShape<unknown>,
          fc.tuple(a.values, b.values),
          (value) => Array.isArray(value) && value.length === 2 && a.holds(value[0]) && b.holds(value[1]),
        ),
      ),
  ),
}));

const shapeAndValue = tree.chain((of) =>
  of.values.map((value) => ({ ...of, value, serde: binarySerde(of.shape) })),
);

describe("the binary serde", () => {
  it("gives any value of any shape back", () => {
    fc.assert(
      fc.property(shapeAndValue, ({ serde, value }) => {
        expect(serde.deserialize(serde.serialize(value))).toEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it("gives a value of the shape or refuses, whatever one byte is changed to", () => {
    fc.assert(
      fc.property(
        shapeAndValue,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        ({ serde, value, holds }, at, flip) => {
          const bytes = Buffer.from(serde.serialize(value));
          const harmed = at % bytes.length;
          bytes.writeUInt8(bytes.readUInt8(harmed) ^ flip, harmed);
          let read: unknown;
          try {
            read = serde.deserialize(bytes);
          } catch (error) {
            expect(error).toMatchObject({ code: "STREAMS_BYTES_UNREADABLE" });
            return;
          }
          expect(holds(read)).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("refuses every value that is cut short or has a byte more", () => {
    fc.assert(
      fc.property(shapeAndValue, fc.nat(), ({ serde, value }, length) => {
        const bytes = serde.serialize(value);
        const refused = expect.objectContaining({ code: "STREAMS_BYTES_UNREADABLE" });
        expect(() => serde.deserialize(bytes.subarray(0, length % bytes.length))).toThrow(refused);
        expect(() => serde.deserialize(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(refused);
      }),
      { numRuns: 500 },
    );
  });

  it("writes equal records with equal bytes, whatever order their keys came in", () => {
    const serde = binarySerde(binary.record(binary.int));
    expect(serde.serialize({ b: 2, a: 1 })).toEqual(serde.serialize({ a: 1, b: 2 }));
  });

  it("leaves an absent field of a struct absent", () => {
    const serde = binarySerde(binary.struct({ a: binary.optional(binary.int), b: binary.int }));
    expect(Object.keys(serde.deserialize(serde.serialize({ a: undefined, b: 1 })))).toEqual(["b"]);
    expect(serde.deserialize(serde.serialize({ a: 5, b: 1 }))).toEqual({ a: 5, b: 1 });
  });

  it.each([
    ["0", 0, 1],
    ["boundary: 63, the largest of one byte", 63, 1],
    ["boundary: 64, the smallest of two", 64, 2],
    ["-64", -64, 1],
    ["-65", -65, 2],
    ["boundary: 2^53 - 1", Number.MAX_SAFE_INTEGER, 8],
    ["boundary: -(2^53 - 1)", Number.MIN_SAFE_INTEGER, 8],
  ])("writes %s in as few bytes as it takes", (_, value, bytes) => {
    const serde = binarySerde(binary.int);
    const written = serde.serialize(value);
    expect([written.length - 3, serde.deserialize(written)]).toEqual([bytes, value]);
  });

  it.each([
    ["a fraction as int", binary.int, 1.5],
    ["2^53 as int", binary.int, 2 ** 53],
    ["a text as int", binary.int, "1"],
    ["a number as string", binary.string, 1],
    ["a text as boolean", binary.boolean, "true"],
    ["another text as literal", binary.literal("a"), "b"],
    ["an object as array", binary.array(binary.int), {}],
    ["null as struct", binary.struct({}), null],
    ["an unknown kind", binary.oneOf("kind", { a: binary.struct({}) }), { kind: "b" }],
  ])("refuses to write %s", (_, shape, value) => {
    const serde = binarySerde(shape as BinaryShape<unknown>);
    expect(() => serde.serialize(value)).toThrow(
      expect.objectContaining({ code: "STREAMS_VALUE_UNWRITABLE" }),
    );
  });

  it("writes the next value whole after one that it refused", () => {
    const serde = binarySerde(binary.array(binary.int));
    expect(() => serde.serialize([1, 2, 0.5])).toThrow();
    expect(serde.deserialize(serde.serialize([7]))).toEqual([7]);
  });

  it("refuses bytes of JSON, of another shape, and none", () => {
    const serde = binarySerde(binary.struct({ sum: binary.int }));
    const other = binarySerde(binary.struct({ count: binary.int }));
    for (const bytes of [Buffer.from('{"sum":1}'), other.serialize({ count: 1 }), Buffer.alloc(0)])
      expect(() => serde.deserialize(bytes)).toThrow(
        expect.objectContaining({ code: "STREAMS_BYTES_UNREADABLE" }),
      );
    expect(serde.fingerprint).not.toBe(other.fingerprint);
  });

  it("refuses a list that claims more than the bytes can hold before it makes room for it", () => {
    const serde = binarySerde(binary.array(binary.float64));
    const bytes = Buffer.concat([serde.serialize([]).subarray(0, 3), Buffer.from("ffffffffffff0f", "hex")]);
    expect(() => serde.deserialize(bytes)).toThrow("a list is longer than they are");
  });

  it("has no list of items that take no bytes: their number could not be checked", () => {
    expect(() => binary.array(binary.struct({}))).toThrow(
      expect.objectContaining({ code: "STREAMS_CONFIG_INVALID" }),
    );
  });
});

describe("a store that changes its format", () => {
  const today = binarySerde(binary.struct({ sum: binary.int, count: binary.int }));
  const older = jsonSerde<{ sum: number }>();
  const serde = readingAlso(today, older, ({ sum }) => ({ sum, count: 0 }));

  it("reads what was written before and after, and writes the new one", () => {
    expect(serde.deserialize(older.serialize({ sum: 3 }))).toEqual({ sum: 3, count: 0 });
    expect(serde.deserialize(today.serialize({ sum: 3, count: 1 }))).toEqual({ sum: 3, count: 1 });
    expect(serde.serialize({ sum: 3, count: 1 })).toEqual(today.serialize({ sum: 3, count: 1 }));
  });

  it("refuses what neither wrote, as the new one does", () => {
    expect(() => serde.deserialize(Buffer.from("{"))).toThrow(
      expect.objectContaining({ code: "STREAMS_BYTES_UNREADABLE" }),
    );
  });
});

// The worked example of docs/semantics/state.md.
describe("a serde of one's own", () => {
  interface Position {
    readonly latitude: number;
    readonly longitude: number;
    readonly atMs: number;
  }

  const positionSerde: Serde<Position> = {
    fingerprint: "position/1",
    serialize: ({ latitude, longitude, atMs }) => {
      const bytes = Buffer.alloc(16);
      bytes.writeInt32LE(Math.round(latitude * 1e6), 0);
      bytes.writeInt32LE(Math.round(longitude * 1e6), 4);
      bytes.writeDoubleLE(atMs, 8);
      return bytes;
    },
    deserialize: (bytes) => {
      if (bytes.length !== 16) throw new Error(`a position takes 16 bytes, and these are ${bytes.length}`);
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return {
        latitude: view.readInt32LE(0) / 1e6,
        longitude: view.readInt32LE(4) / 1e6,
        atMs: view.readDoubleLE(8),
      };
    },
  };

  it("of a fixed layout gives every position back to the microdegree, and refuses other lengths", () => {
    const micro = (limit: number) =>
      fc.integer({ min: -limit * 1e6, max: limit * 1e6 }).map((value) => value / 1e6);
    const position = fc.record({ latitude: micro(90), longitude: micro(180), atMs: fc.maxSafeNat() });
    fc.assert(
      fc.property(position, (value) => {
        const read = positionSerde.deserialize(positionSerde.serialize(value));
        expect([read.latitude + 0, read.longitude + 0, read.atMs]).toEqual([
          value.latitude + 0,
          value.longitude + 0,
          value.atMs,
        ]);
      }),
    );
    expect(() => positionSerde.deserialize(Buffer.alloc(15))).toThrow("16 bytes");
  });
});
