// A clock that stands still until it is moved.

import type { Clock } from "../../src/clock.ts";

/** Time in the test's hand. */
export class HeldClock implements Clock {
  #nowMs: number;
  #monotonicMs = 1_000;
  readonly #due = new Map<() => void, number>();

  constructor(nowMs: number) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(ms: number, act: () => void): () => void {
    this.#due.set(act, this.#monotonicMs + ms);
    return () => this.#due.delete(act);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Sets the wall clock, as an administrator does: no time passes. */
  set(nowMs: number): void {
    this.#nowMs = nowMs;
  }

  /** How many timers have not gone off. */
  get waiting(): number {
    return this.#due.size;
  }

  /** Moves the time on; what falls due goes off. */
  advance(ms: number): void {
    this.#nowMs += ms;
    this.#monotonicMs += ms;
    for (const [act, atMs] of this.#due) {
      if (atMs > this.#monotonicMs) continue;
      this.#due.delete(act);
      act();
    }
  }
}
