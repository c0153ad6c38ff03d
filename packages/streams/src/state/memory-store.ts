// The in-memory store. One Map; the changelog is the truth and rebuilds it.

import type { KeyValueStore } from "./store.ts";

/** A key-value store in the heap of the process. */
export class MemoryStore<V> implements KeyValueStore<V> {
  readonly #entries = new Map<string, V>();

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key);
  }

  put(key: string, value: V): void {
    this.#entries.set(key, value);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  entries(): IterableIterator<[string, V]> {
    return this.#entries.entries();
  }
}
