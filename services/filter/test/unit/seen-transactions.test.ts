// A bug here forgets an id too early, or never.

import type { KeyValueStore } from "@riffle/streams";
import { expect, it } from "vitest";
import { fingerprintOf, SeenTransactions, type Sighting } from "../../src/seen-transactions.ts";
import { noonMs, transaction } from "./received.ts";

class MapStore extends Map<string, Sighting> implements KeyValueStore<Sighting> {
  put(key: string, value: Sighting): void {
    this.set(key, value);
  }
}

const sighting = (at: number): Sighting => ({ at, fingerprint: "f" });

it("an id that expired and came again before its eviction lives on with its later time", () => {
  const store = new MapStore();
  const seen = new SeenTransactions(store, 1_000);
  seen.judge("t1", sighting(5_000), 5_000);
  expect(seen.judge("t1", sighting(9_500), 9_500).kind).toBe("new");
  seen.evictDue(10_000);
  expect(store.get("t1")).toEqual(sighting(9_500));
  expect(seen.judge("t1", sighting(9_500), 10_499).kind).toBe("duplicate");
  seen.evictDue(20_000);
  expect(store.size).toBe(0);
});

it("an entry that waits for its eviction counts no more", () => {
  const store = new MapStore();
  const seen = new SeenTransactions(store, 1_000);
  seen.judge("t1", sighting(5_000), 5_000);
  expect(store.has("t1")).toBe(true);
  expect(seen.judge("t1", sighting(5_000), 6_000).kind).toBe("new");
});

it("a record at the horizon is new and is not remembered", () => {
  const store = new MapStore();
  const seen = new SeenTransactions(store, 1_000);
  expect(seen.judge("t1", sighting(5_000), 6_000).kind).toBe("new");
  expect(store.size).toBe(0);
});

it("the fingerprint tells contents apart and does not see the order of fields", () => {
  const value = transaction("t1", noonMs);
  expect(fingerprintOf({ ...value, amount: 999 })).not.toBe(fingerprintOf(value));
  const reversed = Object.fromEntries(Object.entries(value).reverse()) as typeof value;
  expect(fingerprintOf(reversed)).toBe(fingerprintOf(value));
});
