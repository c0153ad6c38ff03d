// What is printed while a rehearsal runs: one line a moment, with the seconds since its beginning.

/** Lines like `  12.5 s  broker 2 is killed`. */
export type Say = (text: string) => void;

/** Begins now. */
export const timeline = (): Say => {
  const startedAt = performance.now();
  return (text) => {
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(6);
    process.stdout.write(`${seconds} s  ${text}\n`);
  };
};

/** Watches a count that should rise, for the longest time in which it did not. */
export class StallWatch {
  readonly #read: () => number;
  readonly #timer: NodeJS.Timeout;
  #last: number;
  #lastRoseAt = performance.now();
  #longestMs = 0;

  constructor(read: () => number) {
    this.#read = read;
    this.#last = read();
    this.#timer = setInterval(() => this.#look(), 100);
  }

  /** For how long it has not risen, up to now, in milliseconds. */
  get standingMs(): number {
    this.#look();
    return performance.now() - this.#lastRoseAt;
  }

  /** Ends the watch. @returns the longest standstill, in seconds */
  stop(): number {
    clearInterval(this.#timer);
    this.#look();
    return this.#longestMs / 1_000;
  }

  #look(): void {
    const [now, value] = [performance.now(), this.#read()];
    this.#longestMs = Math.max(this.#longestMs, now - this.#lastRoseAt);
    if (value > this.#last) [this.#last, this.#lastRoseAt] = [value, now];
  }
}
