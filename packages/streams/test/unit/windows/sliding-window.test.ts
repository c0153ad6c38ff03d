// A bug here tells a wrong running average, or keeps every record of an account for ever.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import type { InstantNode } from "../../../src/windows/instants.ts";
import {
  type SlidingOptions,
  type SlidingState,
  SlidingWindows,
} from "../../../src/windows/sliding-window.ts";
import type { Totals } from "../../../src/windows/totals.ts";
import { foldAll, Rig, type Seen, spending } from "./naive-windows.ts";

type Shape = Omit<SlidingOptions<number, Totals, Totals>, "aggregate">;

const shape: Shape = { sizeMs: 10, graceMs: 2 };

const lengthOf = (node: InstantNode<Totals> | null | undefined): number => {
  if (!node) return 0;
  return "nodes" in node
    ? node.nodes.reduce((length, part) => length + lengthOf(part), 0)
    : node.times.length;
};

class SlidingRig extends Rig<SlidingState<Totals>, Totals> {
  constructor(of: Shape = shape) {
    super((store) => new SlidingWindows(store, { ...of, aggregate: spending }));
  }

  /** What the record is told. */
  answer(timestampMs: number, value: number, key = "a") {
    const before = this.results.length;
    const [late] = this.observe(timestampMs, value, key);
    return late === undefined ? this.results[before] : { kind: "late" as const, window: late };
  }

  sum(timestampMs: number, value: number): number | "late" | undefined {
    const answer = this.answer(timestampMs, value);
    if (answer?.kind === "late") return "late";
    return answer?.kind === "update" ? answer.value.sum : undefined;
  }

  instants(key = "a"): number {
    return lengthOf(this.store.get(key)?.instants);
  }
}

describe("sliding windows: boundaries", () => {
  it("a record `size` before is outside, one millisecond later it is inside", () => {
    const outside = new SlidingRig();
    expect([outside.sum(100, 1), outside.sum(110, 2)]).toEqual([1, 2]);
    const inside = new SlidingRig();
    expect([inside.sum(101, 1), inside.sum(110, 2)]).toEqual([1, 3]);
  });

  it("a record `grace` behind stream time is answered, one further millisecond behind is late", () => {
    const rig = new SlidingRig();
    rig.observe(102);
    expect(rig.answer(100, 1)).toMatchObject({ kind: "update", window: { startMs: 91, endMs: 101 } });
    expect(rig.observe(99)).toEqual([{ startMs: 90, endMs: 100 }]);
  });

  it("the example of the doc comment holds", () => {
    const rig = new SlidingRig();
    expect([rig.sum(1, 1), rig.sum(5, 2), rig.sum(11, 4), rig.sum(9, 8), rig.sum(8, 16)]).toEqual([
      1,
      3,
      6,
      11,
      "late",
    ]);
  });

  it("a late record counts in later windows that it lies in", () => {
    const rig = new SlidingRig();
    rig.observe(100, 1);
    expect(rig.sum(95, 2)).toBe("late");
    expect(rig.sum(101, 4)).toBe(7);
  });

  it("a record that is in no window to come is not kept", () => {
    const rig = new SlidingRig();
    rig.observe(100, 1, "b");
    rig.observe(88, 2);
    expect(rig.store.get("a")).toBeUndefined();
    rig.observe(89, 2);
    expect(rig.instants()).toBe(1);
  });
});

describe("sliding windows", () => {
  it("tells count, sum, smallest and largest, records of one millisecond together", () => {
    const rig = new SlidingRig();
    rig.observe(100, 5);
    rig.observe(100, 3);
    expect(rig.answer(101, 9)).toMatchObject({ value: { count: 3, sum: 17, min: 3, max: 9 } });
    expect(rig.instants()).toBe(2);
  });

  it("a key is deleted when its newest record counts no more, and not before", () => {
    const rig = new SlidingRig();
    rig.observe(100);
    rig.observe(105);
    rig.advanceTo(116);
    expect(rig.store.size).toBe(1);
    rig.advanceTo(117);
    expect(rig.store.size).toBe(0);
  });

  it("keeps the records of size + grace only, however long an account is busy", () => {
    const rig = new SlidingRig();
    for (let t = 0; t < 10_000; t++) rig.observe(t);
    expect(rig.instants()).toBe(12);
  });

  it("refuses a size of 0 and a negative grace together", () => {
    const make = (of: Shape) => () =>
      new SlidingWindows(new MemoryStore<never>(), { ...of, aggregate: spending });
    expect(make({ sizeMs: 0, graceMs: -1 })).toThrow(/sizeMs is 0.*graceMs is -1/s);
    expect(make({ ...shape, resolutionMs: 3 })).toThrow("resolutionMs 3 does not divide sizeMs 10");
  });
});

describe("sliding windows: on-close", () => {
  it("the example of the doc comment holds: every record of the window is in the final", () => {
    const rig = new SlidingRig({ ...shape, emit: "on-close" });
    for (const [at, value] of [
      [1, 1],
      [5, 2],
      [11, 4],
      [9, 8],
    ] as const)
      expect(rig.observe(at, value)).toEqual([]);
    expect(rig.observe(8, 16)).toEqual([{ startMs: -1, endMs: 9 }]);
    rig.advanceTo(13);
    expect(rig.told("sum")).toEqual(["final a [-8,2) 1", "final a [-4,6) 3", "final a [0,10) 27"]);
    rig.advanceTo(14);
    expect(rig.told("sum").at(-1)).toBe("final a [2,12) 30");
  });
});

