// The console channel: one line per alert on standard output.

import { type DeliveryAttempt, formatEventTime } from "@riffle/contracts";
import { alertLine } from "./alert-line.ts";
import { attemptError, type Channel, type Delivery, type Message } from "./channel.ts";

/** Where the lines go, and what the time is. */
export interface ConsoleChannelOptions {
  /** Writes one line, its end not included. */
  readonly print: (line: string) => void;
  readonly colours: boolean;
  /** Wall clock, epoch milliseconds. */
  readonly nowMs: () => number;
}

/** Prints each alert. What cannot be printed is dead-lettered at once: a closed terminal does not open again. */
export class ConsoleChannel implements Channel {
  readonly name = "console";
  readonly #options: ConsoleChannelOptions;

  constructor(options: ConsoleChannelOptions) {
    this.#options = options;
  }

  async deliver({ alert }: Message): Promise<Delivery> {
    const { print, colours, nowMs } = this.#options;
    const attempt: DeliveryAttempt = { at: formatEventTime(nowMs()), status: null, durationMs: 0 };
    try {
      print(alertLine(alert, { colours }));
      return { outcome: "delivered", attempts: [attempt] };
    } catch (error) {
      const why = attemptError(error instanceof Error ? error.message : String(error));
      return { outcome: "dead-lettered", attempts: [{ ...attempt, error: why }] };
    }
  }
}
