// Configuration: environment → one total, frozen, typed object, or every fault at once.
//
// Owns the order "environment, then default", the secrets' files and the relations between variables.
// How one text is read stands in config-value.ts; the variables all services share in base-config.ts.
//
//   C1. The result is total: a variable is required unless its schema has a default or is optional.
//   C2. All faults are reported together, those of relations too wherever both sides could be read.
//   C3. A secret is never part of an error, nor of `effectiveConfig`.

import { readFileSync } from "node:fs";
import { IsOptional, type Static, type TObject, type TProperties } from "typebox";
import {
  type ReadResult,
  readVariable,
  ruleWithExample,
  shownValue,
  variableSchema,
} from "./config-value.ts";
import { ConfigError, type ConfigFault } from "./errors.ts";

/** The values of a configuration schema; read once, never changed after. */
export type Config<P extends TProperties> = Readonly<Static<TObject<P>>>;

/** A rule between two variables or more, checked once each of them has been read without fault. */
export interface Relation {
  /** The variables it compares; the fault is reported on the first. */
  readonly between: readonly [string, ...string[]];
  /** The rule in words; follows "must be": `below SESSION_TIMEOUT_MS`. */
  readonly rule: string;
  /** Whether the values, in the order of `between`, keep the rule. */
  readonly holds: (...values: number[]) => boolean;
}

/** Finds faults that no rule between numbers can say. Given what was read without fault, by variable. */
export type ConfigCheck = (values: ReadonlyMap<string, unknown>) => readonly ConfigFault[];

/** Where a configuration comes from, besides its schema. */
export interface LoadOptions {
  /** The environment to read. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Rules between variables; one that names a variable the schema lacks is skipped. @default none */
  readonly relations?: readonly Relation[];
  /** Further checks, whose faults are reported with the others. @default none */
  readonly checks?: readonly ConfigCheck[];
}

type Found = { readonly kind: "text"; readonly text: string } | { readonly kind: "absent" } | FaultResult;
type FaultResult = Extract<ReadResult, { kind: "fault" }>;
type Env = Readonly<Record<string, string | undefined>>;

function findText(name: string, isSecret: boolean, env: Env): Found {
  const text = env[name];
  const file = isSecret ? env[`${name}_FILE`] : undefined;
  if (file === undefined) return text === undefined ? { kind: "absent" } : { kind: "text", text };
  if (text !== undefined)
    return { kind: "fault", problem: `set together with ${name}_FILE; keep one of them` };
  try {
    return { kind: "text", text: readFileSync(file, "utf8").replace(/\r?\n$/, "") };
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return { kind: "fault", problem: `its file, ${name}_FILE=${file}, cannot be read (${why})` };
  }
}

function readOne(name: string, schema: TProperties[string], env: Env): ReadResult {
  const variable = variableSchema(schema);
  const found = findText(name, variable.secret === true, env);
  if (found.kind === "fault") return found;
  if (found.kind === "text") return readVariable(name, variable, found.text);
  if (variable.default !== undefined) return { kind: "value", value: structuredClone(variable.default) };
  if (IsOptional(schema)) return { kind: "value", value: undefined };
  return { kind: "fault", problem: `required, but missing — ${ruleWithExample(variable)}` };
}

function relationFaults(
  relations: readonly Relation[],
  values: ReadonlyMap<string, unknown>,
  schemas: TProperties,
): ConfigFault[] {
  const faults: ConfigFault[] = [];
  for (const relation of relations) {
    const [first, ...others] = relation.between;
    const numbers = relation.between.map((name) => values.get(name)).filter((v) => typeof v === "number");
    if (numbers.length < relation.between.length || relation.holds(...numbers)) continue;
    const shown = (name: string): string =>
      `${name} is ${shownValue(variableSchema(schemas[name] ?? {}), values.get(name))}`;
    faults.push({
      variable: first,
      problem: `found ${String(values.get(first))}, but must be ${relation.rule} (${others.map(shown).join(", ")})`,
    });
  }
  return faults;
}

/**
 * Reads the configuration that `schema` describes. Variables that the schema does not name are left alone:
 * an environment always holds others.
 *
 * @param schema one TypeBox object; each property is a variable, see {@link VariableSchema} for its keywords
 * @returns a deep-frozen object that has every variable of the schema
 * @throws ConfigError with every fault: variable, found value (never a secret's), rule
 */
export function loadConfig<P extends TProperties>(schema: TObject<P>, options: LoadOptions = {}): Config<P> {
  const env = options.env ?? process.env;
  const values = new Map<string, unknown>();
  const faults: ConfigFault[] = [];
  for (const [name, property] of Object.entries(schema.properties)) {
    const read = readOne(name, property, env);
    if (read.kind === "fault") faults.push({ variable: name, problem: read.problem });
    else if (read.value !== undefined) values.set(name, freezeDeep(read.value));
  }
  faults.push(...relationFaults(options.relations ?? [], values, schema.properties));
  for (const check of options.checks ?? []) {
    // A check takes a variable with a fault of its own for one that is missing.
    const told = new Set(faults.map(({ variable }) => variable));
    faults.push(...check(values).filter(({ variable }) => !told.has(variable)));
  }
  if (faults.length > 0) throw new ConfigError(faults);
  // Each value was checked against its property's schema, and each property is present or optional.
  return Object.freeze(Object.fromEntries(values)) as Config<P>;
}

function freezeDeep(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) freezeDeep(inner);
  return Object.freeze(value);
}

/** The configuration as it may be logged: every variable of the schema, secrets hidden. */
export function effectiveConfig<P extends TProperties>(
  schema: TObject<P>,
  config: Config<P>,
): Record<string, unknown> {
  const values: Record<string, unknown> = config;
  return Object.fromEntries(
    Object.entries(schema.properties).map(([name, property]) => {
      const variable = variableSchema(property);
      const value = values[name];
      const plain = typeof value === "number" || typeof value === "boolean" || value === undefined;
      return [name, plain && variable.secret !== true ? value : shownValue(variable, value)];
    }),
  );
}

/** The values of the variables marked `secret`, for the logger to strike out wherever they turn up. */
export function secretValues<P extends TProperties>(schema: TObject<P>, config: Config<P>): string[] {
  const values: Record<string, unknown> = config;
  return Object.entries(schema.properties)
    .filter(([, property]) => variableSchema(property).secret === true)
    .flatMap(([name]) => values[name] ?? [])
    .map(String);
}
