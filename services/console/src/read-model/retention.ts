// Retention: what happened longer ago than is kept is removed, in steps so small that nobody waits for them.

import type { Logger } from "@riffle/service-kit/process";
import type { ReadModel } from "./read-model.ts";

/** How long is kept, and of what. */
export interface RetentionOptions {
  readonly model: ReadModel;
  readonly hours: number;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}

const hourMs = 3_600_000;
/** Rows of each projection in one step: a few milliseconds. */
const stepRows = 500;
const idleMs = 30_000;
const busyMs = 50;

/** Removes old rows while the process lives. */
export class Retention {
  readonly #options: RetentionOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setTimeout(() => this.#turn(), idleMs);
    this.#timer.unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** One step. @returns how many rows went */
  step(): number {
    const { model, hours, now } = this.#options;
    return model.expire(now() - hours * hourMs, stepRows);
  }

  #turn(): void {
    let removed = 0;
    try {
      // A rebuild reads old records and would only be held up.
      if (this.#options.model.progress().phase === "live") removed = this.step();
    } catch (error) {
      // A full disk, say: nothing is half removed, and it is tried again.
      this.#options.log.error({ err: error }, "what is too old could not be removed");
    }
    this.#timer = setTimeout(() => this.#turn(), removed > 0 ? busyMs : idleMs);
    this.#timer.unref();
  }
}
