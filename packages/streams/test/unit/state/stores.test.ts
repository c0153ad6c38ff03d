// A bug here gives a task another task's past, or writes a changelog from which it cannot be rebuilt.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ChangeloggedStore, type StoreChange } from "../../../src/state/changelogged-store.ts";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { MeteredStore, StoreMeter } from "../../../src/state/metered-store.ts";
import { jsonSerde } from "../../../src/state/serde.ts";
import { keyValueStore } from "../../../src/state/store.ts";
import {
  keyValueStoreCases,
  sessionStoreCases,
  windowStoreCases,
} from "../../../src/testing/store-contracts.ts";
import { textOf } from "../../harness/records.ts";
import { bareStore, LayeredStore, sessionsOver, windowsOver } from "./store-rigs.ts";

const rigs = [
  ["in memory", async () => bareStore()],
  ["restored from a changelog", () => LayeredStore.open<number>()],
  ["metered, restored from a changelog", () => LayeredStore.open<number>({ metered: true })],
  ["restored from a changelog, read at first use", () => LayeredStore.open<number>({ lazy: true })],
  ["restored from disk", () => LayeredStore.open<number>({ disk: true })],
  ["restored from disk, read at first use", () => LayeredStore.open<number>({ disk: true, lazy: true })],
  ["metered, restored from disk", () => LayeredStore.open<number>({ metered: true, disk: true })],
] as const;

describe.each(rigs)("a key-value store %s", (_, open) => {
  it.each(keyValueStoreCases)("$name", async ({ run }) => run(await open()));
});

describe.each(rigs)("a window store %s", (_, open) => {
  it.each(windowStoreCases)("$name", async ({ run }) => run(windowsOver(await open())));
});

describe.each(rigs)("a session store %s", (_, open) => {
  it.each(sessionStoreCases)("$name", async ({ run }) => run(sessionsOver(await open())));
});

const drained = (layers: ChangeloggedStore<number>): [string, string | null][] => {
  const changes: [string, string | null][] = [];
  layers.drain(({ key, value }) => changes.push([key, textOf(value)]));
  return changes;
};

const changelogged = (committed?: (change: StoreChange) => void) => {
  const layers = new ChangeloggedStore<number>(new MemoryStore(), jsonSerde(), committed);
  return { layers, store: layers.store };
};

describe("the changelog of a store", () => {
  it("holds each changed key once, with its newest value, in the order of the first change", () => {
    const { layers, store } = changelogged();
    store.put("b", 1);
    store.put("a", 2);
    store.put("b", 3);
    expect(drained(layers)).toEqual([
      ["b", "3"],
      ["a", "2"],
    ]);
  });

  it("holds a removed key as a tombstone, and one put back as its value", () => {
    const { layers, store } = changelogged();
    store.put("a", 1);
    store.delete("a");
    store.delete("b");
    store.put("b", 0);
    expect(drained(layers)).toEqual([
      ["a", null],
      ["b", "0"],
    ]);
  });

  it("holds nothing twice: a drain forgets", () => {
    const { layers, store } = changelogged();
    store.put("a", 1);
    drained(layers);
    expect(drained(layers)).toEqual([]);
    store.put("a", 1);
    expect(drained(layers)).toEqual([["a", "1"]]);
  });

  it("does not hold what was restored, or only read", () => {
    const { layers, store } = changelogged();
    layers.restore("a", Buffer.from("1"));
    layers.restore("b", Buffer.from("2"));
    layers.restore("b", null);
    store.get("a");
    expect([[...store.entries()], store.get("b"), drained(layers)]).toEqual([[["a", 1]], undefined, []]);
  });

  it("goes to the copy when the commit stands, not before, and not what came after it was drained", () => {
    const copied: string[] = [];
    const { layers, store } = changelogged(({ key, value }) => copied.push(`${key}=${textOf(value)}`));
    store.put("a", 1);
    drained(layers);
    store.put("a", 2);
    expect(copied).toEqual([]);
    layers.confirm();
    layers.confirm();
    expect(copied).toEqual(["a=1"]);
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
        const { layers, store } = changelogged();
        const changelog: StoreChange[] = [];
        const write = (change: StoreChange) => changelog.push(change);
        for (const [act, of, value] of steps) {
          if (act === "put") store.put(of, value);
          else if (act === "delete") store.delete(of);
          else layers.drain(write);
        }
        layers.drain(write);
        const compacted = [...new Map(changelog.map((change) => [change.key, change])).values()];
        for (const records of [changelog, compacted]) {
          const restored = changelogged();
          for (const { key: of, value } of records) restored.layers.restore(of, value);
          expect(new Map(restored.store.entries())).toEqual(new Map(store.entries()));
        }
      }),
    );
  });
});

it("a metered store counts every operation, and times one in 1,024", () => {
  const meter = new StoreMeter();
  const store = new MeteredStore(new MemoryStore<number>(), meter);
  for (let i = 0; i < 2_050; i++) {
    store.put(String(i), i);
    store.get("1");
    store.get("2");
  }
  store.delete("1");
  store.entries();
  const figures = meter.figures().map(({ operation, count, timed }) => `${operation} ${count} ${timed}`);
  expect(figures).toEqual(["get 4100 4", "put 2050 2", "delete 1 0", "scan 1 0"]);
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
