// What a command is: its words, its options, its help, and the function behind it.

import type { Terminal } from "./terminal/terminal.ts";

/** One option, `--name` or `--name <value>`. */
export interface OptionSpec {
  /** How its value is written in the help, `<topic>`; a switch has none. */
  readonly value?: string;
  /** One line. */
  readonly help: string;
  /** All values that it can have; a completion offers them. */
  readonly choices?: readonly string[];
}

/** What was typed after the command's words. */
export interface Call {
  /** Values by option; a switch that was given is `true`. */
  readonly options: Readonly<Record<string, string | true | undefined>>;
  readonly operands: readonly string[];
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A command of `riffle`. */
export interface Command {
  /** `dlq list`. */
  readonly name: string;
  /** Whether its first word alone means it: `topics` is `topics list`. */
  readonly isDefaultOfGroup?: boolean;
  /** One line for the list of commands. */
  readonly summary: string;
  /** How its operands are written in the help; without it the command takes none. */
  readonly operands?: string;
  /** All words that its first operand can be, or that it is a file; a completion offers them. */
  readonly operandChoices?: readonly string[] | "files";
  /** What somebody should know before they run it; lines as they are printed. */
  readonly about: readonly string[];
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** Command lines without the leading `riffle`. */
  readonly examples: readonly string[];
  /** @returns the exit code */
  run(call: Call): Promise<number>;
}

/** Options of every command that reads Kafka. */
export const kafkaOptions = {
  brokers: {
    value: "<host:port,…>",
    help: "default KAFKA_BROKERS, else the pipeline that `start` runs here",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Options of every command that asks the console. */
export const consoleOptions = {
  "console-url": {
    value: "<url>",
    help: "default RIFFLE_CONSOLE_URL, else that of `start` here, else http://127.0.0.1:8090",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Options of every command that sends to ingest. */
export const ingestOptions = {
  "ingest-url": {
    value: "<url>",
    help: "default INGEST_URL, else that of `start` here, else http://127.0.0.1:8080",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Options of every command that can be read by a program. */
export const jsonOption = {
  json: { help: "one JSON object a line" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** The same for a command whose answer is one thing. */
export const jsonDocumentOption = {
  json: { help: "one JSON document" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Options that may stand before the command as well, with the text that the overview has of them. */
export const globalOptions: Readonly<Record<string, OptionSpec>> = {
  ...kafkaOptions,
  ...consoleOptions,
  ...ingestOptions,
  json: { help: "results for programs: one JSON document, or one object a line" },
};

/** Options of every command that shows account ids. */
export const revealOption = {
  reveal: { help: "show account ids whole; without it they are masked, ac…5b01fe" },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** How many a listing shows, unless it is told. */
export const limitDefault = 50;

/** Options of every command that lists. */
export const limitOption = {
  limit: {
    value: "<n>",
    help: `at most so many, those of the newest event times; default ${limitDefault}`,
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;
