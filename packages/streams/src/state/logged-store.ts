// Decorator: remembers which keys changed since the last atomic commit, so that the commit can write each of
// them to the changelog once, with its newest value.

import type { Serde } from "./serde.ts";
import type { KeyValueStore } from "./store.ts";

/** One changelog record; `value` is `null` for a removed key. */
export interface StoreChange {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** A store whose changes can be drained for the changelog. */
export class LoggedStore<V> implements KeyValueStore<V> {
  readonly #inner: KeyValueStore<V>;
  readonly #serde: Serde<V>;
  readonly #dirty = new Set<string>();

  constructor(inner: KeyValueStore<V>, serde: Serde<V>) {
    this.#inner = inner;
    this.#serde = serde;
  }

  get size(): number {
    return this.#inner.size;
  }

  get(key: string): V | undefined {
    return this.#inner.get(key);
  }

  put(key: string, value: V): void {
    this.#inner.put(key, value);
    this.#dirty.add(key);
  }

  delete(key: string): void {
    this.#inner.delete(key);
    this.#dirty.add(key);
  }

  entries(): IterableIterator<[string, V]> {
    return this.#inner.entries();
  }

  /** Applies one changelog record; not a change of its own. */
  restore(key: string, value: Uint8Array | null): void {
    if (value === null) this.#inner.delete(key);
    else this.#inner.put(key, this.#serde.deserialize(value));
  }

  /** Gives every key changed since the last drain to `write`, in the order of their first change, and forgets them. */
  drain(write: (change: StoreChange) => void): void {
    for (const key of this.#dirty) {
      const value = this.#inner.get(key);
      write({ key, value: value === undefined ? null : this.#serde.serialize(value) });
    }
    this.#dirty.clear();
  }
}
