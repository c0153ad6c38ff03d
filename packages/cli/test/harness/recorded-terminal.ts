// `riffle` run by a test: what it printed and what it ended with.

import { riffle } from "../../src/riffle.ts";

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
}

/** Runs the command in this process. */
export const run = async (words: readonly string[], { env = {}, answer }: RunOptions = {}): Promise<Ran> => {
  const [out, notes]: [string[], string[]] = [[], []];
  const terminal = {
    out: (line: string) => void out.push(line),
    note: (line: string) => void notes.push(line),
    ask: async (question: string) => {
      notes.push(question);
      return answer;
    },
  };
  return { code: await riffle(words, { terminal, env }), out, notes };
};
