// How long something that gets less is waited for: a while in any case, and then for as long as it does get less.
//
// What an attack leaves to be done depends on what the machine could do meanwhile; a pipeline that works at it is not stuck.

/** Without less to do for so long, it is stuck. */
const stuckMs = 60_000;

/** Waits for something to become 0. */
export class Patience {
  readonly #endsAtMs: number;
  readonly #now: () => number;
  #least = Number.POSITIVE_INFINITY;
  #leastAtMs: number;

  /** @param withinMs waited for in any case */
  constructor(withinMs: number, now: () => number = Date.now) {
    this.#endsAtMs = now() + withinMs;
    this.#now = now;
    this.#leastAtMs = now();
  }

  /** Whether it is given up, with so much left; each thing that is waited for in turn begins with {@link next}. */
  isOver(left: number): boolean {
    const nowMs = this.#now();
    if (left < this.#least) {
      this.#least = left;
      this.#leastAtMs = nowMs;
    }
    return nowMs > this.#endsAtMs && nowMs - this.#leastAtMs > stuckMs;
  }

  /** The last one has become 0; another is waited for. */
  next(): void {
    this.#least = Number.POSITIVE_INFINITY;
    this.#leastAtMs = this.#now();
  }
}
