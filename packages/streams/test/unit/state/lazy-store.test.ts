// A bug here gives a task the value of another key or of another time, loses one that was never asked for, or has a record
// buried for state that cannot be read.

import fc from "fast-check";
import { expect, it } from "vitest";
import { HandlerError, StreamsError } from "../../../src/errors.ts";
import { ChangeloggedStore } from "../../../src/state/changelogged-store.ts";
import { LazyStore } from "../../../src/state/lazy-store.ts";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { jsonSerde } from "../../../src/state/serde.ts";
import { keyValueStore, sessionStore } from "../../../src/state/store.ts";
import { failureAction } from "../../../src/worker/failure.ts";
import { TaskStores } from "../../../src/worker/task-stores.ts";

const serde = jsonSerde<number>();

/** A serde that counts how often it reads. */
const counting = () => {
  const counts = { reads: 0 };
  const deserialize = (bytes: Uint8Array): number => {
    counts.reads++;
    return serde.deserialize(bytes);
  };
  return { counts, serde: { ...serde, deserialize } };
};

type Step =
  | { readonly kind: "restore" | "put"; readonly key: string; readonly value: number }
  | { readonly kind: "delete" | "get"; readonly key: string }
  | { readonly kind: "entries" };

const key = fc.constantFrom("a", "b", "c");
const value = fc.nat({ max: 9 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("restore" as const, "put" as const), key, value }),
  fc.record({ kind: fc.constantFrom("delete" as const, "get" as const), key }),
  fc.record({ kind: fc.constant("entries" as const) }),
);

it("answers whatever is asked of it as the memory store does, in any order of restores and uses", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const lazy = new LazyStore<number>("s", serde);
      const [subject, oracle] = [
        new ChangeloggedStore<number>(lazy, serde),
        new ChangeloggedStore<number>(new MemoryStore(), serde),
      ];
      for (const one of steps) {
        for (const layers of [subject, oracle]) {
          if (one.kind === "restore") layers.restore(one.key, serde.serialize(one.value));
          else if (one.kind === "put") layers.store.put(one.key, one.value);
          else if (one.kind === "delete") layers.store.delete(one.key);
        }
        if (one.kind === "get") expect(subject.store.get(one.key)).toBe(oracle.store.get(one.key));
        if (one.kind === "entries")
          expect(new Map(subject.store.entries())).toEqual(new Map(oracle.store.entries()));
        expect(subject.store.size).toBe(oracle.store.size);
      }
      expect(new Map(subject.store.entries())).toEqual(new Map(oracle.store.entries()));
    }),
  );
});

it("reads a restored value once, at its first use, and never one that is replaced or removed first", () => {
  const { counts, serde: counted } = counting();
  const store = new LazyStore<number>("s", counted);
  for (const name of ["a", "b", "c"]) store.restore(name, serde.serialize(1));
  expect([store.size, counts.reads]).toEqual([3, 0]);
  store.put("b", 2);
  store.delete("c");
  expect([store.get("a"), store.get("a"), store.get("b"), store.get("c"), counts.reads]).toEqual([
    1,
    1,
    2,
    undefined,
    1,
  ]);
  expect([[...store.entries()].length, counts.reads]).toEqual([2, 1]);
});

it("keeps the bytes of a value as they were when the buffer that brought them is used for others", () => {
  const store = new LazyStore<number>("s", serde);
  const fetched = Buffer.from("[71,72]");
  store.restore("a", fetched.subarray(1, 3));
  fetched.fill(0);
  expect(store.get("a")).toBe(71);
});

it("stops the worker at bytes that cannot be read, whichever record asks for them, and holds them still", () => {
  const store = new LazyStore<number>("s", serde);
  store.restore("a", Buffer.from("{"));
  const failed = (): unknown => {
    try {
      return store.get("a");
    } catch (error) {
      return error;
    }
  };
  const error = failed();
  expect(error).toBeInstanceOf(StreamsError);
  expect(error).toMatchObject({ code: "STREAMS_STATE_CORRUPT" });
  expect(failureAction(new HandlerError("in", 0, 7, error))).toBe("stop");
  expect([failed(), store.size]).toEqual([error, 1]);
});

it("is what a key-value store is kept in that says so, and no other", () => {
  const { counts, serde: counted } = counting();
  const lazy = keyValueStore<number>("lazy", counted, { readsRestored: "at-first-use" });
  const plain = keyValueStore<number>("plain", counted);
  const sessions = sessionStore<number>("sessions", { retentionMs: 1 }, counted);
  const stores = new TaskStores([lazy, plain, sessions], { streamTimeMs: () => 0 });
  stores.restore("lazy", "a", serde.serialize(1), false);
  expect(counts.reads).toBe(0);
  stores.restore("plain", "a", serde.serialize(2), false);
  expect(counts.reads).toBe(1);
  expect([stores.get(lazy)?.get("a"), stores.get(plain)?.get("a"), counts.reads]).toEqual([1, 2, 2]);
});
