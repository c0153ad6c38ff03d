// A bug here gives a task another task's past, or writes a changelog from which it cannot be rebuilt.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LoggedStore, type StoreChange } from "../../../src/state/logged-store.ts";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { jsonSerde } from "../../../src/state/serde.ts";
import { keyValueStore } from "../../../src/state/store.ts";
import { textOf } from "../../harness/records.ts";
import { storeContract } from "./store-contract.ts";

const loggedStore = () => new LoggedStore<number>(new MemoryStore(), jsonSerde());

const drained = (store: LoggedStore<number>): [string, string | null][] => {
  const changes: [string, string | null][] = [];
  store.drain(({ key, value }) => changes.push([key, textOf(value)]));
  return changes;
};

storeContract("the memory store", () => new MemoryStore<number>());
storeContract("the logged store", loggedStore);

describe("the logged store", () => {
  it("writes each changed key once, with its newest value, in the order of the first change", () => {
    const store = loggedStore();
    store.put("b", 1);
    store.put("a", 2);
    store.put("b", 3);
    expect(drained(store)).toEqual([
      ["b", "3"],
      ["a", "2"],
    ]);
  });

  it("writes a removed key as a tombstone, and one put back as its value", () => {
    const store = loggedStore();
    store.put("a", 1);
    store.delete("a");
    store.delete("b");
    store.put("b", 0);
    expect(drained(store)).toEqual([
      ["a", null],
      ["b", "0"],
    ]);
  });

  it("writes nothing twice: a drain forgets", () => {
    const store = loggedStore();
    store.put("a", 1);
    drained(store);
    expect(drained(store)).toEqual([]);
    store.put("a", 1);
    expect(drained(store)).toEqual([["a", "1"]]);
  });

  it("does not write what was restored", () => {
    const store = loggedStore();
    store.restore("a", Buffer.from("1"));
    store.restore("b", Buffer.from("2"));
    store.restore("b", null);
    expect([store.get("a"), store.get("b"), drained(store)]).toEqual([1, undefined, []]);
  });

  it("does not write what was only read", () => {
    const store = loggedStore();
    store.restore("a", Buffer.from("1"));
    store.get("a");
    [...store.entries()];
    expect(drained(store)).toEqual([]);
  });

  it("is rebuilt by its changelog, whole or compacted, after any operations and drains", () => {
    const key = fc.constantFrom("a", "b", "c", "d");
    const operations = fc.array(
      fc.oneof(
        fc.tuple(fc.constant("put"), key, fc.integer()),
        fc.tuple(fc.constant("delete"), key, fc.constant(0)),
        fc.tuple(fc.constant("drain"), key, fc.constant(0)),
      ),
    );
    fc.assert(
      fc.property(operations, (steps) => {
        const store = loggedStore();
        const changelog: StoreChange[] = [];
        const write = (change: StoreChange) => changelog.push(change);
        for (const [act, of, value] of steps) {
          if (act === "put") store.put(of, value);
          else if (act === "delete") store.delete(of);
          else store.drain(write);
        }
        store.drain(write);
        const compacted = [...new Map(changelog.map((change) => [change.key, change])).values()];
        for (const records of [changelog, compacted]) {
          const restored = loggedStore();
          for (const { key: of, value } of records) restored.restore(of, value);
          expect(new Map(restored.entries())).toEqual(new Map(store.entries()));
        }
      }),
    );
  });
});

describe("the JSON serde", () => {
  const serde = jsonSerde<unknown>();

  it("gives any JSON value back", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.stringify(serde.deserialize(serde.serialize(value)))).toBe(JSON.stringify(value));
      }),
    );
  });

  it.each([
    ["bytes that are not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["text that is cut short", Buffer.from('{"a":')],
    ["nothing", Buffer.alloc(0)],
  ])("refuses %s", (_, bytes) => {
    expect(() => serde.deserialize(bytes)).toThrow();
  });

  it("is a store's serde unless another is given", () => {
    expect(textOf(keyValueStore<{ a: number }>("s").serde.serialize({ a: 1 }))).toBe('{"a":1}');
  });
});
