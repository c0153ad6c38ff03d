// Which tasks wait before they are opened again, because their handler failed at a record.
//
//   P1. A pause is the partition's own: it holds up no other.
//   P2. Pauses double while the partition gets no further.

/** The pauses of a worker's tasks, by partition number. */
export class RetryPauses {
  readonly #msMin: number;
  readonly #msMax: number;
  readonly #lengthsMs = new Map<number, number>();
  readonly #paused = new Set<number>();

  constructor(msMin: number, msMax: number) {
    this.#msMin = msMin;
    this.#msMax = msMax;
  }

  /** Begins a pause. @returns its length, milliseconds (P2); the caller ends it */
  begin(partition: number): number {
    const before = this.#lengthsMs.get(partition);
    const lengthMs = before === undefined ? this.#msMin : Math.min(before * 2, this.#msMax);
    this.#lengthsMs.set(partition, lengthMs);
    this.#paused.add(partition);
    return lengthMs;
  }

  end(partition: number): void {
    this.#paused.delete(partition);
  }

  isPaused(partition: number): boolean {
    return this.#paused.has(partition);
  }

  /** Says that the partition has got further: its next pause is short. */
  passed(partition: number): void {
    this.#lengthsMs.delete(partition);
  }

  /** Ends all pauses. */
  clear(): void {
    this.#paused.clear();
    this.#lengthsMs.clear();
  }
}
