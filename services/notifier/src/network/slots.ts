// Slots: a bounded number of jobs at once, in the order in which they asked.

/** A bound on what goes on at once. */
export class Slots {
  #free: number;
  /** Who waits, in order; each is called with a slot in hand. */
  readonly #waiting = new Set<() => void>();

  /** @param slotsMax at least 1 */
  constructor(slotsMax: number) {
    this.#free = slotsMax;
  }

  /** Waits for a slot. Who has taken one gives it back. @throws the signal's reason when that comes first */
  take(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(onSlot);
        reject(signal.reason);
      };
      const onSlot = (): void => {
        signal.removeEventListener("abort", onAbort);
        resolve();
      };
      this.#waiting.add(onSlot);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Gives a slot back, to who has waited longest. */
  give(): void {
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
