// How long each task has had no input: after a while its stream time may follow the wall clock.

/** Wall clock of each task's last input, or of its last advance by the wall clock. */
export class IdleTasks {
  readonly #quietSince = new Map<number, number>();
  readonly #idleAfterMs: number;

  /** @param idleAfterMs how long a task has no input before it is idle */
  constructor(idleAfterMs: number) {
    this.#idleAfterMs = idleAfterMs;
  }

  /** Begins the wait of a task anew: it has had input, or was advanced. */
  restart(partition: number, atMs: number): void {
    this.#quietSince.set(partition, atMs);
  }

  /** Whether the task has had no input for as long as idle means. */
  has(partition: number, atMs: number): boolean {
    return atMs - (this.#quietSince.get(partition) ?? atMs) >= this.#idleAfterMs;
  }

  forget(partition: number): void {
    this.#quietSince.delete(partition);
  }
}
