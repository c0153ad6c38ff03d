// The oracle of the window tests: windows written down as their definition, one list of records per window.

import type { ClosedWindow } from "../../../src/windows/hopping-window.ts";
import type { Totals } from "../../../src/windows/totals.ts";

export interface Seen {
  readonly key: string;
  readonly timestampMs: number;
  readonly value: number;
}

export interface Shape {
  readonly sizeMs: number;
  readonly advanceMs: number;
  readonly graceMs: number;
}

export const add = (a: number, b: number): number => a + b;

export const totalsOfAll = (values: readonly number[]): Totals => ({
  count: values.length,
  sum: values.reduce(add, 0),
  min: Math.min(...values),
  max: Math.max(...values),
});

/** Every aligned window `[start, end)` that holds the time, found by trying. */
export const windowsOf = (timestampMs: number, { sizeMs, advanceMs }: Shape) => {
  const windows: { startMs: number; endMs: number }[] = [];
  for (let startMs = timestampMs - sizeMs; startMs <= timestampMs; startMs++) {
    const isAligned = startMs % advanceMs === 0;
    if (isAligned && timestampMs >= startMs && timestampMs < startMs + sizeMs)
      windows.push({ startMs, endMs: startMs + sizeMs });
  }
  return windows;
};

/** What the windows of these records come to, closed by `endOfTimeMs`, and what was late. */
export const naiveHopping = (records: readonly Seen[], shape: Shape, endOfTimeMs: number) => {
  const values = new Map<string, { key: string; startMs: number; endMs: number; values: number[] }>();
  const late: { timestampMs: number; startMs: number }[] = [];
  let streamTimeMs = -1;
  for (const { key, timestampMs, value } of records) {
    streamTimeMs = Math.max(streamTimeMs, timestampMs);
    for (const { startMs, endMs } of windowsOf(timestampMs, shape)) {
      if (streamTimeMs >= endMs + shape.graceMs) {
        late.push({ timestampMs, startMs });
        continue;
      }
      const id = `${key}/${startMs}`;
      const window = values.get(id) ?? { key, startMs, endMs, values: [] };
      window.values.push(value);
      values.set(id, window);
    }
  }
  const closed: ClosedWindow[] = [...values.values()]
    .filter(({ endMs }) => endOfTimeMs >= endMs + shape.graceMs)
    .sort((a, b) => a.endMs - b.endMs || (a.key < b.key ? -1 : 1))
    .map(({ key, startMs, endMs, values: inside }) => ({
      key,
      window: { startMs, endMs },
      totals: totalsOfAll(inside),
    }));
  return { closed, late };
};
