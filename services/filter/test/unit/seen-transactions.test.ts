// A bug here forgets a transaction too early, or never.

import { eventAgeMaxMs, eventTimeAheadMaxMs, type Transaction } from "@riffle/contracts";
import type { KeyValueStore } from "@riffle/streams";
import fc from "fast-check";
import { expect, it } from "vitest";
import { fingerprintOf, SeenTransactions, type Sighting } from "../../src/seen-transactions.ts";
import { hourMs, noonMs, transaction } from "./received.ts";

class MapStore extends Map<string, Sighting> implements KeyValueStore<Sighting> {
  put(key: string, value: Sighting): void {
    this.set(key, value);
  }
}

const memory = (horizonMs: number) => {
  const store = new MapStore();
  return { store, seen: new SeenTransactions(store, horizonMs) };
};
const t1 = transaction("t1", noonMs);
const t1Changed = transaction("t1", noonMs, { amount: 999 });

it("one that expired and came again before its eviction lives on with its later time", () => {
  const { store, seen } = memory(1_000);
  seen.judge(t1, 5_000, 5_000);
  expect(seen.judge(t1, 9_500, 9_500).kind).toBe("new");
  seen.evictDue(10_000);
  expect([...store.values()]).toEqual([{ at: 9_500, cameMs: 9_500, fingerprint: fingerprintOf(t1) }]);
  expect(seen.judge(t1, 9_500, 10_499).kind).toBe("duplicate");
  seen.evictDue(20_000);
  expect(store.size).toBe(0);
});

it("an entry that waits for its eviction counts no more", () => {
  const { store, seen } = memory(1_000);
  seen.judge(t1, 5_000, 5_000);
  expect(store.size).toBe(1);
  expect(seen.judge(t1, 5_000, 6_000).kind).toBe("new");
});

it("one that was older than the horizon when it came is known for as long as any other, to the millisecond", () => {
  const { store, seen } = memory(24 * hourMs);
  const old = noonMs - 25 * hourMs;
  expect(seen.judge(t1, old, noonMs).kind).toBe("new");
  expect(seen.judge(t1, old, noonMs).kind).toBe("duplicate");
  expect(seen.judge(t1Changed, old, noonMs).kind).toBe("conflict");
  expect(seen.judge(t1Changed, old, noonMs + 24 * hourMs - 1).kind).toBe("conflict");
  expect(seen.judge(t1Changed, old, noonMs + 24 * hourMs).kind).toBe("new");
  expect([...store.values()]).toEqual([
    { at: old, cameMs: noonMs + 24 * hourMs, fingerprint: fingerprintOf(t1Changed) },
  ]);
});

it("a horizon of 7 days and 10 minutes outlives every repeat that ingest would take", () => {
  const { seen } = memory(605_400_000);
  const aheadMs = noonMs + eventTimeAheadMaxMs;
  expect(seen.judge(t1, aheadMs, aheadMs).kind).toBe("new");
  const lastTakenMs = aheadMs + eventAgeMaxMs;
  expect(seen.judge(t1, aheadMs, lastTakenMs + eventTimeAheadMaxMs).kind).toBe("duplicate");
});

interface Came {
  readonly transaction: Transaction;
  readonly atMs: number;
  readonly streamTimeMs: number;
}

/** The rule, read off all that came before. */
const naiveKind = (before: readonly (Came & { readonly kind: string })[], one: Came, horizonMs: number) => {
  const first = before.findLast(
    ({ kind, transaction: { id, accountId } }) =>
      kind === "new" && id === one.transaction.id && accountId === one.transaction.accountId,
  );
  const isKnown =
    first !== undefined && one.streamTimeMs - Math.max(first.atMs, first.streamTimeMs) < horizonMs;
  if (!isKnown) return "new";
  return first.transaction.amount === one.transaction.amount ? "duplicate" : "conflict";
};

it("whatever comes in whatever order, the outcome is that of the rule, also when the memory is built anew", () => {
  const coming = fc.record({
    id: fc.constantFrom("t1", "t2"),
    accountId: fc.constantFrom("acc_1", "acc_2"),
    amount: fc.constantFrom(1, 2),
    ageMs: fc.nat(60_000),
    passesMs: fc.nat(15_000),
    isRestart: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(coming, { maxLength: 40 }),
      fc.integer({ min: 1, max: 40_000 }),
      (list, horizonMs) => {
        const store = new MapStore();
        let seen = new SeenTransactions(store, horizonMs);
        let streamTimeMs = noonMs;
        const before: (Came & { readonly kind: string })[] = [];
        for (const { id, accountId, amount, ageMs, passesMs, isRestart } of list) {
          streamTimeMs += passesMs;
          const atMs = streamTimeMs - ageMs;
          const one = { transaction: transaction(id, noonMs, { accountId, amount }), atMs, streamTimeMs };
          if (isRestart) seen = new SeenTransactions(store, horizonMs);
          const { kind } = seen.judge(one.transaction, atMs, streamTimeMs);
          expect(kind).toBe(naiveKind(before, one, horizonMs));
          before.push({ ...one, kind });
        }
      },
    ),
  );
});

it("the fingerprint tells contents apart and does not see the order of fields", () => {
  const value = transaction("t1", noonMs);
  expect(fingerprintOf({ ...value, amount: 999 })).not.toBe(fingerprintOf(value));
  const reversed = Object.fromEntries(Object.entries(value).reverse()) as typeof value;
  expect(fingerprintOf(reversed)).toBe(fingerprintOf(value));
});
