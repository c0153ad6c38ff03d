// A bug here counts a payment in the wrong window, twice or not at all, or tells a window's total twice.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { alignDown } from "../../../src/windows/assigners.ts";
import { type HoppingState, HoppingWindows } from "../../../src/windows/hopping-window.ts";
import { type Totals, totals } from "../../../src/windows/totals.ts";
import { naiveHopping, Rig, runAll, type Shape, spending, value, windowsOf } from "./naive-windows.ts";

const shape: Shape = { sizeMs: 10, advanceMs: 5, graceMs: 2 };

const rigOf = (of: Shape = shape): Rig<HoppingState<Totals>, Totals> =>
  new Rig((store) => new HoppingWindows(store, { ...of, aggregate: spending }));

describe("hopping windows: boundaries", () => {
  it("a record at the start of a window is inside, one at its end is not", () => {
    const rig = rigOf();
    rig.observe(100, 1);
    rig.observe(110, 2);
    rig.advanceTo(1_000);
    expect(rig.told("sum")).toEqual([
      "final a [95,105) 1",
      "final a [100,110) 1",
      "final a [105,115) 2",
      "final a [110,120) 2",
    ]);
  });

  it("a record at stream time end + grace - 1 is on time, at end + grace it is late for that window", () => {
    const onTime = rigOf();
    onTime.observe(111);
    expect(onTime.observe(109)).toEqual([]);
    const late = rigOf();
    late.observe(112);
    expect(late.observe(109)).toEqual([{ startMs: 100, endMs: 110 }]);
  });

  it("a window closes at end + grace and not one millisecond before", () => {
    const rig = rigOf();
    rig.observe(104);
    rig.advanceTo(106);
    expect(rig.told("sum")).toEqual([]);
    rig.advanceTo(107);
    expect(rig.told("sum")).toEqual(["final a [95,105) 1"]);
  });

  it("with no grace a window closes at its end", () => {
    const rig = rigOf({ sizeMs: 10, advanceMs: 10, graceMs: 0 });
    rig.observe(109);
    expect(rig.observe(110)).toEqual([]);
    expect(rig.told("sum")).toEqual(["final a [100,110) 1"]);
    expect(rig.observe(109)).toEqual([{ startMs: 100, endMs: 110 }]);
  });

  it("the example of the doc comment holds", () => {
    const rig = rigOf();
    rig.observe(3, 1);
    rig.observe(7, 2);
    rig.observe(12, 4);
    expect(rig.told("sum")).toEqual(["final a [-5,5) 1", "final a [0,10) 3"]);
    expect(rig.observe(9, 8)).toEqual([{ startMs: 0, endMs: 10 }]);
    rig.advanceTo(17);
    expect(rig.told("sum").at(-1)).toBe("final a [5,15) 14");
  });
});

