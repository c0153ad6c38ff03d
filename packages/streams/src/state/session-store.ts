// The session store: a typed view over a key-value store, one entry for each key and session.
//
// Made like the window store: one small changelog record a session, an index beside the store.
//
//   U1. Removal of what is gone (S4 in store.ts) happens when the store is next used, and at each atomic commit; no read
//       can tell which it was.

import { StreamsConfigError, StreamsError } from "../errors.ts";
import { DueIndex } from "../time/due-index.ts";
import { isLate } from "../time/stream-time.ts";
import { partsOfTimedKey, timedKey } from "./composite-key.ts";
import { safeTime } from "./safe-time.ts";
import type {
  KeyValueStore,
  SessionInterval,
  SessionRetention,
  SessionStore,
  StoredSession,
} from "./store.ts";

/**
 * The sessions of one task. Build it from a restored store; it reads every entry once.
 *
 * Retention 5. Put `[10, 20)` of `a`: `find("a", 19, 20)` gives it, `find("a", 20, 30)` and `find("a", 0, 10)` do not. At
 * stream time 24 it is there, at 25 it is gone.
 */
export class KeyValueSessionStore<V> implements SessionStore<V> {
  readonly #store: KeyValueStore<V>;
  readonly #retentionMs: number;
  readonly #streamTimeMs: () => number;
  /** Sessions by key, by start, then by end. Never empty. */
  readonly #sessions = new Map<string, SessionInterval[]>();
  /** Composite keys by the time at which they are gone; those removed before are passed over. */
  readonly #expiring = new DueIndex();

  /**
   * @param streamTimeMs the task's stream time, asked for at each use
   * @throws StreamsConfigError naming the option that is out of its range
   * @throws StreamsError STREAMS_STATE_CORRUPT when the store holds a key that is no session's
   */
  constructor(store: KeyValueStore<V>, { retentionMs }: SessionRetention, streamTimeMs: () => number) {
    if (!Number.isSafeInteger(retentionMs) || retentionMs < 0)
      throw new StreamsConfigError([
        `session store: retentionMs ${retentionMs} must be at least 0, in whole milliseconds`,
      ]);
    this.#store = store;
    this.#retentionMs = retentionMs;
    this.#streamTimeMs = streamTimeMs;
    for (const [entry] of store.entries()) {
      const { key, interval } = partsOf(entry);
      this.#add(key, interval, entry);
    }
  }

  get size(): number {
    this.expireDue();
    return this.#store.size;
  }

  find(key: string, fromMs: number, toMs: number): readonly StoredSession<V>[] {
    const found: StoredSession<V>[] = [];
    for (const { startMs, endMs } of this.#sessions.get(key) ?? []) {
      if (startMs >= toMs) break;
      if (endMs <= fromMs || this.#isGone(endMs)) continue;
      const value = this.#store.get(sessionKey(key, { startMs, endMs }));
      if (value !== undefined) found.push({ key, startMs, endMs, value });
    }
    return found;
  }

  put(key: string, interval: SessionInterval, value: V): void {
    assertInterval(interval);
    if (this.#isGone(interval.endMs)) return;
    const entry = sessionKey(key, interval);
    if (this.#store.get(entry) === undefined)
      this.#add(key, { startMs: interval.startMs, endMs: interval.endMs }, entry);
    this.#store.put(entry, value);
  }

  delete(key: string, interval: SessionInterval): void {
    this.expireDue();
    if (this.#forget(key, interval)) this.#store.delete(sessionKey(key, interval));
  }

  *entries(): IterableIterator<StoredSession<V>> {
    this.expireDue();
    for (const [key, intervals] of this.#sessions) {
      for (const { startMs, endMs } of intervals) {
        const value = this.#store.get(sessionKey(key, { startMs, endMs }));
        if (value !== undefined) yield { key, startMs, endMs, value };
      }
    }
  }

  /** Removes what is gone. Cheap when nothing is. */
  expireDue(): void {
    const streamTimeMs = this.#streamTimeMs();
    for (let due = this.#expiring.takeDue(streamTimeMs); due; due = this.#expiring.takeDue(streamTimeMs)) {
      for (const entry of due.keys) {
        const { key, interval } = partsOf(entry);
        if (this.#forget(key, interval)) this.#store.delete(entry);
      }
    }
  }

  #isGone(endMs: number): boolean {
    return isLate(endMs, this.#retentionMs, this.#streamTimeMs());
  }

  #add(key: string, interval: SessionInterval, entry: string): void {
    const intervals = this.#sessions.get(key);
    if (intervals === undefined) this.#sessions.set(key, [interval]);
    else {
      let at = intervals.length;
      while (at > 0 && isAfter(intervals[at - 1] as SessionInterval, interval)) at--;
      intervals.splice(at, 0, interval);
    }
    this.#expiring.add(interval.endMs + this.#retentionMs, entry);
  }

  /** @returns whether the session was there */
  #forget(key: string, { startMs, endMs }: SessionInterval): boolean {
    const intervals = this.#sessions.get(key);
    const at = intervals?.findIndex((of) => of.startMs === startMs && of.endMs === endMs) ?? -1;
    if (intervals === undefined || at < 0) return false;
    if (intervals.length === 1) this.#sessions.delete(key);
    else intervals.splice(at, 1);
    return true;
  }
}

const isAfter = (a: SessionInterval, b: SessionInterval): boolean =>
  a.startMs > b.startMs || (a.startMs === b.startMs && a.endMs > b.endMs);

const sessionKey = (key: string, { startMs, endMs }: SessionInterval): string =>
  timedKey(timedKey(key, startMs), endMs);

const partsOf = (entry: string): { readonly key: string; readonly interval: SessionInterval } => {
  const end = partsOfTimedKey(entry);
  const start = end && partsOfTimedKey(end.key);
  if (end !== undefined && start !== undefined)
    return { key: start.key, interval: { startMs: start.timeMs, endMs: end.timeMs } };
  throw new StreamsError(
    "STREAMS_STATE_CORRUPT",
    `Opening a session store: it holds a key of ${entry.length} characters that names no session. Give a store that changes its kind a new name.`,
  );
};

const assertInterval = ({ startMs, endMs }: SessionInterval): void => {
  safeTime("put a session that begins", startMs);
  safeTime("put a session that ends", endMs);
  if (endMs > startMs) return;
  throw new StreamsError(
    "STREAMS_STORE_TIME_INVALID",
    `Tried to put a session [${startMs}, ${endMs}), which holds no time. Its end is the first millisecond outside.`,
  );
};
