// Fetches that wait for something to read (long polls).

import type { CancelTimer, Clock } from "../clock.ts";

interface Wait {
  readonly tryNow: () => boolean;
  readonly cancel: CancelTimer;
}

/** Tried again whenever a log has changed. */
export class FetchWaits {
  readonly #clock: Clock;
  readonly #waits = new Set<Wait>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param tryNow answers when there is something to say, and returns whether it did
   * @param giveUp answers in any case
   */
  add(waitMs: number, tryNow: () => boolean, giveUp: () => void): void {
    if (tryNow()) return;
    const wait: Wait = {
      tryNow,
      cancel: this.#clock.after(waitMs, () => {
        this.#waits.delete(wait);
        giveUp();
      }),
    };
    this.#waits.add(wait);
  }

  lookAgain(): void {
    for (const wait of [...this.#waits]) {
      if (!wait.tryNow()) continue;
      wait.cancel();
      this.#waits.delete(wait);
    }
  }

  close(): void {
    for (const { cancel } of this.#waits) cancel();
    this.#waits.clear();
  }
}
