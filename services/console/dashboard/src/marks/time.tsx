// A moment: how long ago to read, the exact time on hover and for machines.

import { type ReactNode, useSyncExternalStore } from "react";
import { formatAgo, formatClock, formatDay } from "../format/text.ts";

const listeners = new Set<() => void>();
let nowMs = Date.now();
let ticking: ReturnType<typeof setInterval> | undefined;

function listen(listener: () => void): () => void {
  listeners.add(listener);
  ticking ??= setInterval(() => {
    nowMs = Date.now();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}

/** The wall clock, moving each second, one timer for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => nowMs);
}

/** The page's clock moves each second: what is newer than it by less than two is now. */
const isJustAhead = (ms: number, now: number): boolean => ms > now && ms - now < 2_000;

/** `3 min ago`. */
export function Ago({ at }: { readonly at: string | number }): ReactNode {
  const ms = typeof at === "number" ? at : Date.parse(at);
  const now = useNow();
  if (Number.isNaN(ms)) return <span>{at}</span>;
  return (
    <time dateTime={new Date(ms).toISOString()} title={new Date(ms).toISOString()}>
      {formatAgo(ms, isJustAhead(ms, now) ? ms : now)}
    </time>
  );
}

/** `2026-03-01 14:03:05`, or the time of day alone with its milliseconds. */
export function Moment({
  at,
  precision = "second",
}: {
  readonly at: string | number;
  readonly precision?: "second" | "clock";
}): ReactNode {
  const ms = typeof at === "number" ? at : Date.parse(at);
  if (Number.isNaN(ms)) return <span>{at}</span>;
  const offset = new Date(ms).getTimezoneOffset();
  return (
    <time dateTime={new Date(ms).toISOString()} title={new Date(ms).toISOString()}>
      {precision === "clock" ? formatClock(ms, offset) : formatDay(ms, offset)}
    </time>
  );
}
