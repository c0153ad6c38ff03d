// The arguments of the repository's own commands: `audit:…`, `rehearse:…`, `sim`, `scenario`, the benchmarks. Not those of
// `riffle`, which has many commands and its own reading (packages/cli).
//
// What is wrong with a command line would look like this: a stack of Node's for a slip of the finger, or half an hour of work
// with other numbers than were asked for.
//
//   CL1. Nothing is done on arguments that are not understood in full: an unknown option, one without its value, a value that
//        is none, a word too many. The refusal says which, and what was probably meant.
//   CL2. `--help` and `-h` anywhere win over everything else, faults included.
//   CL3. `--` as the first word is passed over: pnpm hands on the one that npm swallows.

import { parseArgs } from "node:util";
import { nearestName } from "@riffle/contracts";
import type { Value } from "./values.ts";

/** Values by their names. */
export type Values = Readonly<Record<string, Value<unknown>>>;

type NoValues = Readonly<Record<never, Value<unknown>>>;

/** What was read, by name. */
export type Read<V extends Values> = {
  readonly [N in keyof V]: V[N] extends Value<infer T> ? T : never;
};

/** A command. */
export interface CommandShape<O extends Values = Values, P extends Values = Values> {
  /** What a person types before the arguments: `npx -y pnpm@10 audit:faults`. */
  readonly command: string;
  /** What it does, in one sentence or a few. */
  readonly does: string;
  /** `--name`, in any order. */
  readonly options?: O;
  /** Words without a name, in this order. */
  readonly operands?: P;
  /** What any further words are. @default none may come */
  readonly others?: Value<string>;
  /** The exit code of a refusal, where 2 already says something else. @default 2 */
  readonly refusedWith?: number;
}

/** What was understood of the arguments. */
export type Understood<T> =
  | { readonly kind: "values"; readonly values: T }
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "refused"; readonly text: string };

type ReadBy<O extends Values, P extends Values> = Read<O> & Read<P> & { readonly others: readonly string[] };

/** Reads arguments; prints nothing. */
export const understand = <O extends Values, P extends Values>(
  shape: CommandShape<O, P>,
  args: readonly string[],
): Understood<ReadBy<O, P>> => {
  const tokens = tokensOf(shape, args);
  if (tokens.some((token) => token.kind === "option" && token.name === "help"))
    return { kind: "help", text: helpOf(shape) };
  try {
    return { kind: "values", values: read(shape, tokens) as ReadBy<O, P> };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { kind: "refused", text: `${error.message}\n${usageOf(shape)}\n` };
  }
};

/** The values of this process's own arguments. After help, or a refusal, the process has ended: with 0, or with 2. */
export const commandLine = <O extends Values = NoValues, P extends Values = NoValues>(
  shape: CommandShape<O, P>,
): ReadBy<O, P> => end(understand(shape, process.argv.slice(2)), shape.refusedWith);

/** The values; or shows what there is instead of them, and ends the process. */
export const end = <T>(found: Understood<T>, refusedWith = 2): T => {
  if (found.kind === "values") return found.values;
  const isHelp = found.kind === "help";
  (isHelp ? process.stdout : process.stderr).write(found.text);
  return process.exit(isHelp ? 0 : refusedWith);
};

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];

/** Not strict: Node's own refusals tell too little to say what was meant. */
const tokensOf = ({ options = {} }: CommandShape, args: readonly string[]): readonly Token[] => {
  const ofOptions = Object.entries(options).map(
    ([name, { shape }]) => [name, { type: shape === "" ? "boolean" : "string" }] as const,
  );
  return parseArgs({
    args: args[0] === "--" ? args.slice(1) : [...args],
    options: { ...Object.fromEntries(ofOptions), help: { type: "boolean", short: "h" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  }).tokens;
};

const read = (shape: CommandShape, tokens: readonly Token[]): Record<string, unknown> => {
  const { options = {}, operands = {}, others } = shape;
  const found = new Map<string, unknown>();
  const further: string[] = [];
  const places = Object.entries(operands).values();
  for (const token of tokens) {
    if (token.kind === "option") found.set(token.name, optionOf(options, token));
    else if (token.kind === "positional") {
      const { value: place } = places.next();
      if (place !== undefined) found.set(place[0], readAs(place[0], place[1], token.value));
      else if (others !== undefined) further.push(readAs("", others, token.value));
      else throw new RangeError(`"${token.value}" is one word too many`);
    }
  }
  const all = { ...options, ...operands };
  for (const [name, value] of Object.entries(all))
    if (!found.has(name)) found.set(name, standardOf(name, value));
  return { ...Object.fromEntries(found), others: further };
};

const optionOf = (options: Values, { name, rawName, value: text }: Token & { kind: "option" }): unknown => {
  const value = Object.hasOwn(options, name) ? options[name] : undefined;
  if (value === undefined) {
    const names = [...Object.keys(options), "help"];
    const meant = nearestName(name, names);
    const hint = meant === undefined ? "" : `; did you mean --${meant}?`;
    throw new RangeError(`there is no option ${rawName}${hint}`);
  }
  if (value.shape === "" && text !== undefined) throw new RangeError(`${rawName} takes no value`);
  if (value.shape !== "" && text === undefined) throw new RangeError(`${rawName} needs a ${value.shape}`);
  return readAs(rawName, value, text ?? "");
};

const readAs = <T>(name: string, value: Value<T>, text: string): T => {
  try {
    return value.read(text);
  } catch (error) {
    if (!(error instanceof RangeError) || name === "") throw error;
    throw new RangeError(`${name}: ${error.message}`, { cause: error });
  }
};

const standardOf = (name: string, value: Value<unknown>): unknown => {
  if ("standard" in value) return value.standard;
  throw new RangeError(`${name} is missing: ${value.shape}`);
};

/** `usage: npx -y pnpm@10 sim [--seeds <whole number>] …`. */
export const usageOf = ({ command, options = {}, operands = {}, others }: CommandShape): string => {
  const ofOperands = Object.entries(operands).map(([name, value]) => bracketed(value, wordFor(name, value)));
  const ofOptions = Object.entries(options).map(([name, value]) =>
    bracketed(value, optionWords(name, value)),
  );
  const ofOthers = others === undefined ? [] : [`[${others.shape} …]`];
  return `usage: ${[command, ...ofOperands, ...ofOthers, ...ofOptions, "[--help]"].join(" ")}`;
};

const bracketed = (value: Value<unknown>, words: string): string =>
  "standard" in value ? `[${words}]` : words;

const optionWords = (name: string, { shape }: Value<unknown>): string =>
  shape === "" ? `--${name}` : `--${name} ${shape}`;

/** `<seed>`; of a few words themselves. */
const wordFor = (name: string, { shape }: Value<unknown>): string =>
  shape.includes("|") ? shape : `<${name}>`;

const helpOf = (shape: CommandShape): string => {
  const { does, options = {}, operands = {}, others } = shape;
  const rows = [
    ...Object.entries(operands).map(([name, value]) => [wordFor(name, value), told(value)]),
    ...(others === undefined ? [] : [[others.shape, others.says]]),
    ...Object.entries(options).map(([name, value]) => [optionWords(name, value), told(value)]),
    ["--help", "shows this"],
  ];
  const width = Math.max(...rows.map(([words = ""]) => words.length));
  const table = rows.map(([words = "", says = ""]) => `  ${words.padEnd(width)}  ${says}\n`).join("");
  return `${usageOf(shape)}\n\n${does}\n\n${table}`;
};

const told = ({ says, shape, standard }: Value<unknown>): string =>
  shape === "" || standard === undefined ? says : `${says}; ${standard} if not given`;