describe("sliding windows: resolution", () => {
  it("times are rounded down first: the slot is inside, one `size` before is not", () => {
    const rig = new SlidingRig({ sizeMs: 10, graceMs: 2, resolutionMs: 5 });
    expect([rig.sum(90, 1), rig.sum(94, 2), rig.sum(95, 4), rig.sum(104, 8)]).toEqual([1, 3, 7, 12]);
    expect(rig.results.at(-1)?.window).toEqual({ startMs: 95, endMs: 105 });
  });

  it("a record is late when its slot's end and the grace have passed, and not one millisecond before", () => {
    const rig = new SlidingRig({ sizeMs: 10, graceMs: 2, resolutionMs: 5 });
    rig.observe(106, 1);
    expect(rig.sum(100, 2)).toBe(2);
    rig.observe(107, 1);
    expect(rig.observe(100, 2)).toEqual([{ startMs: 95, endMs: 105 }]);
  });

  it("bounds what a busy key holds", () => {
    const rig = new SlidingRig({ sizeMs: 1_000, graceMs: 50, resolutionMs: 100 });
    for (let t = 0; t < 20_000; t++) {
      rig.observe(t);
      expect(rig.instants()).toBeLessThanOrEqual(12);
    }
  });
});

const shapes = fc
  .record({
    slots: fc.integer({ min: 1, max: 12 }),
    resolutionMs: fc.constantFrom(1, 1, 3),
    graceMs: fc.integer({ min: 0, max: 20 }),
  })
  .map(({ slots, resolutionMs, graceMs }) => ({ sizeMs: slots * resolutionMs, resolutionMs, graceMs }));
const traffic = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b"),
    timestampMs: fc.integer({ min: 0, max: 120 }),
    value: fc.integer({ min: 1, max: 1_000 }),
  }),
  { maxLength: 40 },
);

type Resolved = Shape & { readonly resolutionMs: number };

const windowOf = (timestampMs: number, { sizeMs, resolutionMs }: Resolved) => {
  const endMs = Math.floor(timestampMs / resolutionMs) * resolutionMs + resolutionMs;
  return { startMs: endMs - sizeMs, endMs };
};
const within = (
  records: readonly Seen[],
  of: string,
  { startMs, endMs }: { startMs: number; endMs: number },
) =>
  records
    .filter(({ key, timestampMs }) => key === of && timestampMs >= startMs && timestampMs < endMs)
    .map(({ value }) => value);

/** What each record is told, of those that have come. */
const naiveUpdates = (records: readonly Seen[], of: Resolved) =>
  records.map(({ key, timestampMs }, i) => {
    const come = records.slice(0, i + 1);
    const streamTimeMs = Math.max(...come.map((record) => record.timestampMs));
    const window = windowOf(timestampMs, of);
    if (streamTimeMs >= window.endMs + of.graceMs) return { kind: "late", window };
    return { kind: "update", key, window, value: foldAll(spending, within(come, key, window)) };
  });

/** What each window with a record on time comes to, of those that came before it closed. */
const naiveFinals = (records: readonly Seen[], of: Resolved) => {
  const streamTimes = records.map((_, i) => Math.max(...records.slice(0, i + 1).map((r) => r.timestampMs)));
  const finals = new Map<string, unknown>();
  const order: { id: string; key: string; endMs: number }[] = [];
  records.forEach(({ key, timestampMs }, i) => {
    const window = windowOf(timestampMs, of);
    const closesMs = window.endMs + of.graceMs;
    const id = `${key}/${window.endMs}`;
    if ((streamTimes[i] ?? 0) >= closesMs || finals.has(id)) return;
    const come = records.filter((_, at) => (streamTimes[at] ?? 0) < closesMs);
    finals.set(id, { kind: "final", key, window, value: foldAll(spending, within(come, key, window)) });
    order.push({ id, key, endMs: window.endMs });
  });
  order.sort((a, b) => a.endMs - b.endMs || (a.key < b.key ? -1 : 1));
  return order.map(({ id }) => finals.get(id));
};

const restartsOf = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });

describe("sliding windows: properties", () => {
  it("answers are those of the records in (t - size, t] that have come, restarts or not", () => {
    fc.assert(
      fc.property(shapes, traffic, restartsOf, (of, records, restarts) => {
        const rig = new SlidingRig(of);
        const answers = records.map(({ key, timestampMs, value }, i) => {
          if (restarts[i]) rig.restart();
          return rig.answer(timestampMs, value, key);
        });
        expect(answers).toEqual(naiveUpdates(records, of));
        rig.advanceTo(1_000);
        expect(rig.store.size).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it("finals are those of the records that came before the window closed, restarts or not", () => {
    fc.assert(
      fc.property(shapes, traffic, restartsOf, (of, records, restarts) => {
        const rig = new SlidingRig({ ...of, emit: "on-close" });
        records.forEach(({ key, timestampMs, value }, i) => {
          if (restarts[i]) rig.restart();
          rig.observe(timestampMs, value, key);
        });
        rig.advanceTo(1_000);
        expect(rig.results).toEqual(naiveFinals(records, of));
        expect(rig.store.size).toBe(0);
      }),
      { numRuns: 500 },
    );
  });
});
