// A bug here would look like: the chart shows money in a window that nothing was in, or loses the last bar.

import { describe, expect, it } from "vitest";
import { columnsOf } from "../../../dashboard/src/account/spend-series.ts";

const point = (start: number, end: number, count: number, sum: number) => ({
  start,
  end,
  count,
  sum,
  final: true,
});

describe("the columns of a chart", () => {
  it("are bars from the start of each window, the last with its width", () => {
    const points = [point(60_000, 120_000, 2, 500), point(0, 60_000, 1, 300)];
    expect(columnsOf(points, "tumbling", 60_000)).toEqual({
      seconds: [0, 60, 120],
      sums: [300, 500, null],
      counts: [1, 2, null],
    });
  });

  it("are steps at the ends of a sliding window, down to nothing once its size has passed", () => {
    const points = [point(0, 10_000, 1, 300), point(5_000, 15_000, 2, 500), point(90_000, 100_000, 1, 700)];
    expect(columnsOf(points, "sliding", 10_000)).toEqual({
      seconds: [10, 15, 25, 100, 110],
      sums: [300, 500, 0, 700, 0],
      counts: [1, 2, 0, 1, 0],
    });
  });

  it("take the fuller one of two sliding windows that end together", () => {
    const points = [point(0, 10_000, 2, 900), point(0, 10_000, 1, 300)];
    expect(columnsOf(points, "sliding", 10_000).sums).toEqual([900, 0]);
  });

  it("are empty without points", () => {
    expect(columnsOf([], "session", 1_000)).toEqual({ seconds: [], sums: [], counts: [] });
  });
});
