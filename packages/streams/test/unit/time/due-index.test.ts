// A bug here closes a window early, late, twice or never.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DueIndex } from "../../../src/time/due-index.ts";

const takeAll = (index: DueIndex, nowMs: number): [number, readonly string[]][] => {
  const taken: [number, readonly string[]][] = [];
  for (let due = index.takeDue(nowMs); due; due = index.takeDue(nowMs)) taken.push([due.dueMs, due.keys]);
  return taken;
};

describe("the due index", () => {
  it("gives keys by time and then by key, whatever order they went in", () => {
    const index = new DueIndex();
    index.add(20, "b");
    index.add(10, "c");
    index.add(20, "a");
    expect(takeAll(index, 20)).toEqual([
      [10, ["c"]],
      [20, ["a", "b"]],
    ]);
  });

  it("gives nothing one millisecond early", () => {
    const index = new DueIndex();
    index.add(10, "a");
    expect(index.earliestMs).toBe(10);
    expect(index.takeDue(9)).toBeUndefined();
    expect(index.takeDue(10)).toEqual({ dueMs: 10, keys: ["a"] });
    expect([index.takeDue(10), index.earliestMs]).toEqual([undefined, undefined]);
  });

  it("gives a key once at each of its times, however often it was noted there", () => {
    const index = new DueIndex();
    for (let i = 0; i < 5_000; i++) {
      index.add(10, i % 3 === 0 ? "a" : `k${i % 7}`);
      index.add(20, "a");
    }
    expect(takeAll(index, 20)).toEqual([
      [10, ["a", "k0", "k1", "k2", "k3", "k4", "k5", "k6"]],
      [20, ["a"]],
    ]);
  });

  it("equals sorting, for any keys and times", () => {
    const entries = fc.array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.constantFrom("a", "b", "c")));
    fc.assert(
      fc.property(entries, fc.integer({ min: -60, max: 60 }), (added, nowMs) => {
        const index = new DueIndex();
        for (const [dueMs, key] of added) index.add(dueMs, key);
        const dueTimes = [...new Set(added.map(([dueMs]) => dueMs))].filter((dueMs) => dueMs <= nowMs);
        expect(takeAll(index, nowMs)).toEqual(
          dueTimes
            .sort((a, b) => a - b)
            .map((dueMs) => [
              dueMs,
              [...new Set(added.filter(([d]) => d === dueMs).map(([, k]) => k))].sort(),
            ]),
        );
      }),
    );
  });
});
