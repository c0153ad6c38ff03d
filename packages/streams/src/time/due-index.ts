// The due index: which key has something to do at which time, earliest first.
//
// The one heap of the engine: windows close by it, timers (timers.ts) fire by it. Owns no state of record: it is built
// from a store when a task begins, and forgotten with the task. A binary heap of the distinct times and, for each, the
// set of its keys, so that thousands of keys due together are one heap entry.
//
//   D1. Asking for the earliest time costs nothing when nothing is due: operators ask at every record.
//   D2. Keys come out by time, then by key in code unit order: never in the order they went in.

/** Keys that share a due time. */
export interface DueKeys {
  readonly dueMs: number;
  /** In code unit order; at least one. */
  readonly keys: readonly string[];
}

/**
 * A queue of keys by the time at which they are due.
 *
 * `add(20, "b")`, `add(10, "c")`, `add(20, "a")`, then `takeDue(9)` gives nothing, `takeDue(20)` gives `10 c`, then
 * `20 a b`, then nothing: a key due at 10 is due at 10, not one millisecond before.
 */
export class DueIndex {
  readonly #keysByDue = new Map<number, Set<string>>();
  readonly #heap: number[] = [];

  /** Notes that `key` is due at `dueMs`. A key may be due at several times. */
  add(dueMs: number, key: string): void {
    const keys = this.#keysByDue.get(dueMs);
    if (keys !== undefined) {
      keys.add(key);
      return;
    }
    this.#keysByDue.set(dueMs, new Set([key]));
    this.#push(dueMs);
  }

  /** Forgets that `key` is due at `dueMs`; nothing happens when it is not. */
  remove(dueMs: number, key: string): void {
    // An emptied set stays until its time comes: its heap entry is still there, and a second one would pile up.
    this.#keysByDue.get(dueMs)?.delete(key);
  }

  /** Takes the keys of the earliest time that is at or before `nowMs`; `undefined` when nothing is due. */
  takeDue(nowMs: number): DueKeys | undefined {
    for (let dueMs = this.#heap[0]; dueMs !== undefined && dueMs <= nowMs; dueMs = this.#heap[0]) {
      this.#pop();
      const keys = this.#keysByDue.get(dueMs) ?? new Set<string>();
      this.#keysByDue.delete(dueMs);
      if (keys.size > 0) return { dueMs, keys: [...keys].sort() };
    }
    return undefined;
  }

  #push(dueMs: number): void {
    const heap = this.#heap;
    let at = heap.push(dueMs) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] ?? dueMs;
      if (above <= dueMs) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = dueMs;
  }

  #pop(): void {
    const heap = this.#heap;
    const moved = heap.pop();
    if (moved === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const child = this.#smallerChild(at);
      const below = heap[child];
      if (below === undefined || below >= moved) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = moved;
  }

  #smallerChild(at: number): number {
    const left = 2 * at + 1;
    const leftDue = this.#heap[left] ?? Number.POSITIVE_INFINITY;
    const rightDue = this.#heap[left + 1] ?? Number.POSITIVE_INFINITY;
    return rightDue < leftDue ? left + 1 : left;
  }
}
