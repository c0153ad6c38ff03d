// The in-memory store of values of which few are used at a time: what was restored stays in its bytes until its first use.
//
//   Z1. It answers as the memory store would that was restored alike; the serde is asked later, and at most once a value.
//   Z2. Bytes that the serde cannot read are state that is corrupt, found late: that ends the worker, and is charged to no
//       record.
//   Z3. It keeps no more than the bytes of its values: they come in the buffers of whole fetches.

import { StreamsError } from "../errors.ts";
import type { Serde } from "./serde.ts";
import type { KeyValueStore } from "./store.ts";

/** A key-value store in the heap of the process, restored as bytes. */
export class LazyStore<V> implements KeyValueStore<V> {
  readonly #name: string;
  readonly #serde: Serde<V>;
  readonly #read = new Map<string, V>();
  /** Restored and not used since; a key is in one of the two. */
  readonly #unread = new Map<string, Uint8Array>();

  /** @param name of the store, for messages */
  constructor(name: string, serde: Serde<V>) {
    this.#name = name;
    this.#serde = serde;
  }

  get size(): number {
    return this.#read.size + this.#unread.size;
  }

  /** @throws StreamsError STREAMS_STATE_CORRUPT (Z2) */
  get(key: string): V | undefined {
    const value = this.#read.get(key);
    return value === undefined && this.#unread.size > 0 ? this.#firstUse(key) : value;
  }

  put(key: string, value: V): void {
    this.#unread.delete(key);
    this.#read.set(key, value);
  }

  delete(key: string): void {
    this.#unread.delete(key);
    this.#read.delete(key);
  }

  /** Reads everything. @throws StreamsError STREAMS_STATE_CORRUPT (Z2) */
  entries(): IterableIterator<[string, V]> {
    for (const key of [...this.#unread.keys()]) this.#firstUse(key);
    return this.#read.entries();
  }

  /** Takes a restored value as its bytes. */
  restore(key: string, bytes: Uint8Array): void {
    this.#read.delete(key);
    const isAllOfItsBuffer = bytes.byteLength === bytes.buffer.byteLength;
    this.#unread.set(key, isAllOfItsBuffer ? bytes : Buffer.copyBytesFrom(bytes));
  }

  #firstUse(key: string): V | undefined {
    const bytes = this.#unread.get(key);
    if (bytes === undefined) return undefined;
    const value = this.#decoded(bytes);
    this.#unread.delete(key);
    this.#read.set(key, value);
    return value;
  }

  #decoded(bytes: Uint8Array): V {
    try {
      return this.#serde.deserialize(bytes);
    } catch (cause) {
      throw new StreamsError(
        "STREAMS_STATE_CORRUPT",
        `Reading a restored value of store "${this.#name}" for the first time: its serde cannot read the ${bytes.byteLength} bytes. If the changelog is sound, they are from the copy on disk: remove it, and it is built again.`,
        { cause },
      );
    }
  }
}
