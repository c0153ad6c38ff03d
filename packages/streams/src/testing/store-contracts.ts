// The store contracts as cases that any test framework can run: what every key-value, window and session store does,
// bare or decorated, before and after a restart.
//
//   for (const { name, run } of keyValueStoreCases) it(name, () => run(myStore()));
//
// A case throws when the store breaks the contract. It is given an empty store, of its own.

import { deepStrictEqual } from "node:assert/strict";
import type {
  KeyValueStore,
  SessionStore,
  StoredSession,
  StoredWindow,
  WindowStore,
} from "../state/store.ts";
import { seededRandom } from "./generators.ts";

/** A store in a test's hands. */
export interface StoreUnderTest<S> {
  /** The store as it is now: another object after `reopen`. */
  readonly store: S;
  /** Commits what was done, throws the store away and opens it again, as a restart does. */
  reopen(): void | Promise<void>;
}

/** A window or session store in a test's hands. */
export interface TimedStoreUnderTest<S> extends StoreUnderTest<S> {
  /** Sets stream time, epoch milliseconds; it never goes back. Before the first call it is -1. */
  advance(streamTimeMs: number): void;
}

/** One promise of a contract. */
export interface StoreCase<U> {
  /** A fact in the present tense. */
  readonly name: string;
  /** @throws when the store breaks it */
  run(under: U): Promise<void>;
}

const keys = ["", "a", "b", "é😀", "__proto__", "a@00000000000000010", "\uFEFFa", "k".repeat(3_000)];

const entriesOf = <V>(store: KeyValueStore<V>): [string, V][] =>
  [...store.entries()].sort(([a], [b]) => (a < b ? -1 : 1));

/** The contract of key-value stores. */
export const keyValueStoreCases: readonly StoreCase<StoreUnderTest<KeyValueStore<number>>>[] = [
  {
    name: "is empty at first",
    run: async ({ store }) => {
      deepStrictEqual([store.size, store.get("a"), entriesOf(store)], [0, undefined, []]);
    },
  },
  {
    name: "shows its own writes at once, the last one of a key",
    run: async ({ store }) => {
      store.put("a", 1);
      store.put("a", 2);
      deepStrictEqual([store.get("a"), store.size], [2, 1]);
    },
  },
  {
    name: "forgets a removed key, and removing one that is not there changes nothing",
    run: async ({ store }) => {
      store.put("a", 1);
      store.delete("a");
      store.delete("b");
      deepStrictEqual([store.get("a"), store.size, entriesOf(store)], [undefined, 0, []]);
    },
  },
  {
    name: "keeps any key and a value that is falsy, over a restart too",
    run: async (under) => {
      for (const key of keys) under.store.put(key, 0);
      await under.reopen();
      deepStrictEqual(entriesOf(under.store), entriesOf(new Map(keys.map((key) => [key, 0])) as never));
    },
  },
  {
    name: "keeps a removal over a restart",
    run: async (under) => {
      under.store.put("a", 1);
      under.store.put("b", 2);
      await under.reopen();
      under.store.delete("a");
      await under.reopen();
      deepStrictEqual(entriesOf(under.store), [["b", 2]]);
    },
  },
  {
    name: "equals a plain map after any operations and restarts",
    run: async (under) => {
      for (let seed = 1; seed <= 20; seed++) await equalsAMap(under, seededRandom(seed));
    },
  },
];

const equalsAMap = async (
  under: StoreUnderTest<KeyValueStore<number>>,
  random: () => number,
): Promise<void> => {
  const plain = new Map<string, number>();
  for (const [key] of entriesOf(under.store)) under.store.delete(key);
  for (let step = 0; step < 40; step++) {
    const key = keys[Math.floor(random() * keys.length)] as string;
    const dice = random();
    if (dice < 0.6) {
      under.store.put(key, step);
      plain.set(key, step);
    } else if (dice < 0.9) {
      under.store.delete(key);
      plain.delete(key);
    } else await under.reopen();
    deepStrictEqual(
      [under.store.get(key), under.store.size, new Map(under.store.entries())],
      [plain.get(key), plain.size, plain],
    );
  }
};

/** How the window stores under test are declared. */
export const windowContractRetention = { sizeMs: 10, retentionMs: 5 } as const;

type Windows = TimedStoreUnderTest<WindowStore<number>>;

const windowsOf = (found: Iterable<StoredWindow<number>>): string[] =>
  [...found].map(({ key, startMs, value }) => `${key} ${startMs}=${value}`);

