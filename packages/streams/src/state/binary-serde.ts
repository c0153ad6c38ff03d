// The binary serde: compact bytes for values whose shape is known, put together from a few shapes.
//
//   B1. A value begins with the format's version and two bytes that stand for its shape: bytes of another shape, of JSON or
//       of anything else are refused, never misread.
//   B2. Reading is bounded by the bytes there are: damage throws or gives a value of the shape, it never hangs and never
//       allocates more than the bytes can hold.
//   B3. Equal values of one shape have equal bytes.
//       (test/unit/state/binary-serde.test.ts)

import { StreamsConfigError, StreamsError } from "../errors.ts";
import { ByteSink, ByteSource } from "./byte-sink.ts";
import type { Serde } from "./serde.ts";

/** How one kind of value is written and read. Made by {@link binary}. */
export interface BinaryShape<V> {
  /** In words, `struct{count:int,sum:int}`; part of the fingerprint. */
  readonly name: string;
  /** Least bytes a value takes. */
  readonly bytesMin: number;
  /** @throws StreamsError STREAMS_VALUE_UNWRITABLE for a value that is not of the shape */
  write(sink: ByteSink, value: V): void;
  /** @throws StreamsError STREAMS_BYTES_UNREADABLE for bytes that are not of the shape */
  read(source: ByteSource): V;
}

/** The values of a shape. */
export type ShapeValue<S> = S extends BinaryShape<infer V> ? V : never;

type Fields = Readonly<Record<string, BinaryShape<unknown>>>;
type StructOf<F extends Fields> = { -readonly [K in keyof F]: ShapeValue<F[K]> };
type TupleOf<T extends readonly BinaryShape<unknown>[]> = { -readonly [K in keyof T]: ShapeValue<T[K]> };
type UnionOf<T extends string, F extends Readonly<Record<string, BinaryShape<unknown>>>> = {
  [K in keyof F]: ShapeValue<F[K]> & { readonly [_ in T]: K };
}[keyof F];

const unwritable = (shape: string, what: string): StreamsError =>
  new StreamsError("STREAMS_VALUE_UNWRITABLE", `Writing a value as ${shape} failed: ${what}.`);

const int: BinaryShape<number> = {
  name: "int",
  bytesMin: 1,
  write: (sink, value) => {
    if (!Number.isSafeInteger(value)) throw unwritable("int", "it is no whole number up to 2^53 - 1");
    sink.varint(value);
  },
  read: (source) => source.varint(),
};

const float64: BinaryShape<number> = {
  name: "float64",
  bytesMin: 8,
  write: (sink, value) => {
    if (typeof value !== "number") throw unwritable("float64", `it is a ${typeof value}`);
    sink.float64(value);
  },
  read: (source) => source.float64(),
};

const boolean: BinaryShape<boolean> = {
  name: "boolean",
  bytesMin: 1,
  write: (sink, value) => {
    if (typeof value !== "boolean") throw unwritable("boolean", `it is a ${typeof value}`);
    sink.byte(value ? 1 : 0);
  },
  read: (source) => flag(source),
};

const string: BinaryShape<string> = {
  name: "string",
  bytesMin: 1,
  write: (sink, value) => {
    if (typeof value !== "string") throw unwritable("string", `it is a ${typeof value}`);
    sink.text(value);
  },
  read: (source) => source.text(),
};

const bytes: BinaryShape<Uint8Array> = {
  name: "bytes",
  bytesMin: 1,
  write: (sink, value) => {
    sink.varuint(value.length);
    sink.bytes(value);
  },
  read: (source) => source.bytes(),
};

const flag = (source: ByteSource): boolean => {
  const value = source.byte();
  if (value > 1) throw source.refusal("a yes or no is neither");
  return value === 1;
};

const literal = <const T extends string>(...values: readonly [T, ...T[]]): BinaryShape<T> => {
  const indexOf = new Map<string, number>(values.map((value, i) => [value, i]));
  const name = `literal(${values.map((value) => JSON.stringify(value)).join("|")})`;
  return {
    name,
    bytesMin: 1,
    write: (sink, value) => {
      const index = indexOf.get(value);
      if (index === undefined) throw unwritable(name, "it is none of them");
      sink.varuint(index);
    },
    read: (source) => {
      const value = values[source.varuint()];
      if (value === undefined) throw source.refusal("a choice is none of those there are");
      return value;
    },
  };
};

/** A list's items are counted against the bytes there are (B2), so each must take one. */
const listed = <V>(where: string, of: BinaryShape<V>): BinaryShape<V> => {
  if (of.bytesMin > 0) return of;
  throw new StreamsConfigError([
    `binary.${where}: an item of shape ${of.name} takes no bytes; store a count`,
  ]);
};

