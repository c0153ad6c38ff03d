// From what was typed to a command and its call. The one file that knows commander.
//
//   L1. What is not known is refused with what was meant, never ignored.
//   L2. A global option may stand anywhere, before the command too; one that the command has no use for is refused.
//   L3. A word that only groups commands is none: alone it is refused with those that there are.

import { nearestName } from "@riffle/contracts";
import { CommanderError, Command as Words } from "commander";
import { type Call, type Command, globalOptions, type OptionSpec } from "./command.ts";
import { CliError } from "./errors.ts";
import { groupHelp } from "./help.ts";
import { printable } from "./terminal/printable.ts";

/** What was typed. */
export type Understood =
  | { readonly kind: "help"; readonly command: Command | undefined; readonly group?: string }
  | { readonly kind: "version" }
  | { readonly kind: "call"; readonly command: Command; readonly call: Pick<Call, "options" | "operands"> };

/** Why commander stopped, and where: at a command, or at a word that only groups some. */
class Stopped extends Error {
  readonly why: CommanderError;
  readonly at: Words;
  readonly command: Command | undefined;

  constructor(why: CommanderError, at: Words, command: Command | undefined) {
    super(why.message);
    this.why = why;
    this.at = at;
    this.command = command;
  }
}

/** @throws CliError CLI_USAGE */
export const understand = (words: readonly string[], commands: readonly Command[]): Understood => {
  if (asksVersion(words)) return { kind: "version" };
  const [first, ...rest] = words;
  const asked = first === "help" ? [...rest, "--help"] : words;
  let found: Understood = { kind: "help", command: undefined };
  const program = programOf(commands, (understood) => {
    found = understood;
  });
  try {
    program.parse(withDefaultWord(asked, commands), { from: "user" });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    return afterStop(error, asked, commands);
  }
  return found;
};

const helpWords: readonly string[] = ["--help", "-h"];

/** `riffle topics` is `riffle topics list`; its help is that of the group. */
const withDefaultWord = (words: readonly string[], commands: readonly Command[]): string[] => {
  const at = firstWord(words);
  const isGroup = commands.some(
    ({ name, isDefaultOfGroup }) => isDefaultOfGroup === true && name === `${words[at]} list`,
  );
  const next = words[at + 1];
  const isBare =
    isGroup &&
    (next === undefined || (next.startsWith("-") && !words.some((word) => helpWords.includes(word))));
  return isBare ? [...words.slice(0, at + 1), "list", ...words.slice(at + 1)] : [...words];
};

/** Behind the word of a command, `--version` is that command's: `cases show` has it. */
const asksVersion = (words: readonly string[]): boolean =>
  words.slice(0, firstWord(words)).includes("--version");

/** Where the first word stands that is neither an option nor its value. */
const firstWord = (words: readonly string[]): number => {
  let at = 0;
  while (words[at]?.startsWith("-"))
    at += globalOptions[words[at]?.slice(2) ?? ""]?.value === undefined ? 1 : 2;
  return at;
};

/** All commands as commander takes them; `take` is called with the one that was typed. */
const programOf = (commands: readonly Command[], take: (understood: Understood) => void): Words => {
  const program = quiet(new Words("riffle"), undefined);
  for (const [name, spec] of Object.entries(globalOptions)) program.option(flagsOf(name, spec), spec.help);
  for (const command of commands) {
    const names = command.name.split(" ");
    const group = names.slice(0, -1).reduce(subgroup, program);
    const leaf = quiet(group.command(names.at(-1) ?? ""), command);
    leaf.allowExcessArguments(false);
    if (command.operands !== undefined) leaf.argument("[operands...]");
    for (const [name, spec] of Object.entries(command.options))
      if (!Object.hasOwn(globalOptions, name)) leaf.option(flagsOf(name, spec), spec.help);
    leaf.action(() => take({ kind: "call", command, call: callOf(command, program, leaf) }));
  }
  return program;
};

const subgroup = (parent: Words, name: string): Words =>
  parent.commands.find((command) => command.name() === name) ?? quiet(parent.command(name), undefined);

/** Says nothing and ends nothing by itself: its errors and its help are ours. */
const quiet = (words: Words, command: Command | undefined): Words =>
  words
    .helpCommand(false)
    .configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} })
    .exitOverride((why) => {
      throw new Stopped(why, words, command);
    });

