// The expressions after --where: CEL, checked against what a record of the topic has. The one file that knows the library.
//
//   E1. An expression is checked before anything is read, and a mistake is pointed at by its column.
//   E2. No expression runs long: no regular expressions (the library's are JavaScript's, which can take for ever), one
//       comprehension inside no other, bounded size.
//   E3. A record that lacks a field which the answer depends on is neither taken nor passed over in silence: it is counted.

import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { nearestName } from "@riffle/contracts";
import { CliError } from "../errors.ts";
import { printable } from "../terminal/printable.ts";

/** What CEL calls the kinds of values here; an object is a message with these fields. */
export type FieldType =
  | "bool"
  | "int"
  | "double"
  | "string"
  | "list"
  | "map<string, string>"
  | "google.protobuf.Timestamp"
  | "dyn"
  | { readonly [field: string]: FieldType };

/** Variables by name. */
export type Fields = Readonly<Record<string, FieldType>>;

/** `unknown`: the record lacks a field that the answer depends on. */
export type Verdict = "yes" | "no" | "unknown";

const limits = {
  maxAstNodes: 200,
  maxDepth: 24,
  maxListElements: 100,
  maxMapEntries: 20,
  maxCallArguments: 8,
};
const comprehensions = ["all", "exists", "exists_one", "map", "filter"];

/** An expression that was checked. */
export class Expression {
  readonly #evaluate: (context: Readonly<Record<string, unknown>>) => unknown;

  private constructor(evaluate: (context: Readonly<Record<string, unknown>>) => unknown) {
    this.#evaluate = evaluate;
  }

  /** @throws CliError CLI_EXPRESSION_INVALID, with the column */
  static compile(text: string, fields: Fields): Expression {
    const environment = environmentOf(fields);
    let parsed: ReturnType<typeof environment.parse>;
    try {
      parsed = environment.parse(text);
    } catch (error) {
      throw mistake(text, error, fields);
    }
    failIfCostly(text, parsed.ast, 0);
    const { valid, type, error } = parsed.check();
    if (!valid) throw mistake(text, error, fields);
    if (type !== "bool" && type !== "dyn")
      throw pointed(text, { start: 0, end: text.length }, `it is ${article(type)}; give a condition`);
    return new Expression(parsed);
  }

  /** @param context values by variable, integers as bigint; an absent field is no property */
  judge(context: Readonly<Record<string, unknown>>): Verdict {
    try {
      return this.#evaluate(context) === true ? "yes" : "no";
    } catch {
      return "unknown";
    }
  }
}

/** Names that CEL has taken for itself: the field is there as `value.type` alone. */
const taken = "type";

const environmentOf = (fields: Fields): Environment => {
  const environment = new Environment({ limits });
  for (const [name, type] of Object.entries(fields)) {
    if (name === taken) continue;
    if (typeof type === "string") environment.registerVariable(name, type);
    else environment.registerVariable({ name, schema: type as Record<string, never> });
  }
  return environment;
};

/** Finds what is refused although the library has it (E2). */
const failIfCostly = (text: string, node: ASTNode, depth: number): void => {
  const isCall = node.op === "call" || node.op === "rcall";
  const name = isCall ? String(node.args[0]) : "";
  if (name === "matches") {
    const why = "matches() is not offered; use contains, startsWith, endsWith or ==";
    throw pointed(text, node.range, why);
  }
  const within = comprehensions.includes(name) ? depth + 1 : depth;
  if (within > 1) throw pointed(text, node.range, `${name}() stands inside another one; give one alone`);
  for (const child of nodesIn(node.args)) failIfCostly(text, child, within);
};

const nodesIn = (args: unknown): ASTNode[] => {
  if (Array.isArray(args)) return args.flatMap(nodesIn);
  return typeof args === "object" && args !== null && "op" in args ? [args as ASTNode] : [];
};

const mistake = (text: string, error: unknown, fields: Fields): CliError => {
  const { summary, range, code } = error as {
    readonly summary?: string;
    readonly range?: { readonly start: number; readonly end: number };
    readonly code?: string;
  };
  const at = range ?? { start: 0, end: text.length };
  const said = lowered(summary ?? (error instanceof Error ? error.message : "it is not understood"));
  const name = text.slice(at.start, at.end);
  const names = code === "unknown_variable" ? Object.keys(fields) : fieldNamesIn(fields);
  const meant = code === "unknown_variable" || code === "no_such_key" ? nearestName(name, names) : undefined;
  const there = code === "unknown_variable" ? `; there are ${names.join(", ")}` : "";
  const isTaken = Object.hasOwn(fields, taken) && /(?<![.\w])type\b(?!\s*\()/.test(text);
  const hint = isTaken ? "; the field is value.type, for type alone is a word of CEL's" : there;
  return pointed(text, at, `${said}${meant === undefined ? hint : `; did you mean ${meant}?`}`);
};

/** The message, with a line of carets below what is meant. */
const pointed = (
  text: string,
  { start, end }: { readonly start: number; readonly end: number },
  why: string,
): CliError => {
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const line = text.slice(lineStart).split("\n")[0] ?? "";
  const column = start - lineStart;
  const width = Math.max(1, Math.min(end, lineStart + line.length) - start);
  // What does not print is replaced by one character each, so that the carets stay below what they mean.
  const shown = line.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "?");
  const message = [
    `--where, column ${column + 1}: ${printable(why)}.`,
    `  ${shown}`,
    `  ${" ".repeat(column)}${"^".repeat(width)}`,
    "Nothing was read.",
  ].join("\n");
  return new CliError("CLI_EXPRESSION_INVALID", message);
};

const fieldNamesIn = (fields: Fields): string[] =>
  Object.entries(fields).flatMap(([name, type]) =>
    typeof type === "string" ? [name] : [name, ...fieldNamesIn(type)],
  );

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

const article = (type: string | undefined): string => (type === "int" ? "an int" : `a ${type ?? "value"}`);
