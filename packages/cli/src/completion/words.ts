// What can be typed next, as tables for the scripts of the shells.

import type { Command, OptionSpec } from "../command.ts";

/** What follows the words typed so far: `""`, `dlq`, `dlq list`. */
export interface WordTable {
  /** Next words of commands by path. */
  readonly next: ReadonlyMap<string, readonly string[]>;
  /** What an operand can be, by the command's path. */
  readonly operands: ReadonlyMap<string, readonly string[]>;
  /** Options by the command's path, `--topic` and so on. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  /** Values by `<path> --option`; empty for one that takes any. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Commands whose operand is a file. */
  readonly files: readonly string[];
}

/** The tables of all commands. */
export const wordTable = (commands: readonly Command[]): WordTable => {
  const next = new Map<string, string[]>([["", []]]);
  const operands = new Map<string, readonly string[]>();
  const options = new Map<string, readonly string[]>();
  const values = new Map<string, readonly string[]>();
  const files: string[] = [];
  for (const { name, options: own, operandChoices } of commands) {
    const words = name.split(" ");
    for (const [at, word] of words.entries()) add(next, words.slice(0, at).join(" "), word);
    if (operandChoices === "files") files.push(name);
    else if (operandChoices !== undefined) operands.set(name, operandChoices);
    options.set(name, [...Object.keys(own).map((option) => `--${option}`), "--help"]);
    for (const [option, spec] of takingValues(own)) values.set(`${name} --${option}`, spec.choices ?? []);
  }
  add(next, "", "help");
  return { next, operands, options, values, files };
};

const takingValues = (options: Command["options"]): [string, OptionSpec][] =>
  Object.entries(options).filter(([, { value }]) => value !== undefined);

const add = (words: Map<string, string[]>, path: string, word: string): void => {
  const of = words.get(path);
  if (of === undefined) words.set(path, [word]);
  else if (!of.includes(word)) of.push(word);
};
