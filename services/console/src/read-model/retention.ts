// Retention: what happened longer ago than is kept is removed, in steps so small that nobody waits for them.
//
//   R1. It goes on while the read model is built: what an earlier process left, and what grows old meanwhile, would otherwise
//       need room beside what is read.

import type { Logger } from "@riffle/service-kit/process";
import type { ReadModel } from "./read-model.ts";

/** How long is kept, and of what. */
export interface RetentionOptions {
  readonly model: ReadModel;
  readonly hours: number;
  /** Wall clock, epoch milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
  /** Calls `act` after so long, unless what it returns is called before. @default a timer that keeps no process alive */
  readonly later?: (act: () => void, ms: number) => () => void;
}

const hourMs = 3_600_000;
/** Rows of each projection in one step: a few milliseconds. */
const stepRows = 500;
const idleMs = 30_000;
const busyMs = 50;

/** Removes old rows while the process lives. */
export class Retention {
  readonly #options: RetentionOptions;
  readonly #later: (act: () => void, ms: number) => () => void;
  #cancel: (() => void) | undefined;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#later = options.later ?? afterAWhile;
  }

  start(): void {
    this.#cancel = this.#later(() => this.#turn(), idleMs);
  }

  stop(): void {
    this.#cancel?.();
  }

  /** One step. @returns how many rows went */
  step(): number {
    const { model, hours, now } = this.#options;
    return model.expire(now() - hours * hourMs, stepRows);
  }

  #turn(): void {
    let removed = 0;
    try {
      removed = this.step();
    } catch (error) {
      // A full disk, say: nothing is half removed, and it is tried again.
      this.#options.log.error({ err: error }, "what is too old could not be removed");
    }
    this.#cancel = this.#later(() => this.#turn(), removed > 0 ? busyMs : idleMs);
  }
}

const afterAWhile = (act: () => void, ms: number): (() => void) => {
  const timer = setTimeout(act, ms).unref();
  return () => clearTimeout(timer);
};
