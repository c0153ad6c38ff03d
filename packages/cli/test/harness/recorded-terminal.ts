// `riffle` run by a test: what it printed and what it ended with.

import { riffle } from "../../src/riffle.ts";
import type { Terminal } from "../../src/terminal/terminal.ts";

/** What a run left. */
export interface Ran {
  readonly code: number;
  /** Lines on standard output. */
  readonly out: readonly string[];
  /** Lines on standard error. */
  readonly notes: readonly string[];
}

/** What a test sets around a run. */
export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** What the person at the terminal answers; without it there is no terminal. */
  readonly answer?: string;
  /** What comes on standard input. */
  readonly input?: string;
  /** Ctrl-C. */
  readonly interrupted?: AbortSignal;
  /** Called with each line of the result as it is written. */
  readonly onOut?: (line: string) => void;
}

/** A terminal that nobody watches, with no input and no Ctrl-C. */
export const silentTerminal: Terminal = {
  out: () => {},
  note: () => {},
  ask: async () => undefined,
  paint: (_, text) => text,
  progress: () => {},
  isWatched: false,
  input: async function* () {},
  drained: async () => {},
  interrupted: () => new AbortController().signal,
};

/** Runs the command in this process. */
export const run = async (words: readonly string[], options: RunOptions = {}): Promise<Ran> => {
  const { env = {}, answer, input = "", interrupted, onOut } = options;
  const [out, notes]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    ...silentTerminal,
    out: (line) => {
      out.push(line);
      onOut?.(line);
    },
    note: (line) => void notes.push(line),
    ask: async (question) => {
      notes.push(question);
      return answer;
    },
    input: async function* () {
      yield Buffer.from(input);
    },
    ...(interrupted === undefined ? {} : { interrupted: () => interrupted }),
  };
  return { code: await riffle(words, { terminal, env }), out, notes };
};