const array = <V>(of: BinaryShape<V>): BinaryShape<V[]> => {
  const item = listed("array", of);
  return {
    name: `array(${of.name})`,
    bytesMin: 1,
    write: (sink, values) => {
      if (!Array.isArray(values)) throw unwritable(`array(${of.name})`, "it is no array");
      sink.varuint(values.length);
      for (let i = 0; i < values.length; i++) item.write(sink, values[i] as V);
    },
    read: (source) => {
      const count = source.count(item.bytesMin);
      const values = new Array<V>(count);
      for (let i = 0; i < count; i++) values[i] = item.read(source);
      return values;
    },
  };
};

const deltas: BinaryShape<number[]> = {
  name: "deltas",
  bytesMin: 1,
  write: (sink, values) => {
    sink.varuint(values.length);
    let before = 0;
    for (const value of values) {
      const delta = value - before;
      if (!Number.isSafeInteger(value) || !Number.isSafeInteger(delta))
        throw unwritable("deltas", "an item is no whole number, or too far from the one before");
      sink.varint(delta);
      before = value;
    }
  },
  read: (source) => {
    const values = new Array<number>(source.count(1));
    let before = 0;
    for (let i = 0; i < values.length; i++) {
      before += source.varint();
      if (!Number.isSafeInteger(before)) throw source.refusal("a number is too large");
      values[i] = before;
    }
    return values;
  },
};

const record = <V>(of: BinaryShape<V>): BinaryShape<Record<string, V>> => ({
  name: `record(${of.name})`,
  bytesMin: 1,
  write: (sink, value) => {
    // Sorted, so that equal records have equal bytes (B3).
    const keys = Object.keys(value).sort();
    sink.varuint(keys.length);
    for (const key of keys) {
      sink.text(key);
      of.write(sink, value[key] as V);
    }
  },
  read: (source) => {
    const value: Record<string, V> = {};
    for (let left = source.count(1 + of.bytesMin); left > 0; left--)
      setField(value, source.text(), of.read(source));
    return value;
  },
});

/** `__proto__` is a key like any other. */
const setField = (into: object, key: string, value: unknown): void => {
  if (key !== "__proto__") (into as Record<string, unknown>)[key] = value;
  else Object.defineProperty(into, key, { value, writable: true, enumerable: true, configurable: true });
};

const nullable = <V>(of: BinaryShape<V>): BinaryShape<V | null> => ({
  name: `nullable(${of.name})`,
  bytesMin: 1,
  write: (sink, value) => {
    sink.byte(value === null ? 0 : 1);
    if (value !== null) of.write(sink, value);
  },
  read: (source) => (flag(source) ? of.read(source) : null),
});

const optional = <V>(of: BinaryShape<V>): BinaryShape<V | undefined> => ({
  name: `optional(${of.name})`,
  bytesMin: 1,
  write: (sink, value) => {
    sink.byte(value === undefined ? 0 : 1);
    if (value !== undefined) of.write(sink, value);
  },
  read: (source) => (flag(source) ? of.read(source) : undefined),
});

const tuple = <const T extends readonly BinaryShape<unknown>[]>(...of: T): BinaryShape<TupleOf<T>> => ({
  name: `tuple(${of.map(({ name }) => name).join(",")})`,
  bytesMin: of.reduce((sum, { bytesMin }) => sum + bytesMin, 0),
  write: (sink, values) => {
    for (let i = 0; i < of.length; i++) of[i]?.write(sink, (values as readonly unknown[])[i]);
  },
  read: (source) => of.map((shape) => shape.read(source)) as TupleOf<T>,
});

const struct = <F extends Fields>(fields: F): BinaryShape<StructOf<F>> => {
  const names = Object.keys(fields);
  const shapes = Object.values(fields) as readonly BinaryShape<unknown>[];
  const name = `struct{${names.map((of, i) => `${JSON.stringify(of)}:${shapes[i]?.name}`).join(",")}}`;
  return {
    name,
    bytesMin: shapes.reduce((sum, { bytesMin }) => sum + bytesMin, 0),
    write: (sink, value) => {
      if (typeof value !== "object" || value === null) throw unwritable(name, "it is no object");
      for (let i = 0; i < names.length; i++)
        (shapes[i] as BinaryShape<unknown>).write(
          sink,
          (value as Record<string, unknown>)[names[i] as string],
        );
    },
    read: (source) => {
      const value: Record<string, unknown> = {};
      for (let i = 0; i < names.length; i++) {
        const found = (shapes[i] as BinaryShape<unknown>).read(source);
        // What was not there is not there again.
        if (found !== undefined) setField(value, names[i] as string, found);
      }
      return value as StructOf<F>;
    },
  };
};

