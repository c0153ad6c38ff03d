// Help: what there is, and how one command is used.

import { type Command, globalOptions } from "./command.ts";
import { pairLines } from "./terminal/table.ts";

/** How the command is started from a checkout. */
const invocation = "npx -y pnpm@10 riffle";

/** All commands on one screen. */
export const overview = (commands: readonly Command[]): string[] => [
  "riffle: the command of operators",
  "",
  `usage: ${invocation} <command> [options]`,
  "",
  ...pairLines(
    commands.map(({ name, summary }) => [name, summary]),
    "  ",
  ),
  "",
  `\`${invocation} <command> --help\` says more about one of them, \`--version\` which riffle this is.`,
  "",
  "options of many commands, before or behind their words",
  ...optionLines(globalOptions),
  "",
  "It finds Kafka by --brokers, else KAFKA_BROKERS, else the pipeline that `start` runs in this checkout.",
  "TLS and SASL are set by the same KAFKA_* variables as for the services (docs/config.md). Where ingest or the",
  "console ask who you are: RIFFLE_API_KEY, or RIFFLE_TOKEN for a JSON Web Token. NO_COLOR is heeded.",
];

/** The commands of a group, `dlq`. */
export const groupHelp = (group: string, commands: readonly Command[]): string[] => {
  const own = commands.filter(({ name }) => name.startsWith(`${group} `));
  const meant = own.find(({ isDefaultOfGroup }) => isDefaultOfGroup === true);
  return [
    `riffle ${group}: ${own.length === 1 ? "one command" : `${own.length} commands`}`,
    "",
    `usage: ${invocation} ${group} <command> [options]`,
    "",
    ...pairLines(
      own.map(({ name, summary }) => [name, summary]),
      "  ",
    ),
    "",
    ...(meant === undefined ? [] : [`\`riffle ${group}\` alone is \`riffle ${meant.name}\`.`]),
    `\`${invocation} ${group} <command> --help\` says more about one of them.`,
  ];
};

/** One command. */
export const commandHelp = ({ name, summary, operands, about, options, examples }: Command): string[] => [
  `riffle ${name}: ${summary}`,
  "",
  `usage: ${invocation} ${[name, ...(operands === undefined ? [] : [operands])].join(" ")} [options]`,
  "",
  ...about,
  ...(about.length === 0 ? [] : [""]),
  ...optionLines(options),
  "",
  "examples:",
  ...examples.map((example) => `  ${invocation} ${example}`),
];

const optionLines = (options: Command["options"]): string[] =>
  pairLines(
    Object.entries(options).map(([option, { value, help }]) => [
      `--${option}${value === undefined ? "" : ` ${value}`}`,
      help,
    ]),
    "  ",
  );
