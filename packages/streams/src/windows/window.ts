// Windows: intervals of event time.
//
//   W1. A window is half-open, `[start, end)`: a record at `start` is inside, one at `end` is not.
//   W2. Aligned windows start at multiples of their advance, counted from the epoch, before it too.
//   W3. A record is on time for a window while `stream time < end + grace`; from `end + grace` on it is late.
//       (test/unit/windows/hopping-window.test.ts, "boundaries")

/** An interval of event time, `[startMs, endMs)`, in epoch milliseconds. */
export interface Window {
  /** The first millisecond inside. */
  readonly startMs: number;
  /** The first millisecond outside. */
  readonly endMs: number;
}

/** One record as a window operator sees it. */
export interface Observation {
  /** Whose window it is. */
  readonly key: string;
  /** Event time, epoch milliseconds; at most `streamTimeMs`. */
  readonly timestampMs: number;
  /** What is counted: an integer of at least 0. */
  readonly value: number;
  /** The task's stream time, epoch milliseconds, with this record taken in. */
  readonly streamTimeMs: number;
}

/**
 * The multiple of `stepMs` at or before `timestampMs`: `alignDown(125, 60)` is 120, `alignDown(-1, 60)` is -60.
 *
 * @param timestampMs epoch milliseconds
 * @param stepMs at least 1
 */
export const alignDown = (timestampMs: number, stepMs: number): number =>
  Math.floor(timestampMs / stepMs) * stepMs;
