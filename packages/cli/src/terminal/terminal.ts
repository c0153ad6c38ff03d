// The terminal as commands see it: two streams and a question.

import { createInterface } from "node:readline/promises";

/** Where a command writes and whom it asks. */
export interface Terminal {
  /** Writes a line of the result. */
  out(line: string): void;
  /** Writes a line about the result, which no program reads. */
  note(line: string): void;
  /** Asks a person; undefined when there is none. */
  ask(question: string): Promise<string | undefined>;
}

/** The terminal of this process. */
export const processTerminal: Terminal = {
  out: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
  ask: async (question) => {
    if (!(process.stdin.isTTY && process.stderr.isTTY)) return undefined;
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question);
    } finally {
      lines.close();
    }
  },
};
