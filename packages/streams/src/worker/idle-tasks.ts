// How long each task has had no input: after a while its stream time may follow the wall clock.
//
//   I1. A task is due when it had neither input nor an advance for as long as idle means. With one that is due all advance
//       that have had no input for so long: one commit for all of them, where each by itself would ask for its own.

/** What is asked of a task. */
interface IdleTask {
  readonly partition: number;
  readonly streamTimeMs: number;
}

/** What is asked of the inputs. */
interface IdleInput {
  /** Whether nothing of a partition number is left to read. */
  caughtUp(partition: number): boolean;
}

/** Wall clock of each task's last input, and of its last advance by the wall clock. */
export class IdleTasks {
  readonly #inputAt = new Map<number, number>();
  readonly #advancedAt = new Map<number, number>();
  readonly #idleAfterMs: number;

  /** @param idleAfterMs how long a task has no input before it is idle */
  constructor(idleAfterMs: number) {
    this.#idleAfterMs = idleAfterMs;
  }

  /** Begins the wait of a task anew: it has had input, or is new. */
  restart(partition: number, atMs: number): void {
    this.#inputAt.set(partition, atMs);
    this.#advancedAt.delete(partition);
  }

  /** The tasks whose stream time is to follow the wall clock now; their next wait begins (I1). */
  take<T extends IdleTask>(tasks: ReadonlyMap<number, T>, input: IdleInput, atMs: number): readonly T[] {
    if (!this.#anyDue(tasks, input, atMs)) return [];
    const taken: T[] = [];
    for (const task of tasks.values()) {
      if (
        !this.#isQuiet(this.#inputAt, task, atMs) ||
        task.streamTimeMs < 0 ||
        !input.caughtUp(task.partition)
      )
        continue;
      this.#advancedAt.set(task.partition, atMs);
      taken.push(task);
    }
    return taken;
  }

  forget(partition: number): void {
    this.#inputAt.delete(partition);
    this.#advancedAt.delete(partition);
  }

  #anyDue(tasks: ReadonlyMap<number, IdleTask>, input: IdleInput, atMs: number): boolean {
    for (const task of tasks.values()) {
      const since = this.#advancedAt.has(task.partition) ? this.#advancedAt : this.#inputAt;
      if (this.#isQuiet(since, task, atMs) && task.streamTimeMs >= 0 && input.caughtUp(task.partition))
        return true;
    }
    return false;
  }

  #isQuiet(since: ReadonlyMap<number, number>, { partition }: IdleTask, atMs: number): boolean {
    return atMs - (since.get(partition) ?? atMs) >= this.#idleAfterMs;
  }
}
