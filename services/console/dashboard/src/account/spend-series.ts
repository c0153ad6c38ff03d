// The points of an account's windows as the columns of a chart. Pure.
//
//   S1. A window with a place of its own (tumbling, hopping, session) is a bar from its start. The last one has its width.
//   S2. A sliding window moves: what it held is told at each transaction, at its end. So it is a line in steps, and
//       nothing is left in it once its size has passed without another transaction.

import type { WindowKind } from "@riffle/contracts";
import type { WindowPoint } from "../api/wire.ts";

/** What is drawn of a window. */
type Point = Pick<WindowPoint, "start" | "end" | "count" | "sum">;

/** Seconds since the epoch, and the values there; null where nothing is drawn. */
export interface SpendColumns {
  readonly seconds: number[];
  readonly sums: (number | null)[];
  readonly counts: (number | null)[];
}

/** The columns of points in any order. */
export function columnsOf(points: readonly Point[], kind: WindowKind, sizeMs: number): SpendColumns {
  const rows = kind === "sliding" ? steps(points, sizeMs) : bars(points);
  return {
    seconds: rows.map(({ atMs }) => atMs / 1_000),
    sums: rows.map(({ sum }) => sum),
    counts: rows.map(({ count }) => count),
  };
}

interface Row {
  readonly atMs: number;
  readonly sum: number | null;
  readonly count: number | null;
}

function bars(points: readonly Point[]): Row[] {
  const sorted = points.toSorted((a, b) => a.start - b.start);
  const last = sorted.at(-1);
  const rows: Row[] = sorted.map(({ start, sum, count }) => ({ atMs: start, sum, count }));
  return last === undefined ? rows : [...rows, { atMs: last.end, sum: null, count: null }];
}

function steps(points: readonly Point[], sizeMs: number): Row[] {
  const newest = new Map(points.toSorted((a, b) => a.count - b.count).map((point) => [point.end, point]));
  const sorted = [...newest.values()].sort((a, b) => a.end - b.end);
  return sorted.flatMap(({ end, sum, count }, i) => {
    const next = sorted[i + 1];
    const emptyMs = end + sizeMs;
    const told: Row = { atMs: end, sum, count };
    return next !== undefined && next.end <= emptyMs ? [told] : [told, { atMs: emptyMs, sum: 0, count: 0 }];
  });
}
