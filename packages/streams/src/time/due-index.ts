// The due index: which key has something to do at which time, earliest first.
//
// The one heap of the engine: windows close by it, timers (timers.ts) fire by it. Owns no state of record: it is built
// from a store when a task begins, and forgotten with the task. A binary heap of the distinct times and, for each, the
// keys of it, so that thousands of keys due together are one heap entry.
//
//   D1. Asking for the earliest time costs nothing when nothing is due: operators ask at every record.
//   D2. Keys come out by time, then by key in code unit order, each once: never in the order they went in.
//   D3. Nothing is taken out before its time. Whoever moves a key adds it at its new time, and passes over it when it
//       comes out at the old one: the state of the key says when it is due. Noting a key is then an append.

/** Keys that share a due time. */
export interface DueKeys {
  readonly dueMs: number;
  /** In code unit order; at least one. */
  readonly keys: readonly string[];
}

/** How many keys of one time are noted before repeated ones are looked for, and then for each that is left. */
const repeatsLengthMin = 256;
const repeatsFactor = 8;

/** The keys of one time: a list, which is cheaper to add to than a set, and rid of repeated keys before they pile up. */
class NotedKeys {
  #keys: string[];
  #lengthMax = repeatsLengthMin;

  constructor(key: string) {
    this.#keys = [key];
  }

  add(key: string): void {
    if (this.#keys.push(key) < this.#lengthMax) return;
    this.#keys = [...new Set(this.#keys)];
    this.#lengthMax = Math.max(repeatsLengthMin, repeatsFactor * this.#keys.length);
  }

  /** All of them, in order, each once. */
  take(): string[] {
    const keys = this.#keys.sort();
    return keys.filter((key, i) => i === 0 || key !== keys[i - 1]);
  }
}

/**
 * A queue of keys by the time at which they are due.
 *
 * `add(20, "b")`, `add(10, "c")`, `add(20, "a")`, then `takeDue(9)` gives nothing, `takeDue(20)` gives `10 c`, then
 * `20 a b`, then nothing: a key due at 10 is due at 10, not one millisecond before.
 */
export class DueIndex {
  readonly #noted = new Map<number, NotedKeys>();
  readonly #heap: number[] = [];

  /** Notes that `key` is due at `dueMs`. A key may be due at several times; twice at one time is once. */
  add(dueMs: number, key: string): void {
    const noted = this.#noted.get(dueMs);
    if (noted !== undefined) {
      noted.add(key);
      return;
    }
    this.#noted.set(dueMs, new NotedKeys(key));
    this.#push(dueMs);
  }

  /** The earliest time at which a key was noted, or `undefined`; the key may have moved since (D3). */
  get earliestMs(): number | undefined {
    return this.#heap[0];
  }

  /** Takes the keys of the earliest time that is at or before `nowMs`; `undefined` when nothing is due. */
  takeDue(nowMs: number): DueKeys | undefined {
    const dueMs = this.#heap[0];
    if (dueMs === undefined || dueMs > nowMs) return undefined;
    this.#pop();
    const keys = this.#noted.get(dueMs)?.take() ?? [];
    this.#noted.delete(dueMs);
    return { dueMs, keys };
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
