// From the JSON Schema of a topic's values to the fields that an expression may name, and to the values it sees.
//
//   S1. Whole numbers of the schema are CEL's int, so that `amount > 5` compares exactly up to 2^53.

import type { Fields, FieldType } from "./expression.ts";

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly patternProperties?: Readonly<Record<string, Schema>>;
}

const simple: Readonly<Record<string, FieldType>> = {
  string: "string",
  integer: "int",
  number: "double",
  boolean: "bool",
  array: "list",
};

/** The fields of an object's schema; none where it is no object's. */
export const fieldsOf = (jsonSchema: object | undefined): Fields => {
  const { properties, anyOf } = (jsonSchema ?? {}) as Schema;
  if (properties !== undefined)
    return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, typeOf(schema)]));
  const variants = (anyOf ?? []).map(fieldsOf);
  const all: Record<string, FieldType> = {};
  for (const variant of variants)
    for (const [name, type] of Object.entries(variant))
      all[name] =
        Object.hasOwn(all, name) && JSON.stringify(all[name]) !== JSON.stringify(type) ? "dyn" : type;
  return all;
};

const typeOf = (schema: Schema): FieldType => {
  if (schema.properties !== undefined) return fieldsOf(schema);
  if (schema.patternProperties !== undefined || schema.type === "object") return "map<string, string>";
  return simple[schema.type ?? ""] ?? "dyn";
};

/** The value with its whole numbers as CEL wants them. */
export const celValue = (value: unknown, jsonSchema: object | undefined): unknown => {
  const { type, properties, items, anyOf } = (jsonSchema ?? {}) as Schema;
  if (typeof value === "number") {
    const isInt = type === "integer" || (type === undefined && Number.isSafeInteger(value));
    return isInt ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map((item) => celValue(item, items));
  if (typeof value !== "object" || value === null) return value;
  const fields = properties ?? Object.assign({}, ...(anyOf ?? []).map((of) => of.properties ?? {}));
  return Object.fromEntries(
    Object.entries(value).map(([name, of]) => [name, celValue(of, fields[name] as object | undefined)]),
  );
};