/** The contract of window stores, declared with {@link windowContractRetention}. */
export const windowStoreCases: readonly StoreCase<Windows>[] = [
  {
    name: "tells windows of one key apart by their start, and fetches them by start from any order",
    run: async (under) => {
      for (const startMs of [20, -10, 0, 10]) under.store.put("a", startMs, startMs);
      under.store.put("b", 0, 7);
      await under.reopen();
      deepStrictEqual(windowsOf(under.store.fetch("a", -10, 21)), [
        "a -10=-10",
        "a 0=0",
        "a 10=10",
        "a 20=20",
      ]);
      deepStrictEqual(
        [under.store.get("a", 0), under.store.get("a", 1), under.store.size],
        [0, undefined, 5],
      );
    },
  },
  {
    name: "boundary: fetches a window that begins at the first millisecond, not one that begins at the end",
    run: async ({ store }) => {
      store.put("a", 10, 1);
      store.put("a", 20, 2);
      deepStrictEqual(windowsOf(store.fetch("a", 10, 20)), ["a 10=1"]);
      deepStrictEqual(windowsOf(store.fetch("a", 11, 21)), ["a 20=2"]);
    },
  },
  {
    name: "boundary: a window is there one millisecond before end + retention, and gone at it",
    run: async (under) => {
      under.store.put("a", 0, 1);
      under.advance(14);
      deepStrictEqual([under.store.get("a", 0), under.store.size], [1, 1]);
      under.advance(15);
      deepStrictEqual(
        [under.store.get("a", 0), windowsOf(under.store.fetch("a", 0, 10)), under.store.size],
        [undefined, [], 0],
      );
      await under.reopen();
      deepStrictEqual(windowsOf(under.store.entries()), []);
    },
  },
  {
    name: "does not take in a window that is gone already",
    run: async ({ store, advance }) => {
      advance(15);
      store.put("a", 0, 1);
      store.put("a", 1, 2);
      deepStrictEqual(windowsOf(store.entries()), ["a 1=2"]);
    },
  },
  {
    name: "forgets a removed window, and removing one that is not there changes nothing",
    run: async (under) => {
      under.store.put("a", 0, 1);
      under.store.put("a", 10, 2);
      under.store.delete("a", 0);
      under.store.delete("a", 5);
      under.store.delete("b", 0);
      await under.reopen();
      deepStrictEqual(windowsOf(under.store.entries()), ["a 10=2"]);
    },
  },
  {
    name: "keeps any key apart, one that looks like a composite key too",
    run: async (under) => {
      keys.forEach((key, i) => {
        under.store.put(key, 0, i);
      });
      await under.reopen();
      deepStrictEqual(
        keys.map((key) => under.store.fetch(key, 0, 1)),
        keys.map((key, value) => [{ key, startMs: 0, value }]),
      );
    },
  },
  {
    name: "equals a naive list after any operations, restarts and passing of time",
    run: async (under) => {
      let from = 0;
      for (let seed = 1; seed <= 10; seed++) from = await equalsAWindowList(under, seededRandom(seed), from);
    },
  },
];

const equalsAWindowList = async (under: Windows, random: () => number, fromMs: number): Promise<number> => {
  const { sizeMs, retentionMs } = windowContractRetention;
  let streamTimeMs = fromMs;
  const naive = new Map<string, StoredWindow<number>>();
  for (const { key, startMs } of [...under.store.entries()]) under.store.delete(key, startMs);
  for (let step = 0; step < 60; step++) {
    const key = random() < 0.5 ? "a" : "b";
    const startMs = streamTimeMs + Math.floor(random() * 40) - 25;
    const dice = random();
    if (dice < 0.5) {
      under.store.put(key, startMs, step);
      naive.set(`${key} ${startMs}`, { key, startMs, value: step });
    } else if (dice < 0.65) {
      under.store.delete(key, startMs);
      naive.delete(`${key} ${startMs}`);
    } else if (dice < 0.9) {
      streamTimeMs += Math.floor(random() * 6);
      under.advance(streamTimeMs);
    } else await under.reopen();
    for (const [name, window] of naive)
      if (streamTimeMs >= window.startMs + sizeMs + retentionMs) naive.delete(name);
    const expected = [...naive.values()].filter((of) => of.key === key).sort((a, b) => a.startMs - b.startMs);
    deepStrictEqual(under.store.fetch(key, streamTimeMs - 1_000, streamTimeMs + 1_000), expected);
    deepStrictEqual(under.store.size, naive.size);
  }
  return streamTimeMs;
};

/** How the session stores under test are declared. */
export const sessionContractRetention = { retentionMs: 5 } as const;

type Sessions = TimedStoreUnderTest<SessionStore<number>>;