const flagsOf = (name: string, { value }: OptionSpec): string =>
  value === undefined ? `--${name}` : `--${name} ${value}`;

const callOf = (command: Command, program: Words, leaf: Words): Pick<Call, "options" | "operands"> => {
  const options: Record<string, string | true> = {};
  for (const words of [program, leaf])
    for (const option of words.options) {
      const value: unknown = words.getOptionValue(option.attributeName());
      const name = option.long?.slice(2) ?? "";
      if (value === undefined) continue;
      if (!Object.hasOwn(command.options, name)) throw unknownOption(command, `--${name}`);
      options[name] = value === true ? true : String(value);
    }
  return { options, operands: leaf.args };
};

/** What a stop means: help was asked for, or something is wrong. */
const afterStop = (
  { why, at, command }: Stopped,
  words: readonly string[],
  commands: readonly Command[],
): Understood => {
  switch (why.code) {
    case "commander.helpDisplayed":
      return helpAt(at, command, commands);
    case "commander.help": {
      const help = helpAt(at, command, commands);
      if (help.group === undefined) return help;
      const lines = [...groupHelp(help.group, commands), "", "Nothing was done."];
      throw new CliError("CLI_USAGE", lines.join("\n"));
    }
    case "commander.unknownCommand":
      throw unknownCommand([...pathOf(at), at.args[0] ?? ""].join(" "), commands);
    case "commander.unknownOption": {
      const typed = /unknown option '(?<option>.*?)'(?:\n|$)/s.exec(why.message)?.groups?.["option"] ?? "";
      throw unknownOption(command, typed);
    }
    case "commander.excessArguments": {
      const message = `\`riffle ${command?.name}\` takes no operands, and "${printable(at.args[0] ?? "")}" is one.`;
      throw new CliError("CLI_USAGE", message);
    }
    case "commander.optionMissingArgument": {
      const [, option = "an option", value = "a value"] = /'(--[\w-]+) (<[^']*>)'/.exec(why.message) ?? [];
      const message = `\`riffle ${command?.name ?? words[0]}\`: ${option} needs ${value}.`;
      throw new CliError("CLI_USAGE", message);
    }
    default:
      throw new CliError("CLI_USAGE", `\`riffle ${command?.name ?? ""}\`: ${printable(why.message)}`);
  }
};

/** The help of a command, of a group, or of all. */
const helpAt = (
  at: Words,
  command: Command | undefined,
  commands: readonly Command[],
): Extract<Understood, { kind: "help" }> => {
  if (command !== undefined) return { kind: "help", command };
  const path = pathOf(at);
  const typed = at.args.find((word) => !word.startsWith("-"));
  if (typed !== undefined) throw unknownCommand([...path, typed].join(" "), commands);
  return { kind: "help", command, ...(path.length === 0 ? {} : { group: path.join(" ") }) };
};

const pathOf = (words: Words): string[] =>
  words.parent === null ? [] : [...pathOf(words.parent), words.name()];

const unknownCommand = (typed: string, commands: readonly Command[]): CliError => {
  const names = commands.map(({ name }) => name);
  const ofGroup = names.filter((name) => name.startsWith(`${typed.split(" ")[0]} `));
  const meant = nearestName(typed, names);
  const there = (ofGroup.length === 0 ? names : ofGroup).join(", ");
  const hint = meant === undefined ? `There are: ${there}.` : `Did you mean \`riffle ${meant}\`?`;
  return new CliError("CLI_USAGE", `There is no command \`riffle ${printable(typed)}\`. ${hint}`);
};

const unknownOption = (command: Command | undefined, word: string): CliError => {
  const [typed = ""] = word.split("=");
  const name = typed.replace(/^--?/, "");
  const riffle = command === undefined ? "riffle" : `riffle ${command.name}`;
  const names = Object.keys(command?.options ?? { ...globalOptions, version: undefined });
  if (names.includes(name)) return new CliError("CLI_USAGE", `\`${riffle}\`: --${name} takes no value.`);
  const meant = nearestName(name, names);
  const hint = meant === undefined ? `See \`${riffle} --help\`.` : `Did you mean --${meant}?`;
  return new CliError("CLI_USAGE", `\`${riffle}\` has no option ${printable(typed)}. ${hint}`);
};