const oneOf = <const T extends string, F extends Fields>(tag: T, shapes: F): BinaryShape<UnionOf<T, F>> => {
  const names = Object.keys(shapes);
  const of = Object.values(shapes) as readonly BinaryShape<object>[];
  const indexOf = new Map(names.map((name, i) => [name, i]));
  const name = `oneOf(${JSON.stringify(tag)},${names.map((kind, i) => `${JSON.stringify(kind)}:${of[i]?.name}`).join("|")})`;
  return {
    name,
    bytesMin: 1 + Math.min(...of.map(({ bytesMin }) => bytesMin)),
    write: (sink, value) => {
      const index = indexOf.get((value as Record<string, unknown>)[tag] as string);
      if (index === undefined) throw unwritable(name, "its tag is none of them");
      sink.varuint(index);
      of[index]?.write(sink, value);
    },
    read: (source) => {
      const index = source.varuint();
      const value = of[index]?.read(source);
      if (value === undefined) throw source.refusal("a tag is none of those there are");
      setField(value, tag, names[index]);
      return value as UnionOf<T, F>;
    },
  };
};

/**
 * The shapes: `binary.struct({ count: binary.int, names: binary.array(binary.string) })`.
 *
 * - `int`: a whole number up to 2^53 - 1 either way, 1 to 8 bytes, small ones short; `-0` becomes `0`
 * - `float64`: any number, 8 bytes
 * - `boolean`, `string`, `bytes`
 * - `literal("a", "b")`: one of these texts, 1 byte
 * - `deltas`: an array of whole numbers that lie close to each other, times above all, each written as its distance from
 *   the one before
 * - `array(of)`, `tuple(a, b)`, `record(of)`: an object of any keys
 * - `struct({ name: of })`: an object of these keys, in this order; the names take no bytes
 * - `nullable(of)`, `optional(of)`: 1 byte more; an absent field of a struct stays absent
 * - `oneOf("kind", { a: struct, b: struct })`: a union told apart by the field `kind`, which the structs leave out
 */
export const binary = {
  int,
  float64,
  boolean,
  string,
  bytes,
  literal,
  array,
  deltas,
  record,
  nullable,
  optional,
  tuple,
  struct,
  oneOf,
} as const;

/** Never the first byte of UTF-8, so never of JSON; the low digit is the version of the format. */
const formatVersion = 0xb1;

const sink = new ByteSink();
const source = new ByteSource();

/** FNV-1a, 32 bits. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};

/**
 * A serde of compact bytes for values of one shape.
 *
 * Change the shape and old bytes are refused (B1): give the store a new name, or read them with {@link readingAlso}.
 */
export const binarySerde = <V>(shape: BinaryShape<V>): Serde<V> => {
  const hash = hashOf(shape.name);
  const [high, low] = [(hash >>> 8) & 0xff, hash & 0xff];
  return {
    fingerprint: `binary/${formatVersion & 0x0f} ${hash.toString(16).padStart(8, "0")}`,
    serialize: (value) => {
      sink.reset();
      sink.byte(formatVersion);
      sink.byte(high);
      sink.byte(low);
      shape.write(sink, value);
      return sink.taken();
    },
    deserialize: (from) => {
      source.open(from);
      if (source.byte() !== formatVersion)
        throw source.refusal("they do not begin with this format's version");
      if (source.byte() !== high || source.byte() !== low)
        throw source.refusal(`they are of another shape than ${shape.name.slice(0, 200)}`);
      const value = shape.read(source);
      if (source.left > 0) throw source.refusal(`${source.left} bytes are left over`);
      return value;
    },
  };
};

/**
 * Writes with one serde and reads what an older one wrote too: how a store changes its format while its state lives.
 * Each key is written anew when it next changes; keep the older serde until every key has.
 *
 * @param older must refuse what `serde` writes, or is never asked; `serde` must refuse what `older` wrote
 * @param upgrade the value of today from the value of then
 */
export const readingAlso = <V, O>(serde: Serde<V>, older: Serde<O>, upgrade: (value: O) => V): Serde<V> => ({
  ...serde,
  deserialize: (from) => {
    try {
      return serde.deserialize(from);
    } catch (cause) {
      try {
        return upgrade(older.deserialize(from));
      } catch {
        throw cause;
      }
    }
  },
});
