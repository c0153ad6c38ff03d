// Whether the process keeps up: how late a timer comes that should come every 100 ms.
//
//   V1. As soon as a tick is on time again nothing is refused any more: one long pause costs requests for 100 ms.
//
// @fastify/under-pressure takes a machine that gave the process no time at all for an endless delay, whatever its limit.

import type { Clock } from "./clock.ts";

const tickEveryMs = 100;

/** Watches the event loop between `start` and `stop`. */
export class LoopWatch {
  readonly #lateMsMax: number;
  readonly #clock: Clock;
  #isBehind = false;
  #callOff: (() => void) | undefined;

  /** @param lateMsMax lateness up to which the process is taken to keep up */
  constructor(lateMsMax: number, clock: Clock) {
    this.#lateMsMax = lateMsMax;
    this.#clock = clock;
  }

  /** Whether the last tick was too late. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  start(): void {
    const dueAtMs = this.#clock.monotonicMs() + tickEveryMs;
    this.#callOff = this.#clock.after(tickEveryMs, () => {
      this.#isBehind = this.#clock.monotonicMs() - dueAtMs > this.#lateMsMax;
      this.start();
    });
  }

  stop(): void {
    this.#callOff?.();
  }
}
