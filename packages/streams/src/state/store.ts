// The store contract: keyed state of one task.
//
//   S1. A task sees its own writes at once; nobody else sees them before the atomic commit.
//   S2. After a crash the store holds exactly what the last atomic commit made durable.
//   S3. Order of iteration is not part of the contract of a key-value store: a result must not depend on it. What window
//       and session stores find of one key comes by time.
//   S4. An entry of a window or session store is there while `stream time < end + retention`, judged at each read and
//       write. From `end + retention` on it is gone, whenever its removal is written.
//       (test/unit/state/stores.test.ts; test/unit/state/timed-stores.test.ts)

import { jsonSerde, type Serde } from "./serde.ts";

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

/** A window of fixed size in a store: its start says it all. */
export interface StoredWindow<V> {
  readonly key: string;
  readonly startMs: number;
  readonly value: V;
}

/** A value for each key and window of fixed size. Times are whole milliseconds. */
export interface WindowStore<V> {
  /** The value of the window that begins at `startMs`, or `undefined`. After changing it, `put` it back. */
  get(key: string, startMs: number): V | undefined;
  /** Sets the window. One that is gone already (S4) is not taken in. */
  put(key: string, startMs: number, value: V): void;
  /** Removes the window. */
  delete(key: string, startMs: number): void;
  /** Windows of the key that begin in `[fromMs, toMs)`, by start. */
  fetch(key: string, fromMs: number, toMs: number): readonly StoredWindow<V>[];
  /** How many windows there are. */
  readonly size: number;
  /** All windows, those of one key by start (S3). Do not change the store while iterating. */
  entries(): IterableIterator<StoredWindow<V>>;
}

/** An interval of event time, `[startMs, endMs)`, whole milliseconds. */
export interface SessionInterval {
  readonly startMs: number;
  readonly endMs: number;
}

/** A session in a store. */
export interface StoredSession<V> extends SessionInterval {
  readonly key: string;
  readonly value: V;
}

/** A value for each key and session. A session that grows is deleted and put under its new interval. */
export interface SessionStore<V> {
  /** Sessions of the key that overlap `[fromMs, toMs)`, by start, then by end. */
  find(key: string, fromMs: number, toMs: number): readonly StoredSession<V>[];
  /** Sets the session. One that is gone already (S4) is not taken in. */
  put(key: string, interval: SessionInterval, value: V): void;
  /** Removes the session. */
  delete(key: string, interval: SessionInterval): void;
  /** How many sessions there are. */
  readonly size: number;
  /** All sessions, those of one key by start (S3). Do not change the store while iterating. */
  entries(): IterableIterator<StoredSession<V>>;
}

/** What all kinds of stores declare. */
interface Declared<V> {
  /** Lower case and dashes; part of the changelog topic's name, so it must not change while state lives. */
  readonly name: string;
  /** How values are written to the changelog `<service>-<name>-changelog`. */
  readonly serde: Serde<V>;
}

/** Declares a {@link KeyValueStore}. */
export interface StoreSpec<V> extends Declared<V> {
  readonly kind?: "key-value";
  /** See {@link KeyValueStoreOptions}. */
  readonly readsRestored?: ReadsRestored | undefined;
}

/** When the serde is asked for a value that was restored. */
export type ReadsRestored = "at-once" | "at-first-use";

/** How a key-value store is kept. */
export interface KeyValueStoreOptions {
  /**
   * `at-once`: what cannot be read is found before the first record. `at-first-use`: a restore takes less time and memory
   * where most values are not used for long; bytes that cannot be read end the worker when they are asked for. Bytes of the
   * copy on disk are compared with their seal at the start either way, those of the changelog with the checksum of their batch.
   * A standby's values are read at once. @default at-once
   */
  readonly readsRestored?: ReadsRestored;
}

/** How long windows are, and how long they are kept. */
export interface WindowRetention {
  /** Length of a window, milliseconds, at least 1. It must not change while state lives. */
  readonly sizeMs: number;
  /** How long a window is kept after its end, milliseconds of stream time, at least 0 (S4). */
  readonly retentionMs: number;
}

/** Declares a {@link WindowStore}. */
export interface WindowStoreSpec<V> extends Declared<V>, WindowRetention {
  readonly kind: "window";
}

/** How long sessions are kept. */
export interface SessionRetention {
  /** How long a session is kept after its end, milliseconds of stream time, at least 0 (S4). */
  readonly retentionMs: number;
}

/** Declares a {@link SessionStore}. */
export interface SessionStoreSpec<V> extends Declared<V>, SessionRetention {
  readonly kind: "session";
}

/** Declares a store of any kind. */
export type AnyStoreSpec = StoreSpec<unknown> | WindowStoreSpec<unknown> | SessionStoreSpec<unknown>;

/** The store that a declaration declares. */
export type StoreOf<S> =
  S extends WindowStoreSpec<infer V>
    ? WindowStore<V>
    : S extends SessionStoreSpec<infer V>
      ? SessionStore<V>
      : S extends StoreSpec<infer V>
        ? KeyValueStore<V>
        : never;

/**
 * Declares a key-value store.
 *
 * @param name lower case and dashes, unique within the service
 * @param serde how values become bytes; JSON unless given
 */
export const keyValueStore = <V>(
  name: string,
  serde: Serde<V> = jsonSerde<V>(),
  { readsRestored }: KeyValueStoreOptions = {},
): StoreSpec<V> => ({ kind: "key-value", name, serde, readsRestored });

/**
 * Declares a store of windows of one size.
 *
 * @param name lower case and dashes, unique within the service
 * @param serde how values become bytes; JSON unless given
 */
export const windowStore = <V>(
  name: string,
  { sizeMs, retentionMs }: WindowRetention,
  serde: Serde<V> = jsonSerde<V>(),
): WindowStoreSpec<V> => ({ kind: "window", name, sizeMs, retentionMs, serde });

/**
 * Declares a store of sessions.
 *
 * @param name lower case and dashes, unique within the service
 * @param serde how values become bytes; JSON unless given
 */
export const sessionStore = <V>(
  name: string,
  { retentionMs }: SessionRetention,
  serde: Serde<V> = jsonSerde<V>(),
): SessionStoreSpec<V> => ({ kind: "session", name, retentionMs, serde });
