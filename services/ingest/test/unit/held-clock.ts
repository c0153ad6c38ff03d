// A clock that stands still until it is moved.

import type { Clock } from "../../src/clock.ts";

/** Time in the test's hand. */
export class HeldClock implements Clock {
  #nowMs: number;
  readonly #due = new Map<() => void, number>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, act: () => void): () => void {
    this.#due.set(act, this.#nowMs + ms);
    return () => this.#due.delete(act);
  }

  /** How many timers have not gone off. */
  get waiting(): number {
    return this.#due.size;
  }

  /** Moves the time on; what falls due goes off. */
  advance(ms: number): void {
    this.#nowMs += ms;
    for (const [act, atMs] of this.#due) {
      if (atMs > this.#nowMs) continue;
      this.#due.delete(act);
      act();
    }
  }
}
