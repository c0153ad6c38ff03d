// The store contract: keyed state of one task.
//
//   S1. A task sees its own writes at once; nobody else sees them before the atomic commit.
//   S2. After a crash the store holds exactly what the last atomic commit made durable.
//   S3. Order of iteration is not part of the contract: a result must not depend on it.

import { jsonSerde, type Serde } from "./serde.ts";

/** Names a store and says how its values are written to the changelog `<service>-<name>-changelog`. */
export interface StoreSpec<V> {
  /** Lower case and dashes; part of the changelog topic's name, so it must not change while state lives. */
  readonly name: string;
  readonly serde: Serde<V>;
}

/**
 * Declares a key-value store.
 *
 * @param name lower case and dashes, unique within the service
 * @param serde how values become bytes; JSON unless given
 */
export const keyValueStore = <V>(name: string, serde: Serde<V> = jsonSerde<V>()): StoreSpec<V> => ({
  name,
  serde,
});

/** Keyed state of one task. Keys are strings, unique within the task's partition. */
export interface KeyValueStore<V> {
  /** The value of the key, or `undefined`. The object is the store's own: after changing it, `put` it back. */
  get(key: string): V | undefined;
  /** Sets the key. Several puts within one atomic commit become one changelog record. */
  put(key: string, value: V): void;
  /** Removes the key; becomes a tombstone in the changelog. */
  delete(key: string): void;
  /** How many keys there are. */
  readonly size: number;
  /** All entries, in no promised order (S3). Do not change the store while iterating. */
  entries(): IterableIterator<[string, V]>;
}
