// Decorator: remembers which keys changed since the last atomic commit, as objects. However often a key changes between
// two commits, it is serialised and written once, with its newest value.

import type { KeyValueStore } from "./store.ts";

/** A store whose changed keys can be taken. Values go straight into the inner store: reading costs one call more. */
export class WriteBufferedStore<V> implements KeyValueStore<V> {
  readonly #inner: KeyValueStore<V>;
  readonly #changed = new Set<string>();

  constructor(inner: KeyValueStore<V>) {
    this.#inner = inner;
  }

  get size(): number {
    return this.#inner.size;
  }

  get(key: string): V | undefined {
    return this.#inner.get(key);
  }

  put(key: string, value: V): void {
    this.#inner.put(key, value);
    this.#changed.add(key);
  }

  delete(key: string): void {
    this.#inner.delete(key);
    this.#changed.add(key);
  }

  entries(): IterableIterator<[string, V]> {
    return this.#inner.entries();
  }

  /** Shows every changed key that is not removed, with its newest value. */
  eachChange(show: (key: string, value: V) => void): void {
    for (const key of this.#changed) {
      const value = this.#inner.get(key);
      if (value !== undefined) show(key, value);
    }
  }

  /** Gives every changed key once, in the order of the first change, `undefined` for a removed one, and forgets them. */
  takeChanges(take: (key: string, value: V | undefined) => void): void {
    for (const key of this.#changed) take(key, this.#inner.get(key));
    this.#changed.clear();
  }
}
