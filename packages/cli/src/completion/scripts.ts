// Completion scripts: the tables written out for each shell, so that a completion asks no process and no cluster.

import type { Command } from "../command.ts";
import { type WordTable, wordTable } from "./words.ts";

/** The shells there are scripts for. */
export const shells = ["bash", "zsh", "fish"] as const;
/** One of {@link shells}. */
export type Shell = (typeof shells)[number];

/** The script of a shell. */
export const completionScript = (shell: Shell, commands: readonly Command[]): string[] => {
  const table = wordTable(commands);
  switch (shell) {
    case "bash":
      return bashScript(table);
    case "zsh":
      return ["autoload -U +X bashcompinit && bashcompinit", ...bashScript(table)];
    case "fish":
      return fishScript(commands, table);
  }
};

/** Words of ours are of letters, digits, `.`, `_` and `-` alone, so single quotes hold them. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const bashScript = ({ next, operands, options, values, files }: WordTable): string[] => [
  "# Completion of riffle for bash (and zsh, by bashcompinit). Made by `riffle completion`.",
  "_riffle() {",
  `  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word at candidates=""`,
  "  COMPREPLY=()",
  "  for ((at = 1; at < COMP_CWORD; at++)); do",
  `    word="\${COMP_WORDS[at]}"`,
  '    case "$word" in -*) continue ;; esac',
  `    case " $(_riffle_next "$path") " in *" $word "*) path="\${path:+$path }$word" ;; esac`,
  "  done",
  '  case "$path $previous" in',
  ...[...values].map(([option, words]) =>
    words.length === 0
      ? `    ${quoted(option)}) COMPREPLY=($(compgen -f -- "$current")); return ;;`
      : `    ${quoted(option)}) COMPREPLY=($(compgen -W ${quoted(words.join(" "))} -- "$current")); return ;;`,
  ),
  "  esac",
  '  case "$current" in',
  '    -*) candidates="$(_riffle_options "$path")" ;;',
  '    *) candidates="$(_riffle_next "$path") $(_riffle_operands "$path")" ;;',
  "  esac",
  ...(files.length === 0
    ? []
    : [
        `  case "$path" in ${files.map(quoted).join("|")}) case "$current" in -?*) ;; *) COMPREPLY=($(compgen -f -- "$current")); return ;; esac ;; esac`,
      ]),
  '  COMPREPLY=($(compgen -W "$candidates" -- "$current"))',
  "}",
  ...lookup("_riffle_next", next),
  ...lookup("_riffle_operands", operands),
  ...lookup("_riffle_options", options),
  "complete -F _riffle riffle",
];

const lookup = (name: string, words: ReadonlyMap<string, readonly string[]>): string[] => [
  `${name}() {`,
  '  case "$1" in',
  ...[...words].map(([path, of]) => `    ${quoted(path)}) echo ${quoted(of.join(" "))} ;;`),
  "  esac",
  "}",
];

const fishScript = (commands: readonly Command[], { next }: WordTable): string[] => [
  "# Completion of riffle for fish. Made by `riffle completion`.",
  "complete -c riffle -f",
  "function __riffle_next",
  '  switch "$argv"',
  ...[...next].map(
    ([path, words]) => `    case ${quoted(path)}; printf '%s\\n' ${words.map(quoted).join(" ")}`,
  ),
  "  end",
  "end",
  "# Whether the words of commands that were typed so far are these.",
  "function __riffle_at",
  "  set -l path",
  "  for word in (commandline -opc)[2..-1]",
  "    if contains -- $word (__riffle_next $path)",
  "      set path $path $word",
  "    end",
  "  end",
  '  test "$path" = "$argv"',
  "end",
  ...[...next].map(
    ([path, words]) => `complete -c riffle -n ${quoted(at(path))} -a ${quoted(words.join(" "))}`,
  ),
  ...commands.flatMap(fishLines),
];

const at = (path: string): string => `__riffle_at ${path}`.trimEnd();

const fishLines = ({ name, options, operandChoices }: Command): string[] => {
  const here = `complete -c riffle -n ${quoted(at(name))}`;
  const operands = operandChoices === "files" ? [`${here} -F`] : [];
  return [
    ...operands,
    ...(Array.isArray(operandChoices) ? [`${here} -a ${quoted(operandChoices.join(" "))}`] : []),
    ...Object.entries(options).map(([option, { value, help, choices }]) => {
      const chosen = choices === undefined ? " -r" : ` -x -a ${quoted(choices.join(" "))}`;
      return `${here} -l ${option}${value === undefined ? "" : chosen} -d ${quoted(help)}`;
    }),
  ];
};
