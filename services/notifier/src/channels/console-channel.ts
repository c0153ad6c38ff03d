// The console channel: one line per alert on standard output.

import type { Writable } from "node:stream";
import { type DeliveryAttempt, formatEventTime } from "@riffle/contracts";
import { alertLine } from "./alert-line.ts";
import { type AttemptResult, attemptError, type Channel, type Message } from "./channel.ts";

/** Where the lines go, and what the time is. */
export interface ConsoleChannelOptions {
  /** `console` unless given. */
  readonly name?: string;
  /** Writes one line, its end not included; waited for where it is a promise. */
  readonly print: (line: string) => unknown;
  readonly colours: boolean;
  /** Wall clock, epoch milliseconds. */
  readonly nowMs: () => number;
}

/** Prints each alert. What cannot be printed is given up at once: a closed terminal does not open again. */
export class ConsoleChannel implements Channel {
  readonly name: string;
  readonly #options: ConsoleChannelOptions;

  constructor(options: ConsoleChannelOptions) {
    this.name = options.name ?? "console";
    this.#options = options;
  }

  async attempt({ alert }: Message): Promise<AttemptResult> {
    const { print, colours, nowMs } = this.#options;
    const attempt: DeliveryAttempt = { at: formatEventTime(nowMs()), status: null, durationMs: 0 };
    try {
      await print(alertLine(alert, { colours }));
      return { attempt, verdict: "delivered" };
    } catch (error) {
      const why = attemptError(error instanceof Error ? error.message : String(error));
      return { attempt: { ...attempt, error: why }, verdict: "give-up" };
    }
  }
}

/** Who reads the lines may go away: that is an outcome of the line at hand, and no error of the process. */
const toldByWrite = (): void => {};

/** Prints to a stream: a line is printed when it is written, and fails when it could not be. */
export const printerTo = (stream: Writable): ((line: string) => Promise<void>) => {
  if (!stream.listeners("error").includes(toldByWrite)) stream.on("error", toldByWrite);
  return (line) =>
    new Promise((resolve, reject) => {
      stream.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
    });
};
