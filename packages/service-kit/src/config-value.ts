// One environment variable: its schema, how its text becomes a value, and how both are put into words.
//
// Owns the coercion of environment strings. Stricter than Ajv's (which env-schema uses: "0x10" → 16,
// "1e3" → 1000, " 12 " → 12, "" → an empty list, and no found value in its errors):
//
//   V1. A number is written in plain decimal digits; anything else is a fault, never a guess.
//   V2. A boolean is `true` or `false`.
//   V3. A list is split at commas, its items trimmed; an empty item is a fault.
//   V4. No sentence built here holds the value of a variable marked `secret`, nor a password within a URL.

import type { TSchema } from "typebox";
import { Check } from "typebox/value";
import { ServiceKitError } from "./errors.ts";

/** The keywords that configuration schemas use, beyond those of JSON Schema the last four are ours. */
export interface VariableSchema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly VariableSchema[];
  readonly items?: VariableSchema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly string[];
  /** `true`: the value is never printed, and may come from the file that `<NAME>_FILE` names. */
  readonly secret?: boolean;
  /** The rule in words, when the schema alone would read badly (a pattern). */
  readonly rule?: string;
  /** Unit in words, appended to the rule: `milliseconds`. */
  readonly unit?: string;
  /** The default in words, when its value differs from machine to machine. */
  readonly defaultText?: string;
}

/** A text read as a value, or the sentence that says why not. */
export type ReadResult =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "fault"; readonly problem: string };

const integerDigits = /^-?(0|[1-9]\d*)$/;
const decimalDigits = /^-?(0|[1-9]\d*)(\.\d+)?$/;
const shownCharsMax = 80;

/** The view of a TypeBox schema that this package reads. */
export function variableSchema(schema: TSchema): VariableSchema {
  return schema as VariableSchema;
}

/** The values a choice offers, or `undefined` for a schema that is no choice. */
export function choicesOf(schema: VariableSchema): readonly unknown[] | undefined {
  if (schema.enum !== undefined) return schema.enum;
  if (schema.const !== undefined) return [schema.const];
  if (schema.anyOf?.every((s) => s.const !== undefined)) return schema.anyOf.map((s) => s.const);
  return undefined;
}

function range(schema: VariableSchema): string {
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return ` of at least ${minimum}`;
  return maximum === undefined ? "" : ` of at most ${maximum}`;
}

function lengthRange({ minLength, maxLength }: VariableSchema): string {
  if (minLength !== undefined && maxLength !== undefined)
    return ` of ${minLength} to ${maxLength} characters`;
  if (minLength !== undefined) return ` of at least ${minLength} character${minLength === 1 ? "" : "s"}`;
  return maxLength === undefined ? "" : ` of at most ${maxLength} characters`;
}

function baseRule(schema: VariableSchema): string {
  if (schema.rule !== undefined) return schema.rule;
  const choices = choicesOf(schema);
  if (choices !== undefined) return `one of ${choices.map(String).join(", ")}`;
  switch (schema.type) {
    case "integer":
      return `a whole number${range(schema)}`;
    case "number":
      return `a number${range(schema)}`;
    case "boolean":
      return "true or false";
    case "array":
      return "a comma-separated list";
    default:
      return `a text${lengthRange(schema)}`;
  }
}

/** The rule of a variable in words, `a whole number from 1 to 65535`; follows "must be". */
export function ruleOf(schema: VariableSchema): string {
  return `${baseRule(schema)}${schema.unit === undefined ? "" : ` (${schema.unit})`}`;
}

/** The rule and an example of a value that keeps it; follows "missing —". */
export function ruleWithExample(schema: VariableSchema): string {
  const example = schema.examples?.[0];
  return `${ruleOf(schema)}${example === undefined ? "" : ` such as ${example}`}`;
}

/** A value as it may be printed: a secret hidden, passwords within URLs masked, long texts cut. */
export function shownValue(schema: VariableSchema, value: unknown): string {
  if (schema.secret === true) return "(secret, not shown)";
  const text = Array.isArray(value) ? value.join(",") : String(value);
  const masked = text.replace(/\/\/[^/@\s]*@/g, "//[secret]@");
  return masked.length > shownCharsMax ? `${masked.slice(0, shownCharsMax)}…` : masked;
}

function brokenRule(schema: VariableSchema, found: string): ReadResult {
  const shown = schema.secret === true ? "a value (secret, not shown)" : `"${shownValue(schema, found)}"`;
  return { kind: "fault", problem: `found ${shown}, but must be ${ruleWithExample(schema)}` };
}

function readNumber(schema: VariableSchema, text: string): ReadResult {
  const digits = schema.type === "integer" ? integerDigits : decimalDigits;
  const value = Number(text);
  const exact = digits.test(text) && (schema.type === "number" || Number.isSafeInteger(value));
  return exact && Check(schema, value) ? { kind: "value", value } : brokenRule(schema, text);
}

function readList(schema: VariableSchema, text: string): ReadResult {
  const items = text === "" ? [] : text.split(",").map((item) => item.trim());
  const wrongAt = items.findIndex((item) => item === "" || !Check(schema.items ?? {}, item));
  const wrong = items[wrongAt];
  if (wrong !== undefined) {
    const what = wrong === "" ? "is empty" : `is "${shownValue({}, wrong)}"`;
    const fault = brokenRule(schema, text);
    const hidden = schema.secret === true || fault.kind !== "fault";
    return hidden ? fault : { kind: "fault", problem: `item ${wrongAt + 1} ${what}; ${fault.problem}` };
  }
  return Check(schema, items) ? { kind: "value", value: items } : brokenRule(schema, text);
}

/**
 * Reads the text of a variable.
 *
 * @throws ServiceKitError KIT_CONFIG_SCHEMA_INVALID when the schema is of a kind no text can be read as
 */
export function readVariable(name: string, schema: VariableSchema, text: string): ReadResult {
  if (choicesOf(schema) !== undefined || schema.type === "string") {
    return Check(schema, text) ? { kind: "value", value: text } : brokenRule(schema, text);
  }
  switch (schema.type) {
    case "integer":
    case "number":
      return readNumber(schema, text);
    case "boolean":
      return text === "true" || text === "false"
        ? { kind: "value", value: text === "true" }
        : brokenRule(schema, text);
    case "array":
      return readList(schema, text);
    default:
      throw new ServiceKitError(
        "KIT_CONFIG_SCHEMA_INVALID",
        `${name}: type ${String(schema.type)} cannot be read from an environment variable; declare a text, number, integer, boolean, choice or list of texts`,
      );
  }
}