describe("hopping windows", () => {
  it("a record late for every window is named with all of them and leaves no state", () => {
    const rig = rigOf();
    rig.observe(200, 1, "b");
    expect(rig.observe(103)).toEqual([
      { startMs: 95, endMs: 105 },
      { startMs: 100, endMs: 110 },
    ]);
    expect(rig.store.get("a")).toBeUndefined();
  });

  it("closes when traffic stops, by end and then by key, and leaves nothing behind", () => {
    const rig = rigOf();
    rig.observe(101, 1, "b");
    rig.observe(102, 2, "a");
    rig.advanceTo(500);
    expect(rig.told("sum")).toEqual([
      "final a [95,105) 2",
      "final b [95,105) 1",
      "final a [100,110) 2",
      "final b [100,110) 1",
    ]);
    expect(rig.store.size).toBe(0);
    rig.advanceTo(1_000);
    expect(rig.results).toHaveLength(4);
  });

  it("tells count, sum, smallest and largest", () => {
    const rig = rigOf({ sizeMs: 10, advanceMs: 10, graceMs: 0 });
    for (const value of [5, 3, 9]) rig.observe(101, value);
    rig.advanceTo(110);
    expect(rig.results[0]).toMatchObject({ value: { count: 3, sum: 17, min: 3, max: 9 } });
  });

  it("an earlier window that a record out of order opens closes first", () => {
    const rig = rigOf();
    rig.observe(106);
    rig.observe(104);
    rig.advanceTo(107);
    expect(rig.told("sum")).toEqual(["final a [95,105) 1"]);
    rig.advanceTo(500);
    expect(rig.told("sum")).toEqual(["final a [95,105) 1", "final a [100,110) 2", "final a [105,115) 1"]);
  });

  it("keeps one pane per record time, whatever size over advance is", () => {
    const rig = rigOf({ sizeMs: 1_000_000, advanceMs: 1, graceMs: 0 });
    rig.observe(2_000_000);
    expect(rig.store.get("a")?.starts).toEqual([2_000_000]);
  });

  it("counts a record nowhere when its sum cannot be kept exact", () => {
    const store = new MemoryStore<HoppingState<Totals>>();
    const refuse = (a: number, b: number): number => {
      if (Number.isSafeInteger(a + b)) return a + b;
      throw new RangeError("too large");
    };
    const windows = new HoppingWindows(store, { ...shape, aggregate: totals(value, refuse) });
    const observe = (value: number) =>
      windows.observe({ key: "a", timestampMs: 100, value, streamTimeMs: 100 }, () => {});
    observe(Number.MAX_SAFE_INTEGER);
    const before = structuredClone(store.get("a"));
    expect(() => observe(1)).toThrow(RangeError);
    expect(store.get("a")).toEqual(before);
  });

  it("drops a pane's sum with the pane, so that old money leaves room for new", () => {
    const exact = (a: number, b: number): number => a + b;
    const rig = new Rig<HoppingState<Totals>, Totals>(
      (store) => new HoppingWindows(store, { ...shape, aggregate: totals(value, exact) }),
    );
    rig.observe(100, 7);
    rig.observe(109, 5);
    rig.advanceTo(112);
    expect(rig.store.get("a")).toEqual({
      nextEndMs: 115,
      held: [5],
      starts: [105],
      accs: [{ count: 1, sum: 5, min: 5, max: 5 }],
    });
  });

  it("passes over windows without records", () => {
    const rig = rigOf({ sizeMs: 10, advanceMs: 5, graceMs: 50 });
    rig.observe(100);
    rig.observe(140);
    rig.advanceTo(160);
    expect(rig.store.get("a")?.nextEndMs).toBe(145);
  });

  it("refuses an advance above the size, and reports every fault at once", () => {
    const make = (options: Shape) => () =>
      new HoppingWindows(new MemoryStore<never>(), { ...options, aggregate: spending });
    expect(make({ sizeMs: 5, advanceMs: 6, graceMs: 0 })).toThrow("advanceMs 6 exceeds sizeMs 5");
    expect(make({ sizeMs: 0, advanceMs: 0.5, graceMs: -1 })).toThrow(
      /sizeMs is 0.*advanceMs is 0.5.*graceMs is -1/s,
    );
  });
});

const shapes = fc
  .tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 20 }))
  .map(([a, b, graceMs]) => ({ sizeMs: Math.max(a, b), advanceMs: Math.min(a, b), graceMs }));
const traffic = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b", "c"),
    timestampMs: fc.integer({ min: 0, max: 150 }),
    value: fc.integer({ min: 1, max: 1_000 }),
  }),
  { maxLength: 40 },
);

describe("hopping windows: properties", () => {
  it("the windows of any time are aligned, hold it, and leave no gap", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 0, max: 500 }), (of, timestampMs) => {
        const rig = rigOf(of);
        rig.observe(timestampMs);
        rig.advanceTo(10_000);
        expect(rig.results.map(({ window }) => window)).toEqual(windowsOf(timestampMs, of));
        expect(rig.results.length).toBeGreaterThanOrEqual(1);
        expect(alignDown(timestampMs, of.advanceMs)).toBe(rig.results.at(-1)?.window.startMs);
      }),
    );
  });

  it("panes come to what the windows' own records come to, and every miss is named", () => {
    fc.assert(
      fc.property(shapes, traffic, (of, records) => {
        const { closed, late, left } = runAll(rigOf(of), records, 1_000);
        expect({ closed, late }).toEqual(naiveHopping(records, of, spending, 1_000));
        expect(left).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it("a restart between any two records changes nothing", () => {
    fc.assert(
      fc.property(
        shapes,
        traffic,
        fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
        (of, records, restarts) => {
          const rig = rigOf(of);
          const restarted = runAll(rig, records, 1_000, (i) => {
            if (restarts[i]) rig.restart();
          });
          expect(restarted).toEqual(runAll(rigOf(of), records, 1_000));
        },
      ),
    );
  });
});
