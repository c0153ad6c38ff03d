// A bug here tells a figure that no list of the window's values gives.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import type { KeyValueStore } from "../../../src/state/store.ts";
import { type Aggregate, aggregates, fold } from "../../../src/windows/aggregate.ts";
import { quantile, quantiles } from "../../../src/windows/dd-sketch.ts";
import { HoppingWindows } from "../../../src/windows/hopping-window.ts";
import { distinct } from "../../../src/windows/hyper-log-log.ts";
import { count, max, mean, min, sum, variance } from "../../../src/windows/numbers.ts";
import { totals } from "../../../src/windows/totals.ts";
import { foldAll, naiveHopping, Rig, runAll, value } from "./naive-windows.ts";

const letters = fold({
  initial: () => ({ seen: [] as number[] }),
  add: ({ seen }, one: number) => ({ seen: [...new Set([...seen, one % 7])].sort() }),
  merge: (into, more) => ({ seen: [...new Set([...into.seen, ...more.seen])].sort() }),
});

const all: Record<string, Aggregate<number, unknown, unknown>> = {
  count: count(),
  sum: sum(value),
  min: min(value),
  max: max(value),
  mean: mean(value),
  totals: totals(value),
  distinct: distinct(String, { precision: 6 }),
  quantiles: quantiles([0, 0.5, 1], value),
  fold: letters,
  aggregates: aggregates({ people: distinct(String, { precision: 4 }), most: max(value), n: count() }),
};

describe("the figures of 3, 4, 4", () => {
  it.each([
    ["count", count(), 3],
    ["sum", sum(value), 11],
    ["min", min(value), 3],
    ["max", max(value), 4],
    ["mean", mean(value), 11 / 3],
    ["totals", totals(value), { count: 3, sum: 11, min: 3, max: 4 }],
    ["distinct", distinct(String), 2],
    ["a fold", letters, { seen: [3, 4] }],
  ] as [string, Aggregate<number, unknown, unknown>, unknown][])("%s", (_, aggregate, told) => {
    expect(foldAll(aggregate, [3, 4, 4])).toEqual(told);
  });

  it("variance, of the values and estimated", () => {
    const { mean: at, population, sample } = foldAll(variance(value), [3, 4, 4]);
    expect([at, population, sample]).toEqual([
      expect.closeTo(11 / 3, 12),
      expect.closeTo(2 / 9, 12),
      expect.closeTo(1 / 3, 12),
    ]);
    expect(foldAll(variance(value), [5])).toEqual({ mean: 5, population: 0, sample: 0 });
  });

  it("negative values have a smallest and a largest too", () => {
    expect([min, max].map((one) => foldAll(one(value), [-3, -4]))).toEqual([-4, -3]);
    expect(foldAll(totals(value), [-3, -4])).toMatchObject({ min: -4, max: -3 });
  });
});

describe("composition", () => {
  interface Payment {
    readonly amount: number;
    readonly to: string;
  }

  it("tells each part under its name, and the types know them", () => {
    const figures = aggregates({
      count: count(),
      total: sum((payment: Payment) => payment.amount),
      payees: distinct((payment: Payment) => payment.to),
    });
    const payments: Payment[] = [
      { amount: 3, to: "a" },
      { amount: 4, to: "a" },
    ];
    const told = figures.result(payments.reduce((acc, one) => figures.add(acc, one), figures.initial()));
    const typed: { readonly count: number; readonly total: number; readonly payees: number } = told;
    expect(typed).toEqual({ count: 2, total: 7, payees: 1 });
  });

  it("can be merged when all parts can", () => {
    const unmergeable = fold({ initial: () => 0, add: (_, one: number) => one });
    expect(aggregates({ n: count(), last: unmergeable }).merge).toBeUndefined();
    expect(aggregates({ n: count(), most: max(value) }).merge).toBeDefined();
  });

  it("a fold without a merge is refused where windows are put together, with the way out", () => {
    const unmergeable = fold({ initial: () => 0, add: (_, one: number) => one });
    const make = () =>
      new HoppingWindows(new MemoryStore<never>(), {
        sizeMs: 10,
        advanceMs: 5,
        graceMs: 0,
        aggregate: unmergeable,
      });
    expect(make).toThrow("give the fold a merge, or use tumbling windows");
  });
});

const exactUpTo = (limit: number) => (a: number, b: number) => {
  if (a + b <= limit) return a + b;
  throw new RangeError("too large");
};