const sessionsOf = (found: Iterable<StoredSession<number>>): string[] =>
  [...found].map(({ key, startMs, endMs, value }) => `${key} [${startMs},${endMs})=${value}`);

/** The contract of session stores, declared with {@link sessionContractRetention}. */
export const sessionStoreCases: readonly StoreCase<Sessions>[] = [
  {
    name: "boundary: finds sessions that overlap an interval by one millisecond, not those that touch it",
    run: async (under) => {
      under.store.put("a", { startMs: 10, endMs: 20 }, 1);
      under.store.put("b", { startMs: 10, endMs: 20 }, 2);
      await under.reopen();
      const { store } = under;
      deepStrictEqual(sessionsOf(store.find("a", 19, 20)), ["a [10,20)=1"]);
      deepStrictEqual(sessionsOf(store.find("a", 0, 11)), ["a [10,20)=1"]);
      deepStrictEqual([...store.find("a", 20, 30), ...store.find("a", 0, 10)], []);
    },
  },
  {
    name: "finds by start and then by end, from any order",
    run: async (under) => {
      under.store.put("a", { startMs: 5, endMs: 30 }, 1);
      under.store.put("a", { startMs: -7, endMs: 6 }, 2);
      under.store.put("a", { startMs: 5, endMs: 9 }, 3);
      await under.reopen();
      deepStrictEqual(sessionsOf(under.store.find("a", 5, 6)), ["a [-7,6)=2", "a [5,9)=3", "a [5,30)=1"]);
    },
  },
  {
    name: "grows a session by removing it and putting the longer one",
    run: async (under) => {
      under.store.put("a", { startMs: 10, endMs: 20 }, 1);
      under.store.delete("a", { startMs: 10, endMs: 20 });
      under.store.put("a", { startMs: 10, endMs: 25 }, 2);
      await under.reopen();
      deepStrictEqual(sessionsOf(under.store.entries()), ["a [10,25)=2"]);
    },
  },
  {
    name: "boundary: a session is there one millisecond before end + retention, and gone at it",
    run: async (under) => {
      under.store.put("a", { startMs: 10, endMs: 20 }, 1);
      under.advance(24);
      deepStrictEqual([sessionsOf(under.store.find("a", 10, 11)), under.store.size], [["a [10,20)=1"], 1]);
      under.advance(25);
      deepStrictEqual([sessionsOf(under.store.find("a", 10, 11)), under.store.size], [[], 0]);
      await under.reopen();
      deepStrictEqual(sessionsOf(under.store.entries()), []);
    },
  },
  {
    name: "does not take in a session that is gone already",
    run: async ({ store, advance }) => {
      advance(25);
      store.put("a", { startMs: 10, endMs: 20 }, 1);
      store.put("a", { startMs: 10, endMs: 21 }, 2);
      deepStrictEqual(sessionsOf(store.entries()), ["a [10,21)=2"]);
    },
  },
  {
    name: "equals a naive list after any operations, restarts and passing of time",
    run: async (under) => {
      let from = 0;
      for (let seed = 1; seed <= 10; seed++) from = await equalsASessionList(under, seededRandom(seed), from);
    },
  },
];

const equalsASessionList = async (under: Sessions, random: () => number, fromMs: number): Promise<number> => {
  let streamTimeMs = fromMs;
  const naive = new Map<string, StoredSession<number>>();
  for (const { key, startMs, endMs } of [...under.store.entries()])
    under.store.delete(key, { startMs, endMs });
  for (let step = 0; step < 60; step++) {
    const startMs = streamTimeMs + Math.floor(random() * 30) - 20;
    const interval = { startMs, endMs: startMs + 1 + Math.floor(random() * 12) };
    const name = `${startMs} ${interval.endMs}`;
    const dice = random();
    if (dice < 0.5) {
      under.store.put("a", interval, step);
      naive.set(name, { key: "a", ...interval, value: step });
    } else if (dice < 0.65) {
      under.store.delete("a", interval);
      naive.delete(name);
    } else if (dice < 0.9) {
      streamTimeMs += Math.floor(random() * 6);
      under.advance(streamTimeMs);
    } else await under.reopen();
    for (const [of, { endMs }] of naive)
      if (streamTimeMs >= endMs + sessionContractRetention.retentionMs) naive.delete(of);
    const expected = [...naive.values()]
      .filter((of) => of.startMs < interval.endMs && of.endMs > startMs)
      .sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
    deepStrictEqual(under.store.find("a", startMs, interval.endMs), expected);
    deepStrictEqual(under.store.size, naive.size);
  }
  return streamTimeMs;
};
