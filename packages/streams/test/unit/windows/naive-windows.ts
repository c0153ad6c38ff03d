// The oracle of the window tests: windows written down as their definition, one list of records per window.

import { MemoryStore } from "../../../src/state/memory-store.ts";
import type { KeyValueStore } from "../../../src/state/store.ts";
import type { Aggregate } from "../../../src/windows/aggregate.ts";
import { totals } from "../../../src/windows/totals.ts";
import type { Window, WindowOperator, WindowResult } from "../../../src/windows/window.ts";

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

export const value = (of: number): number => of;
export const spending = totals(value);

/** What the aggregate makes of values one after the other, with no merge. */
export const foldAll = <A, R>(aggregate: Aggregate<number, A, R>, values: readonly number[]): R =>
  aggregate.result(values.reduce((acc, one) => aggregate.add(acc, one), aggregate.initial()));

/** Every aligned window `[start, end)` that holds the time, found by trying. */
export const windowsOf = (timestampMs: number, { sizeMs, advanceMs }: Shape): Window[] => {
  const windows: Window[] = [];
  for (let startMs = timestampMs - sizeMs; startMs <= timestampMs; startMs++) {
    const isAligned = startMs % advanceMs === 0;
    if (isAligned && timestampMs >= startMs && timestampMs < startMs + sizeMs)
      windows.push({ startMs, endMs: startMs + sizeMs });
  }
  return windows;
};

const byEndThenKey = (a: { key: string; window: Window }, b: { key: string; window: Window }): number =>
  a.window.endMs - b.window.endMs || (a.key < b.key ? -1 : 1);

export interface Finals<R> {
  readonly closed: WindowResult<R>[];
  /** For each record the windows it was late for. */
  readonly late: (readonly Window[])[];
}

/** What aligned windows of these records come to, closed by `endOfTimeMs`, and what was late. */
export const naiveHopping = <A, R>(
  records: readonly Seen[],
  shape: Shape,
  aggregate: Aggregate<number, A, R>,
  endOfTimeMs: number,
): Finals<R> => {
  const windows = new Map<string, { key: string; window: Window; values: number[] }>();
  const late: Window[][] = [];
  let streamTimeMs = -1;
  for (const { key, timestampMs, value } of records) {
    streamTimeMs = Math.max(streamTimeMs, timestampMs);
    const missed: Window[] = [];
    for (const window of windowsOf(timestampMs, shape)) {
      if (streamTimeMs >= window.endMs + shape.graceMs) {
        missed.push(window);
        continue;
      }
      const id = `${key}/${window.startMs}`;
      const held = windows.get(id) ?? { key, window, values: [] };
      held.values.push(value);
      windows.set(id, held);
    }
    late.push(missed);
  }
  const closed = [...windows.values()]
    .filter(({ window }) => endOfTimeMs >= window.endMs + shape.graceMs)
    .sort(byEndThenKey)
    .map(({ key, window, values }) => ({
      kind: "final" as const,
      key,
      window,
      value: foldAll(aggregate, values),
    }));
  return { closed, late };
};

/** Sessions of records that all count: sorted, and cut where neighbours are more than `gap` apart. */
export const naiveSessions = <A, R>(
  records: readonly Seen[],
  gapMs: number,
  aggregate: Aggregate<number, A, R>,
): WindowResult<R>[] => {
  const results: WindowResult<R>[] = [];
  for (const key of new Set(records.map((record) => record.key))) {
    const own = records.filter((r) => r.key === key).sort((a, b) => a.timestampMs - b.timestampMs);
    let run: Seen[] = [];
    own.forEach((record, i) => {
      run.push(record);
      const next = own[i + 1];
      if (next !== undefined && next.timestampMs - record.timestampMs <= gapMs) return;
      const window = {
        startMs: run[0]?.timestampMs ?? 0,
        endMs: record.timestampMs + gapMs + 1,
      };
      results.push({
        kind: "final",
        key,
        window,
        value: foldAll(
          aggregate,
          run.map(({ value }) => value),
        ),
      });
      run = [];
    });
  }
  return results.sort(byEndThenKey);
};

/** An operator over a store in memory, with the stream time of the records given so far. */
export class Rig<S, R> {
  store = new MemoryStore<S>();
  streamTimeMs = -1;
  readonly results: WindowResult<R>[] = [];
  readonly #make: (store: KeyValueStore<S>) => WindowOperator<number, R>;
  #operator: WindowOperator<number, R>;

  constructor(make: (store: KeyValueStore<S>) => WindowOperator<number, R>) {
    this.#make = make;
    this.#operator = make(this.store);
  }

  readonly #emit = (result: WindowResult<R>): void => {
    this.results.push(result);
  };

  observe(timestampMs: number, value = 1, key = "a"): readonly Window[] {
    this.streamTimeMs = Math.max(this.streamTimeMs, timestampMs);
    return this.#operator.observe({ key, timestampMs, value, streamTimeMs: this.streamTimeMs }, this.#emit);
  }

  /** Ends a batch. */
  closeDue(): void {
    this.#operator.closeDue(this.streamTimeMs, this.#emit);
  }

  /** What a commit does. */
  tellUpdates(): void {
    this.#operator.tellUpdates(this.streamTimeMs, this.#emit);
  }

  /** Ends a batch, and commits after it. */
  commit(): void {
    this.closeDue();
    this.tellUpdates();
  }

  /** An empty batch and a commit, as an idle task gives it. */
  advanceTo(streamTimeMs: number): void {
    this.streamTimeMs = streamTimeMs;
    this.commit();
  }

  /** As a restart does it: only what the store's bytes say goes on, in another order. */
  restart(): void {
    const restored = new MemoryStore<S>();
    const entries = [...this.store.entries()].reverse();
    for (const [key, state] of entries) restored.put(key, JSON.parse(JSON.stringify(state)));
    this.store = restored;
    this.#operator = this.#make(restored);
  }

  /** `final a [0,10) 3`, with a field of the value when one is named. */
  told(field?: keyof R): string[] {
    return this.results.map((result) => {
      const { kind, key, window } = result;
      const told =
        result.kind === "withdrawn" ? "" : field === undefined ? result.value : result.value[field];
      return `${kind} ${key} [${window.startMs},${window.endMs}) ${told}`.trimEnd();
    });
  }
}

/** Runs records through a rig to the end of time. */
export const runAll = <S, R>(
  rig: Rig<S, R>,
  records: readonly Seen[],
  endOfTimeMs: number,
  before: (i: number) => void = () => {},
): Finals<R> & { readonly left: number } => {
  const late = records.map(({ key, timestampMs, value }, i) => {
    before(i);
    return rig.observe(timestampMs, value, key);
  });
  rig.advanceTo(endOfTimeMs);
  return { closed: rig.results, late, left: rig.store.size };
};
