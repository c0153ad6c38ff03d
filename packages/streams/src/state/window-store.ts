// The window store: a typed view over a key-value store, one entry for each key and window.
//
// Each window is one small changelog record. Which windows a key has stands in an index beside the store, rebuilt from
// it when a task begins, as operators do; so this runs over any key-value store, in memory or on disk.
//
//   V1. Removal of what is gone (S4 in store.ts) happens when the store is next used, and at each atomic commit; no read
//       can tell which it was.

import { StreamsConfigError, StreamsError } from "../errors.ts";
import { DueIndex } from "../time/due-index.ts";
import { isLate } from "../time/stream-time.ts";
import { partsOfTimedKey, timedKey } from "./composite-key.ts";
import { safeTime } from "./safe-time.ts";
import type { KeyValueStore, StoredWindow, WindowRetention, WindowStore } from "./store.ts";

/**
 * The windows of one task. Build it from a restored store; it reads every entry once.
 *
 * Size 10, retention 5. Put windows 0 and 10 of `a`; `fetch("a", 0, 10)` gives window 0, `fetch("a", 0, 11)` both. Window
 * 0 ends at 10: at stream time 14 it is there, at 15 it is gone.
 */
export class KeyValueWindowStore<V> implements WindowStore<V> {
  readonly #store: KeyValueStore<V>;
  readonly #retention: WindowRetention;
  readonly #streamTimeMs: () => number;
  /** Starts by key, ascending. Never empty. */
  readonly #starts = new Map<string, number[]>();
  /** Composite keys by the time at which they are gone; those removed before are passed over. */
  readonly #expiring = new DueIndex();

  /**
   * @param streamTimeMs the task's stream time, asked for at each use
   * @throws StreamsConfigError naming every option that is out of its range
   * @throws StreamsError STREAMS_STATE_CORRUPT when the store holds a key that is no window's
   */
  constructor(store: KeyValueStore<V>, retention: WindowRetention, streamTimeMs: () => number) {
    const { sizeMs, retentionMs } = retention;
    const faults = [
      ...(Number.isSafeInteger(sizeMs) && sizeMs >= 1 ? [] : [`sizeMs ${sizeMs} must be at least 1`]),
      ...(Number.isSafeInteger(retentionMs) && retentionMs >= 0
        ? []
        : [`retentionMs ${retentionMs} must be at least 0`]),
    ].map((fault) => `window store: ${fault}, in whole milliseconds`);
    if (faults.length > 0) throw new StreamsConfigError(faults);
    this.#store = store;
    this.#retention = retention;
    this.#streamTimeMs = streamTimeMs;
    for (const [entry] of store.entries()) this.#index(entry);
  }

  get size(): number {
    this.expireDue();
    return this.#store.size;
  }

  get(key: string, startMs: number): V | undefined {
    return this.#isGone(startMs) ? undefined : this.#store.get(timedKey(key, startMs));
  }

  put(key: string, startMs: number, value: V): void {
    safeTime("put a window", startMs);
    if (this.#isGone(startMs)) return;
    const entry = timedKey(key, startMs);
    if (this.#store.get(entry) === undefined) this.#add(key, startMs, entry);
    this.#store.put(entry, value);
  }

  delete(key: string, startMs: number): void {
    this.expireDue();
    if (this.#forget(key, startMs)) this.#store.delete(timedKey(key, startMs));
  }

  fetch(key: string, fromMs: number, toMs: number): readonly StoredWindow<V>[] {
    const found: StoredWindow<V>[] = [];
    for (const startMs of this.#starts.get(key) ?? []) {
      if (startMs >= toMs) break;
      if (startMs < fromMs || this.#isGone(startMs)) continue;
      const value = this.#store.get(timedKey(key, startMs));
      if (value !== undefined) found.push({ key, startMs, value });
    }
    return found;
  }

  *entries(): IterableIterator<StoredWindow<V>> {
    this.expireDue();
    for (const [key, starts] of this.#starts) {
      for (const startMs of starts) {
        const value = this.#store.get(timedKey(key, startMs));
        if (value !== undefined) yield { key, startMs, value };
      }
    }
  }

  /** Removes what is gone. Cheap when nothing is. */
  expireDue(): void {
    const streamTimeMs = this.#streamTimeMs();
    for (let due = this.#expiring.takeDue(streamTimeMs); due; due = this.#expiring.takeDue(streamTimeMs)) {
      for (const entry of due.keys) {
        const { key, timeMs } = partsOf(entry);
        if (this.#forget(key, timeMs)) this.#store.delete(entry);
      }
    }
  }

  #isGone(startMs: number): boolean {
    const { sizeMs, retentionMs } = this.#retention;
    return isLate(startMs + sizeMs, retentionMs, this.#streamTimeMs());
  }

  #index(entry: string): void {
    const { key, timeMs } = partsOf(entry);
    this.#add(key, timeMs, entry);
  }

  #add(key: string, startMs: number, entry: string): void {
    const starts = this.#starts.get(key);
    if (starts === undefined) this.#starts.set(key, [startMs]);
    else {
      let at = starts.length;
      while (at > 0 && (starts[at - 1] as number) > startMs) at--;
      starts.splice(at, 0, startMs);
    }
    this.#expiring.add(startMs + this.#retention.sizeMs + this.#retention.retentionMs, entry);
  }

  /** @returns whether the window was there */
  #forget(key: string, startMs: number): boolean {
    const starts = this.#starts.get(key);
    const at = starts?.indexOf(startMs) ?? -1;
    if (starts === undefined || at < 0) return false;
    if (starts.length === 1) this.#starts.delete(key);
    else starts.splice(at, 1);
    return true;
  }
}

const partsOf = (entry: string) => {
  const parts = partsOfTimedKey(entry);
  if (parts !== undefined) return parts;
  throw new StreamsError(
    "STREAMS_STATE_CORRUPT",
    `Opening a window store: it holds a key of ${entry.length} characters that names no window. Give a store that changes its kind a new name.`,
  );
};
