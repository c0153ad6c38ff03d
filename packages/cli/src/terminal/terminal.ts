// The terminal as commands see it: streams, a question, colours, a line that is written over, and Ctrl-C.
//
//   T1. Colours and the line that is written over are for people: neither is there where the stream is no terminal, and
//       no colours where NO_COLOR is set.

import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { styleText } from "node:util";
import { interruptedBy } from "./interrupt.ts";

/** What a text is to stand out as. */
export type Paint = "bold" | "dim" | "red" | "yellow" | "green" | "cyan";

/** Where a command writes and whom it asks. */
export interface Terminal {
  /** Writes a line of the result. */
  out(line: string): void;
  /** Writes a line about the result, which no program reads. */
  note(line: string): void;
  /** Asks a person; undefined when there is none, empty when they would not answer. */
  ask(question: string): Promise<string | undefined>;
  /** The text as standard output shows it: coloured, or as it is (T1). */
  paint(paint: Paint, text: string): string;
  /** Shows a line that the next one replaces; undefined takes it away. Nothing where nobody watches (T1). */
  progress(line: string | undefined): void;
  /** Whether somebody sees what {@link progress} shows. */
  readonly isWatched: boolean;
  /** Standard input. */
  input(): AsyncIterable<Uint8Array>;
  /** Resolves when standard output has taken what was written: a slow reader slows its writer down. */
  drained(): Promise<void>;
  /** Aborted by the first Ctrl-C or SIGTERM from the call on; a second wish ends the process. */
  interrupted(): AbortSignal;
}

const eraseLine = "\r\u001b[K";
let shown = false;

const toStderr = (text: string): void => {
  process.stderr.write(shown ? eraseLine + text : text);
  shown = false;
};

const toStdout = (text: string): void => {
  // Both streams may be the same screen.
  if (shown) toStderr("");
  process.stdout.write(text);
};

/** The terminal of this process. */
export const processTerminal: Terminal = {
  out: (line) => toStdout(`${line}\n`),
  note: (line) => toStderr(`${line}\n`),
  ask: async (question) => {
    if (!(process.stdin.isTTY && process.stderr.isTTY)) return undefined;
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      // Ctrl-C and Ctrl-D close it, after which the question would wait for ever.
      const closed = once(lines, "close").then(() => "");
      return await Promise.race([lines.question(question).catch(() => ""), closed]);
    } finally {
      lines.close();
    }
  },
  paint: (paint, text) => styleText(paint, text, { stream: process.stdout }),
  progress: (line) => {
    if (!process.stderr.isTTY) return;
    toStderr("");
    if (line === undefined) return;
    process.stderr.write(line.slice(0, Math.max(1, (process.stderr.columns || 80) - 1)));
    shown = true;
  },
  get isWatched() {
    return process.stderr.isTTY === true;
  },
  input: () => process.stdin,
  drained: async () => {
    if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
  },
  interrupted: () => interruptedBy(process, (exitCode) => process.exit(exitCode)),
};
