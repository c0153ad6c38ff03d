// Which tasks want to run though no record came for them: an external call of theirs has ended.

/** Tasks that asked to be called, by partition number, each once however often it asked. */
export class WakeUps {
  readonly #asked = new Set<number>();
  readonly #interrupt: () => void;

  /** @param interrupt ends the worker's wait for records */
  constructor(interrupt: () => void) {
    this.#interrupt = interrupt;
  }

  /** Whether a task waits to be called. */
  get some(): boolean {
    return this.#asked.size > 0;
  }

  /** Asks for a task to be called. May come at any time, from outside the worker's loop. */
  ask(partition: number): void {
    this.#asked.add(partition);
    this.#interrupt();
  }

  /** Takes all that asked, in the order in which they first did. */
  take(): number[] {
    const partitions = [...this.#asked];
    this.#asked.clear();
    return partitions;
  }
}
