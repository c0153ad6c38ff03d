// A bug here tells a wrong running average, or keeps every record of an account for ever.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { type SlidingState, SlidingWindows } from "../../../src/windows/sliding-window.ts";
import { add, type Seen, totalsOfAll } from "./naive-windows.ts";

const shape = { sizeMs: 10, graceMs: 2 };

class Rig {
  store = new MemoryStore<SlidingState>();
  streamTimeMs = -1;
  readonly #shape: typeof shape;
  #windows: SlidingWindows;

  constructor(of = shape) {
    this.#shape = of;
    this.#windows = new SlidingWindows(this.store, { ...of, add });
  }

  observe(timestampMs: number, value = 1, key = "a") {
    this.streamTimeMs = Math.max(this.streamTimeMs, timestampMs);
    return this.#windows.observe({ key, timestampMs, value, streamTimeMs: this.streamTimeMs });
  }

  sum(timestampMs: number, value: number): number | "late" {
    const result = this.observe(timestampMs, value);
    return result.kind === "late" ? "late" : result.totals.sum;
  }

  evictAt(streamTimeMs: number): void {
    this.streamTimeMs = streamTimeMs;
    this.#windows.evictDue(streamTimeMs);
  }

  restart(): void {
    const restored = new MemoryStore<SlidingState>();
    for (const [key, state] of this.store.entries()) restored.put(key, JSON.parse(JSON.stringify(state)));
    this.store = restored;
    this.#windows = new SlidingWindows(restored, { ...this.#shape, add });
  }
}

describe("sliding windows: boundaries", () => {
  it("a record `size` before is outside, one millisecond later it is inside", () => {
    const outside = new Rig();
    expect([outside.sum(100, 1), outside.sum(110, 2)]).toEqual([1, 2]);
    const inside = new Rig();
    expect([inside.sum(101, 1), inside.sum(110, 2)]).toEqual([1, 3]);
  });

  it("a record `grace` behind stream time is answered, one further millisecond behind is late", () => {
    const rig = new Rig();
    rig.observe(102);
    expect(rig.observe(100)).toMatchObject({ kind: "on-time", window: { startMs: 91, endMs: 101 } });
    expect(rig.observe(99)).toEqual({ kind: "late", window: { startMs: 90, endMs: 100 } });
  });

  it("the example of the doc comment holds", () => {
    const rig = new Rig();
    expect([rig.sum(1, 1), rig.sum(5, 2), rig.sum(11, 4), rig.sum(9, 8), rig.sum(8, 16)]).toEqual([
      1,
      3,
      6,
      11,
      "late",
    ]);
  });

  it("a late record counts in later windows that it lies in", () => {
    const rig = new Rig();
    rig.observe(100, 1);
    expect(rig.sum(95, 2)).toBe("late");
    expect(rig.sum(101, 4)).toBe(7);
  });

  it("a record that is in no window to come is not kept", () => {
    const rig = new Rig();
    rig.observe(100, 1, "b");
    rig.observe(88, 2);
    expect(rig.store.get("a")).toBeUndefined();
    rig.observe(89, 2);
    expect(rig.store.get("a")?.instants).toHaveLength(1);
  });
});

describe("sliding windows", () => {
  it("tells count, sum, smallest and largest, records of one millisecond together", () => {
    const rig = new Rig();
    rig.observe(100, 5);
    rig.observe(100, 3);
    expect(rig.observe(101, 9)).toMatchObject({ totals: { count: 3, sum: 17, min: 3, max: 9 } });
    expect(rig.store.get("a")?.instants).toHaveLength(2);
  });

  it("a key is deleted when its newest record counts no more, and not before", () => {
    const rig = new Rig();
    rig.observe(100);
    rig.observe(105);
    rig.evictAt(116);
    expect(rig.store.size).toBe(1);
    rig.evictAt(117);
    expect(rig.store.size).toBe(0);
  });

  it("keeps the records of size + grace only, however long an account is busy", () => {
    const rig = new Rig();
    for (let t = 0; t < 10_000; t++) rig.observe(t);
    expect(rig.store.get("a")?.instants).toHaveLength(12);
    expect(rig.store.get("a")?.sum).toBe(12);
  });

  it("refuses a size of 0 and a negative grace together", () => {
    const make = () => new SlidingWindows(new MemoryStore(), { sizeMs: 0, graceMs: -1, add });
    expect(make).toThrow(/sizeMs is 0.*graceMs is -1/s);
  });
});

const shapes = fc.record({
  sizeMs: fc.integer({ min: 1, max: 30 }),
  graceMs: fc.integer({ min: 0, max: 20 }),
});
const traffic = fc.array(
  fc.record({
    key: fc.constantFrom("a", "b"),
    timestampMs: fc.integer({ min: 0, max: 120 }),
    value: fc.integer({ min: 1, max: 1_000 }),
  }),
  { maxLength: 40 },
);

const naive = (records: readonly Seen[], of: typeof shape) =>
  records.map(({ key, timestampMs: t }, i) => {
    const before = records.slice(0, i + 1);
    const streamTimeMs = Math.max(...before.map(({ timestampMs }) => timestampMs));
    const window = { startMs: t - of.sizeMs + 1, endMs: t + 1 };
    if (streamTimeMs >= t + 1 + of.graceMs) return { kind: "late", window };
    const inside = before.filter((r) => r.key === key && r.timestampMs > t - of.sizeMs && r.timestampMs <= t);
    return { kind: "on-time", window, totals: totalsOfAll(inside.map(({ value }) => value)) };
  });

describe("sliding windows: properties", () => {
  it("answers are those of the records in (t - size, t] that have come", () => {
    fc.assert(
      fc.property(shapes, traffic, (of, records) => {
        const rig = new Rig(of);
        const answers = records.map(({ key, timestampMs, value }) => rig.observe(timestampMs, value, key));
        expect(answers).toEqual(naive(records, of));
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
          const rig = new Rig(of);
          const answers = records.map(({ key, timestampMs, value }, i) => {
            if (restarts[i]) rig.restart();
            return rig.observe(timestampMs, value, key);
          });
          expect(answers).toEqual(naive(records, of));
        },
      ),
    );
  });
});