describe("guards", () => {
  it("a record whose sum would be inexact in any part is counted in none", () => {
    const figures = aggregates({
      small: sum(value, exactUpTo(100)),
      large: mean(value, exactUpTo(10)),
    });
    const rig = new Rig(
      (store: KeyValueStore<never>) =>
        new HoppingWindows(store, { sizeMs: 10, advanceMs: 5, graceMs: 9, aggregate: figures }),
    );
    rig.observe(1, 6);
    const before = structuredClone(rig.store.get("a"));
    expect(() => rig.observe(6, 5)).toThrow("too large");
    expect(rig.store.get("a")).toEqual(before);
  });

  it("what left the windows makes room again", () => {
    const rig = new Rig(
      (store: KeyValueStore<never>) =>
        new HoppingWindows(store, {
          sizeMs: 10,
          advanceMs: 5,
          graceMs: 0,
          aggregate: totals(value, exactUpTo(10)),
        }),
    );
    rig.observe(1, 6);
    rig.observe(10, 6);
    rig.advanceTo(15);
    expect(rig.told("sum")).toEqual(["final a [-5,5) 6", "final a [0,10) 6", "final a [5,15) 6"]);
  });
});

const values = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 60 });

describe.each(Object.entries(all))("%s: properties", (_, aggregate) => {
  it("merged parts are the whole, and the second argument is left as it was", () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const accOf = (of: readonly number[]) =>
          of.reduce((acc, one) => aggregate.add(acc, one), aggregate.initial());
        const more = accOf(right);
        const before = structuredClone(more);
        const merged = aggregate.merge?.(accOf(left), more);
        expect(aggregate.result(merged)).toEqual(foldAll(aggregate, [...left, ...right]));
        expect(more).toEqual(before);
        expect(aggregate.result(aggregate.merge?.(aggregate.initial(), more))).toEqual(
          foldAll(aggregate, right),
        );
      }),
    );
  });

  it("the order of values does not matter", () => {
    fc.assert(
      fc.property(values, (of) => {
        const sorted = [...of].sort((a, b) => a - b);
        expect(foldAll(aggregate, of)).toEqual(foldAll(aggregate, sorted));
      }),
    );
  });

  it("an accumulator survives JSON and goes on as if nothing had been", () => {
    fc.assert(
      fc.property(values, values, (before, after) => {
        const acc = before.reduce((held, one) => aggregate.add(held, one), aggregate.initial());
        const restored: unknown = JSON.parse(JSON.stringify(acc));
        expect(restored).toEqual(acc);
        const result = aggregate.result(after.reduce((held, one) => aggregate.add(held, one), restored));
        expect(result).toEqual(foldAll(aggregate, [...before, ...after]));
      }),
    );
  });

  it("panes come to what the windows' own records come to", () => {
    const traffic = fc.array(
      fc.record({
        key: fc.constantFrom("a", "b"),
        timestampMs: fc.integer({ min: 0, max: 60 }),
        value: fc.integer({ min: 0, max: 1_000 }),
      }),
      { maxLength: 25 },
    );
    const shapes = fc.constantFrom(
      { sizeMs: 10, advanceMs: 5, graceMs: 4 },
      { sizeMs: 12, advanceMs: 8, graceMs: 0 },
      { sizeMs: 7, advanceMs: 7, graceMs: 10 },
    );
    fc.assert(
      fc.property(shapes, traffic, (shape, records) => {
        const rig = new Rig(
          (store: KeyValueStore<never>) => new HoppingWindows(store, { ...shape, aggregate }),
        );
        const { closed, late } = runAll(rig, records, 500);
        expect({ closed, late }).toEqual(naiveHopping(records, shape, aggregate, 500));
      }),
    );
  });
});

describe("variance: properties", () => {
  const spread = variance(value);
  const large = fc.array(fc.integer({ min: 1_000_000_000, max: 1_000_000_100 }), {
    minLength: 2,
    maxLength: 60,
  });

  it("equals the two-pass formula, merged or not, also for a small spread around a large mean", () => {
    fc.assert(
      fc.property(large, fc.nat(60), (of, at) => {
        const average = of.reduce((a, b) => a + b, 0) / of.length;
        const expected = of.reduce((total, one) => total + (one - average) ** 2, 0) / of.length;
        const accOf = (part: readonly number[]) =>
          part.reduce((acc, one) => spread.add(acc, one), spread.initial());
        const merged = spread.merge?.(accOf(of.slice(0, at)), accOf(of.slice(at))) ?? spread.initial();
        for (const told of [foldAll(spread, of), spread.result(merged)]) {
          expect(Math.abs(told.population - expected)).toBeLessThanOrEqual(1e-6 * (1 + expected));
          expect(told.mean).toBeCloseTo(average, 4);
        }
      }),
    );
  });
});

describe("quantile", () => {
  it("one of several is told alone", () => {
    expect(foldAll(quantile(0.5, value), [1, 2, 3, 4, 1_000])).toBeCloseTo(3, 1);
  });
});
