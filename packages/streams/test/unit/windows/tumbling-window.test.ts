// A bug here counts a payment in two tumbling windows or in none.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeyValueStore } from "../../../src/state/store.ts";
import { fold } from "../../../src/windows/aggregate.ts";
import { count } from "../../../src/windows/numbers.ts";
import { type TumblingState, TumblingWindows } from "../../../src/windows/tumbling-window.ts";
import { Rig, runAll, spending } from "./naive-windows.ts";

const counting = () =>
  new Rig<TumblingState<number>, number>(
    (store) => new TumblingWindows(store, { sizeMs: 10, graceMs: 2, aggregate: count() }),
  );

describe("tumbling windows: boundaries", () => {
  it("the example of the doc comment holds: start and end - 1 are in, the end is in the next", () => {
    const rig = counting();
    for (const t of [0, 9, 10]) rig.observe(t);
    rig.advanceTo(11);
    expect(rig.observe(9)).toEqual([]);
    rig.advanceTo(12);
    expect(rig.told()).toEqual(["final a [0,10) 3"]);
    expect(rig.observe(9)).toEqual([{ startMs: 0, endMs: 10 }]);
    rig.advanceTo(22);
    expect(rig.told()).toEqual(["final a [0,10) 3", "final a [10,20) 1"]);
    expect(rig.store.size).toBe(0);
  });

  it("take a fold without a merge", () => {
    const letters = fold({ initial: () => "", add: (text, one: number) => `${text}${one}` });
    const rig = new Rig<TumblingState<string>, string>(
      (store) => new TumblingWindows(store, { sizeMs: 10, graceMs: 0, aggregate: letters }),
    );
    for (const one of [1, 3, 2]) rig.observe(5, one);
    rig.advanceTo(10);
    expect(rig.told()).toEqual(["final a [0,10) 132"]);
  });
});

it("every record on time is in exactly one tumbling window", () => {
  const traffic = fc.array(
    fc.record({
      key: fc.constantFrom("a", "b"),
      timestampMs: fc.nat(200),
      value: fc.integer({ min: 1, max: 9 }),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(traffic, fc.integer({ min: 1, max: 40 }), (records, sizeMs) => {
      const rig = new Rig(
        (store: KeyValueStore<never>) =>
          new TumblingWindows(store, { sizeMs, graceMs: 300, aggregate: spending }),
      );
      const { closed } = runAll(rig, records, 10_000);
      const counted = closed.reduce((n, one) => n + (one.kind === "final" ? one.value.count : 0), 0);
      expect(counted).toBe(records.length);
    }),
  );
});
