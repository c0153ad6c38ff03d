// Tasks that were dropped because their handler failed at a record, until they are begun again.
//
//   P1. A pause is the partition's own: it holds up no other.
//   P2. Pauses double while the partition gets no further.
//   P3. What was committed of a task is known as long as its process keeps the partition: to begin it again, nothing has to
//       be asked.

import type { TaskStart } from "./task.ts";

/** The tasks of a worker that wait, by partition number. */
export class SetAsideTasks {
  readonly #msMin: number;
  readonly #msMax: number;
  readonly #lengthsMs = new Map<number, number>();
  readonly #starts = new Map<number, TaskStart>();
  readonly #paused = new Set<number>();

  constructor(msMin: number, msMax: number) {
    this.#msMin = msMin;
    this.#msMax = msMax;
  }

  /** Those that wait. */
  get partitions(): number[] {
    return [...this.#starts.keys()];
  }

  /** Sets a task aside. @param start what was committed of it @returns how long it pauses, milliseconds (P2); the caller ends that */
  add(start: TaskStart): number {
    const { partition } = start;
    const before = this.#lengthsMs.get(partition);
    const lengthMs = before === undefined ? this.#msMin : Math.min(before * 2, this.#msMax);
    this.#lengthsMs.set(partition, lengthMs);
    this.#starts.set(partition, start);
    this.#paused.add(partition);
    return lengthMs;
  }

  endPause(partition: number): void {
    this.#paused.delete(partition);
  }

  isPaused(partition: number): boolean {
    return this.#paused.has(partition);
  }

  /** Where a task begins again (P3); undefined for one that was not set aside. */
  startOf(partition: number): TaskStart | undefined {
    return this.#starts.get(partition);
  }

  /** Says that the task runs again. */
  begun(partition: number): void {
    this.#starts.delete(partition);
  }

  /** Says that the partition has got further: its next pause is short. */
  passed(partition: number): void {
    this.#lengthsMs.delete(partition);
  }

  /** Forgets a task that went to another process. */
  forget(partition: number): void {
    this.#lengthsMs.delete(partition);
    this.#starts.delete(partition);
    this.#paused.delete(partition);
  }
}
