// A bug here calls a process sound that keeps something of every request.

import { describe, expect, it } from "vitest";
import { heapFault } from "../fuzz/live-heap.ts";

const mib = 1_048_576;
const readings = (...inMiB: readonly number[]): number[] => inMiB.map((each) => each * mib);

describe("what lives on the heap", () => {
  it("may go up and down, and be less before anything was compiled", () => {
    expect(heapFault(readings(20, 52, 55, 53, 60, 51, 54, 56, 52, 55, 53))).toBeUndefined();
  });

  it("must not grow with the requests", () => {
    expect(heapFault(readings(20, 52, 53, 54, 55, 56, 57, 58, 60, 62, 64))).toMatch(/grew by 9\.0 MiB/);
  });

  it("is not judged by one outlier at the end", () => {
    expect(heapFault(readings(20, 52, 53, 54, 53, 52, 53, 54, 53, 52, 90))).toBeUndefined();
  });

  it("is unknown without readings", () => {
    expect(heapFault(readings(50, 50, 50))).toMatch(/say nothing/);
  });
});
