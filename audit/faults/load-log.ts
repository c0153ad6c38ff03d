// The load's own record of what it was answered, outside the system under test.
//
//   LL1. An answer counts only once its line is on the disk (fdatasync), so that the log never claims less than was
//        promised, and what is checked afterwards is read back from the file.
//   LL2. Every attempt says when it was sent and when it was answered, in steps of one counter: whatever was sent after
//        an answer has the higher number.

import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";

/**
 * What became of one attempt: `accepted` is a 202; `conflict` the definite answer that this id came with other content;
 * `refused` any other definite no; `unknown` anything else.
 */
export type Outcome = "accepted" | "conflict" | "refused" | "unknown";

/** One attempt to have a transaction accepted. */
export interface Attempt {
  readonly id: string;
  /** What stands for the content that was sent: of one id there may be two. */
  readonly content: string;
  readonly outcome: Outcome;
  /** Steps of the load's counter (LL2). */
  readonly sentAt: number;
  readonly answeredAt: number;
}

/** Appends attempts. */
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

  /** Resolves when the lines are on the disk. Those of the same few milliseconds share one sync. */
  append(...attempts: readonly Attempt[]): Promise<void> {
    for (const { id, content, outcome, sentAt, answeredAt } of attempts)
      this.#pending.push(`${id} ${content} ${outcome} ${sentAt} ${answeredAt}\n`);
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

/** Attempts in the order in which they were logged. */
export const readLoadLog = (path: string): Attempt[] =>
  readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [id = "", content = "", outcome, sentAt, answeredAt] = line.split(" ");
      return {
        id,
        content,
        outcome: outcome as Outcome,
        sentAt: Number(sentAt),
        answeredAt: Number(answeredAt),
      };
    });
