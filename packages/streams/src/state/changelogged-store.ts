// Decorator: turns what changed into bytes, for the changelog at the atomic commit and, once that stands, for the copy on
// the local disk. Reads and writes of handlers do not come by here: they end in the write buffer above.
//
//   L1. What a commit wrote goes to the copy only when the commit is known to stand. What was taken for a commit that
//       failed is forgotten with the task.

import type { Serde } from "./serde.ts";
import type { KeyValueStore } from "./store.ts";
import { WriteBufferedStore } from "./write-buffered-store.ts";

/** One changelog record; `value` is `null` for a removed key. */
export interface StoreChange {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** Where values end up. One that takes restored bytes reads them when it likes; else they are read at the restore. */
export interface InnermostStore<V> extends KeyValueStore<V> {
  restore?(key: string, bytes: Uint8Array): void;
}

/** Takes committed changes of one store. */
export type TakeCommitted = (change: StoreChange) => void;

/** A write-buffered store and its changelog. */
export class ChangeloggedStore<V> {
  /** What handlers read and write. */
  readonly store: WriteBufferedStore<V>;
  readonly #inner: InnermostStore<V>;
  readonly #serde: Serde<V>;
  readonly #committed: TakeCommitted | undefined;
  #unconfirmed: StoreChange[] = [];

  /** @param committed takes what stands (L1); none where there is no copy on disk */
  constructor(inner: InnermostStore<V>, serde: Serde<V>, committed?: TakeCommitted) {
    this.store = new WriteBufferedStore(inner);
    this.#inner = inner;
    this.#serde = serde;
    this.#committed = committed;
  }

  /** Applies one committed record while the task is being restored; not a change of its own. */
  restore(key: string, value: Uint8Array | null): void {
    if (value === null) this.#inner.delete(key);
    else if (this.#inner.restore !== undefined) this.#inner.restore(key, value);
    else this.#inner.put(key, this.#serde.deserialize(value));
  }

  /** Gives every key changed since the last drain to `write`, in the order of their first change, and forgets them. */
  drain(write: (change: StoreChange) => void): void {
    this.store.takeChanges((key, value) => {
      const change = { key, value: value === undefined ? null : this.#serde.serialize(value) };
      if (this.#committed !== undefined) this.#unconfirmed.push(change);
      write(change);
    });
  }

  /** Shows what the next drain would write, removals aside, and forgets nothing. @throws what the serde throws */
  check(see: (change: StoreChange) => void): void {
    this.store.eachChange((key, value) => see({ key, value: this.#serde.serialize(value) }));
  }

  /** Says that what was drained has been committed (L1). */
  confirm(): void {
    if (this.#committed === undefined) return;
    for (const change of this.#unconfirmed) this.#committed(change);
    this.#unconfirmed = [];
  }
}
