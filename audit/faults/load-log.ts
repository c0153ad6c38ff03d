// The load's own record of what it was answered, outside the system under test.
//
//   LL1. An answer counts only once its line is on the disk (fdatasync), so that the log never claims less than was
//        promised, and what is checked afterwards is read back from the file.

import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";

/** What became of one attempt: `accepted` is a 202; `refused` a definite no; `unknown` anything else. */
export type Outcome = "accepted" | "refused" | "unknown";

/** Appends outcomes. */
export class LoadLog {
  readonly path: string;
  readonly #file: number;
  #pending: string[] = [];
  #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string) {
    this.path = path;
    this.#file = openSync(path, "w");
  }

  /** Resolves when the line is on the disk. Lines of the same few milliseconds share one sync. */
  append(id: string, outcome: Outcome): Promise<void> {
    this.#pending.push(`${id} ${outcome}\n`);
    this.#timer ??= setTimeout(() => this.#sync(), 5);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#sync();
    closeSync(this.#file);
  }

  #sync(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const [lines, waiting] = [this.#pending, this.#waiting];
    this.#pending = [];
    this.#waiting = [];
    writeSync(this.#file, lines.join(""));
    fdatasyncSync(this.#file);
    for (const resolve of waiting) resolve();
  }
}

/** Outcomes in the order in which they were logged. */
export const readLoadLog = (path: string): { readonly id: string; readonly outcome: Outcome }[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [id = "", outcome] = line.split(" ");
      return { id, outcome: outcome as Outcome };
    });
