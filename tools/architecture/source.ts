// A TypeScript file as the rules see it: what it imports, how long its functions are, which globals it names.
//
// The parser is the one Vitest brings (Rolldown's), because TypeScript 7 has no JavaScript API and type stripping
// erases `import type`, which is an arrow between files like any other.

import { parseAst } from "vitest/node";

/** An import, a re-export, an `import()` of a constant, or a `require` of one. */
export interface ImportUse {
  readonly specifier: string;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** A function with all that stands in it. */
export interface FunctionUse {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
  /** The body of a `describe`: a list of tests, not a function to be understood as one. */
  readonly isSuite: boolean;
}

/** A name that stands for itself: `Date`, and `Math.random` as one. */
export interface NameUse {
  readonly name: string;
  readonly line: number;
}

/** One parsed file. */
export interface Source {
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly ImportUse[];
  readonly functions: readonly FunctionUse[];
  readonly names: readonly NameUse[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

interface Visit {
  readonly node: Node;
  readonly parent: Node | undefined;
  /** The property of the parent that holds the node. */
  readonly key: string;
}

const functionTypes = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];

/** Parses a file. @throws Error naming the file when it is no TypeScript */
export function parseSource(path: string, text: string): Source {
  const lineAt = lineFinder(text);
  const imports: ImportUse[] = [];
  const functions: FunctionUse[] = [];
  const names: NameUse[] = [];
  for (const visit of walk(rootOf(path, text))) {
    const { node } = visit;
    const imported = importOf(node);
    if (imported !== undefined) imports.push({ ...imported, line: lineAt(node.start) });
    if (functionTypes.includes(node.type)) functions.push(functionOf(visit, lineAt));
    const name = nameOf(visit);
    if (name !== undefined) names.push({ name, line: lineAt(node.start) });
  }
  return { path, lines: lineAt(text.trimEnd().length), imports, functions, names };
}

function rootOf(path: string, text: string): Node {
  try {
    const options = { lang: languageOf(path) };
    return parseAst(text, options) as unknown as Node;
  } catch (cause) {
    throw new Error(`${path} cannot be parsed: ${(cause as Error).message}`, { cause });
  }
}

function languageOf(path: string): "ts" | "tsx" | "js" {
  if (path.endsWith(".tsx")) return "tsx";
  return path.endsWith(".ts") ? "ts" : "js";
}

function* walk(root: Node): Generator<Visit> {
  const waiting: Visit[] = [{ node: root, parent: undefined, key: "" }];
  for (let visit = waiting.pop(); visit !== undefined; visit = waiting.pop()) {
    yield visit;
    for (const [key, value] of Object.entries(visit.node)) {
      for (const node of Array.isArray(value) ? value : [value]) {
        if (isNode(node)) waiting.push({ node, parent: visit.node, key });
      }
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function importOf(node: Node): Omit<ImportUse, "line"> | undefined {
  switch (node.type) {
    case "ImportDeclaration":
    case "ExportNamedDeclaration":
    case "ExportAllDeclaration":
      return withSpecifier(node["source"], isTypeOnly(node));
    case "ImportExpression":
      return withSpecifier(node["source"], false);
    case "TSImportType":
      return withSpecifier(node["source"] ?? node["argument"], true);
    case "CallExpression":
      return isRequire(node["callee"])
        ? withSpecifier((node["arguments"] as readonly unknown[])[0], false)
        : undefined;
    default:
      return undefined;
  }
}

function withSpecifier(source: unknown, typeOnly: boolean): Omit<ImportUse, "line"> | undefined {
  const literal = isNode(source) && source.type === "TSLiteralType" ? source["literal"] : source;
  const value = isNode(literal) ? literal["value"] : undefined;
  return typeof value === "string" ? { specifier: value, typeOnly } : undefined;
}

function isTypeOnly(node: Node): boolean {
  if (node["importKind"] === "type" || node["exportKind"] === "type") return true;
  const specifiers = (node["specifiers"] ?? []) as readonly Node[];
  const isType = (s: Node): boolean => s["importKind"] === "type" || s["exportKind"] === "type";
  return specifiers.length > 0 && specifiers.every(isType);
}

function isRequire(callee: unknown): boolean {
  if (!isNode(callee)) return false;
  const called = callee.type === "MemberExpression" ? callee["object"] : callee;
  return isNode(called) && called["name"] === "require";
}

function functionOf({ node, parent, key }: Visit, lineAt: (offset: number) => number): FunctionUse {
  const line = lineAt(node.start);
  return {
    name: ownName(node) ?? nameFromParent(parent, key),
    line,
    lines: lineAt(node.end) - line + 1,
    isSuite: key === "arguments" && parent !== undefined && calledName(parent["callee"]) === "describe",
  };
}

function ownName(node: Node): string | undefined {
  const id = node["id"];
  return isNode(id) ? String(id["name"]) : undefined;
}

function nameFromParent(parent: Node | undefined, key: string): string {
  const named = parent?.["id"] ?? parent?.["key"];
  if (isNode(named) && typeof named["name"] === "string") return named["name"];
  const called = key === "arguments" ? calledName(parent?.["callee"]) : undefined;
  return called === undefined ? "(unnamed)" : `argument of ${called}`;
}

/** The first name of what is called: `describe` in `describe.each([1])("title", …)`. */
function calledName(callee: unknown): string | undefined {
  if (!isNode(callee)) return undefined;
  if (typeof callee["name"] === "string") return callee["name"];
  return calledName(callee["object"] ?? callee["callee"] ?? callee["tag"]);
}

function nameOf({ node, parent, key }: Visit): string | undefined {
  if (node.type !== "Identifier") return undefined;
  const isMember = parent?.type === "MemberExpression" && parent["computed"] !== true;
  if (isMember && key === "property") return undefined;
  const isKey = key === "key" && parent?.["computed"] !== true && parent?.["shorthand"] !== true;
  if (isKey) return undefined;
  const property = parent?.["property"];
  const isMath = node["name"] === "Math" && isMember && isNode(property);
  return isMath ? `Math.${String(property["name"])}` : String(node["name"]);
}

function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}
