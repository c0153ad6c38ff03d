// A bug here calls a pipeline stuck that still works, or waits for ever for one that is.

import { describe, expect, it } from "vitest";
import { Patience } from "../../../pipeline/patience.ts";

const waiting = (withinMs: number) => {
  let nowMs = 1_000;
  const patience = new Patience(withinMs, () => nowMs);
  return {
    patience,
    isOver: (afterMs: number, left: number): boolean => {
      nowMs += afterMs;
      return patience.isOver(left);
    },
  };
};

describe("what is waited for", () => {
  it("is not given up before its time, whatever happens", () => {
    const { isOver } = waiting(180_000);
    expect([isOver(0, 5), isOver(90_000, 5), isOver(90_000, 5)]).toEqual([false, false, false]);
    expect(isOver(1, 5)).toBe(true);
  });

  it("is not given up after its time for as long as it gets less, at least once a minute", () => {
    const { isOver } = waiting(10_000);
    for (let left = 100; left > 0; left--) expect(isOver(60_000, left)).toBe(false);
    expect([isOver(60_000, 1), isOver(1, 1)]).toEqual([false, true]);
  });

  it("has not got less when it grew and shrank again", () => {
    const { isOver } = waiting(10_000);
    expect([isOver(1, 5), isOver(30_000, 9), isOver(30_000, 6), isOver(1, 5)]).toEqual([
      false,
      false,
      false,
      true,
    ]);
  });

  it("begins anew with the next thing", () => {
    const { patience, isOver } = waiting(10_000);
    expect(isOver(50_000, 1)).toBe(false);
    patience.next();
    expect([isOver(50_000, 900), isOver(60_000, 900), isOver(1, 900)]).toEqual([false, false, true]);
  });
});
