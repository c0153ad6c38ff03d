// Assigners: which windows a time lies in. Pure arithmetic; the operators keep the state.
//
//   A1. Tumbling windows cover time without gap or overlap: every millisecond is in exactly one.
//   A2. Hopping windows: every millisecond is in size / advance of them, rounded up or down when it is no whole number.
//   A3. All of these hold before the epoch too, and with any size and advance in whole milliseconds.
//       (test/unit/windows/assigners.test.ts)

import type { Window } from "./window.ts";

/** How hopping windows lie. */
export interface HoppingShape {
  /** Length of a window, milliseconds. */
  readonly sizeMs: number;
  /** From one start to the next, milliseconds, at most `sizeMs`. */
  readonly advanceMs: number;
}

/**
 * The multiple of `stepMs` at or before `timestampMs`: `alignDown(125, 60)` is 120, `alignDown(-1, 60)` is -60.
 *
 * @param timestampMs epoch milliseconds
 * @param stepMs at least 1
 */
export const alignDown = (timestampMs: number, stepMs: number): number =>
  Math.floor(timestampMs / stepMs) * stepMs;

/** The smallest end of a hopping window after the time: size 10, advance 5: 10 for 9, and 15 for 10, which is outside. */
export const firstEndAfter = (timestampMs: number, { sizeMs, advanceMs }: HoppingShape): number =>
  alignDown(timestampMs - sizeMs, advanceMs) + advanceMs + sizeMs;

/**
 * The tumbling window of a time. Size 10: 0 and 9 are in `[0, 10)`, 10 is in `[10, 20)`, -1 in `[-10, 0)`.
 */
export const tumblingWindowOf = (timestampMs: number, sizeMs: number): Window => {
  const startMs = alignDown(timestampMs, sizeMs);
  return { startMs, endMs: startMs + sizeMs };
};

/**
 * The hopping windows of a time, by end. Size 10, advance 5: 9 is in `[0, 10)` and `[5, 15)`; 10 in `[5, 15)` and
 * `[10, 20)`.
 */
export const hoppingWindowsOf = (timestampMs: number, shape: HoppingShape): Window[] => {
  const { sizeMs, advanceMs } = shape;
  const lastStartMs = alignDown(timestampMs, advanceMs);
  const windows: Window[] = [];
  for (let endMs = firstEndAfter(timestampMs, shape); endMs - sizeMs <= lastStartMs; endMs += advanceMs)
    windows.push({ startMs: endMs - sizeMs, endMs });
  return windows;
};

/**
 * The sliding window of a record, `(t - size, t]`. Size 10: a record at 100 has `[91, 101)`, with 91 in it and 90 not.
 *
 * @param resolutionMs to what times are rounded down first: at 5, records at 100 and 104 have `[95, 105)`
 */
export const slidingWindowOf = (timestampMs: number, sizeMs: number, resolutionMs = 1): Window => {
  const endMs = alignDown(timestampMs, resolutionMs) + resolutionMs;
  return { startMs: endMs - sizeMs, endMs };
};

/**
 * The session of records from `firstMs` to `lastMs`: it ends where a further record would be too far away. Gap 5: records
 * at 10 and 12 make `[10, 18)`; one at 17 still belongs to it, one at 18 does not. So two sessions are one when their
 * intervals meet, and a session closes, like every window, at `end + grace`.
 */
export const sessionOf = (firstMs: number, lastMs: number, gapMs: number): Window => ({
  startMs: firstMs,
  endMs: lastMs + gapMs + 1,
});
