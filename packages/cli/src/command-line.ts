// From what was typed to a command and its call.
//
//   L1. What is not known is refused with what was meant, never ignored.

import { parseArgs } from "node:util";
import { nearestName, parseEventTime } from "@riffle/contracts";
import type { Call, Command } from "./command.ts";
import { CliError } from "./errors.ts";
import { printable } from "./terminal/printable.ts";

/** What was typed. */
export type Understood =
  | { readonly kind: "help"; readonly command: Command | undefined }
  | { readonly kind: "call"; readonly command: Command; readonly call: Pick<Call, "options" | "operands"> };

/** @throws CliError CLI_USAGE */
export const understand = (words: readonly string[], commands: readonly Command[]): Understood => {
  const [first] = words;
  if (first === undefined || first === "help" || first === "--help" || first === "-h")
    return { kind: "help", command: undefined };
  const command = commandOf(words, commands);
  if (command === undefined) {
    // `riffle dlq --help` asks for what there is.
    if (words.includes("--help") && commands.some(({ name }) => name.startsWith(`${first} `)))
      return { kind: "help", command: undefined };
    throw unknownCommand(words, commands);
  }
  const rest = words.slice(command.name.split(" ").length);
  if (rest.includes("--help") || rest.includes("-h")) return { kind: "help", command };
  return { kind: "call", command, call: callOf(command, rest) };
};

const commandOf = (words: readonly string[], commands: readonly Command[]): Command | undefined =>
  commands.find(({ name }) => name.split(" ").every((word, i) => words[i] === word));

const unknownCommand = (words: readonly string[], commands: readonly Command[]): CliError => {
  const [first = "", second = ""] = words.filter((word) => !word.startsWith("-"));
  const names = commands.map(({ name }) => name);
  const typed = names.some((name) => name.startsWith(`${first} `)) ? `${first} ${second}`.trim() : first;
  const meant = nearestName(typed, names);
  const hint = meant === undefined ? `There are: ${names.join(", ")}.` : `Did you mean \`riffle ${meant}\`?`;
  return new CliError("CLI_USAGE", `There is no command \`riffle ${printable(typed)}\`. ${hint}`);
};

const callOf = (command: Command, rest: readonly string[]): Pick<Call, "options" | "operands"> => {
  const names = Object.keys(command.options);
  const config = Object.fromEntries(
    names.map((name) => [
      name,
      { type: command.options[name]?.value === undefined ? ("boolean" as const) : ("string" as const) },
    ]),
  );
  const unknown = rest.find((word) => word.startsWith("--") && !names.includes(optionName(word)));
  if (unknown !== undefined && unknown !== "--") {
    const meant = nearestName(optionName(unknown), names);
    const hint = meant === undefined ? `See \`riffle ${command.name} --help\`.` : `Did you mean --${meant}?`;
    const typed = printable(`--${optionName(unknown)}`);
    throw new CliError("CLI_USAGE", `\`riffle ${command.name}\` has no option ${typed}. ${hint}`);
  }
  try {
    const { values, positionals } = parseArgs({ args: [...rest], options: config, allowPositionals: true });
    if (positionals.length > 0 && command.operands === undefined) {
      const message = `\`riffle ${command.name}\` takes no operands, and "${printable(positionals[0] ?? "")}" is one.`;
      throw new CliError("CLI_USAGE", message);
    }
    return { options: values as Call["options"], operands: positionals };
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError("CLI_USAGE", `\`riffle ${command.name}\`: ${(error as Error).message}`, {
      cause: error,
    });
  }
};

const optionName = (word: string): string => word.slice(2).split("=")[0] ?? "";

/** An option's text, if it was given. */
export const textOption = ({ options }: Call, name: string): string | undefined => {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
};

/** An option that is a whole number from 1 on. @throws CliError CLI_USAGE */
export const countOption = (call: Call, name: string, otherwise: number): number => {
  const text = textOption(call, name);
  if (text === undefined) return otherwise;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new CliError("CLI_USAGE", `--${name} is "${printable(text)}"; give a whole number from 1 on.`);
  return Number(text);
};

/** An option that is an instant, in epoch milliseconds. @throws CliError CLI_USAGE */
export const timeOption = (call: Call, name: string): number | undefined => {
  const text = textOption(call, name);
  if (text === undefined) return undefined;
  try {
    return parseEventTime(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text);
  } catch (cause) {
    const found = `--${name} is "${printable(text)}"`;
    const message = `${found}; give a day such as 2026-03-01 or a time with offset such as 2026-03-01T12:00:00Z.`;
    throw new CliError("CLI_USAGE", message, { cause });
  }
};
