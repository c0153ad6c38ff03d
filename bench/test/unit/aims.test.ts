// A bug here says that an aim was met which was missed.

import { expect, it } from "vitest";
import { besideAim, isMet } from "../../aims.ts";

it("an aim is met on its bound, and not beyond", () => {
  expect([isMet(5, { atMost: 5 }), isMet(5.1, { atMost: 5 })]).toEqual([true, false]);
  expect([isMet(4, { atLeast: 4 }), isMet(3.9, { atLeast: 4 })]).toEqual([true, false]);
});

it("a figure that was never taken meets nothing", () => {
  expect(besideAim(Number.NaN, { atMost: 5_000 }, "ms")).toBe("aim ≤ 5000 ms: MISSED");
  expect(besideAim(4.2, { atLeast: 4 })).toBe("aim ≥ 4: met");
});
