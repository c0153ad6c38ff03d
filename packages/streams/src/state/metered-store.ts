// Decorator: counts operations, and times one in a thousand. Counting is one addition; a clock read costs more than a
// whole lookup, so most operations see none.

import type { KeyValueStore } from "./store.ts";

/** Kinds of operation. `scan` is a walk over all entries, counted when it begins and not timed. */
export type StoreOperation = "get" | "put" | "delete" | "scan";

/** What one kind of operation came to. */
export interface OperationFigures {
  readonly operation: StoreOperation;
  readonly count: number;
  /** How many of them were timed. */
  readonly timed: number;
  /** How long the timed ones took together, milliseconds. */
  readonly timedMs: number;
}

const sampleMask = 1_023;

/** Counts and times one kind of operation. */
class OperationMeter {
  count = 0;
  timed = 0;
  timedMs = 0;

  time(startedMs: number): void {
    this.timed++;
    this.timedMs += performance.now() - startedMs;
  }
}

/** The figures of one store by name, over all tasks of a process. */
export class StoreMeter {
  readonly get = new OperationMeter();
  readonly put = new OperationMeter();
  readonly delete = new OperationMeter();
  readonly scan = new OperationMeter();

  figures(): OperationFigures[] {
    return (["get", "put", "delete", "scan"] as const).map((operation) => {
      const { count, timed, timedMs } = this[operation];
      return { operation, count, timed, timedMs };
    });
  }
}

/** A store that is counted. */
export class MeteredStore<V> implements KeyValueStore<V> {
  readonly #inner: KeyValueStore<V>;
  readonly #meter: StoreMeter;

  constructor(inner: KeyValueStore<V>, meter: StoreMeter) {
    this.#inner = inner;
    this.#meter = meter;
  }

  get size(): number {
    return this.#inner.size;
  }

  get(key: string): V | undefined {
    const meter = this.#meter.get;
    if ((++meter.count & sampleMask) !== 0) return this.#inner.get(key);
    const startedMs = performance.now();
    const value = this.#inner.get(key);
    meter.time(startedMs);
    return value;
  }

  put(key: string, value: V): void {
    const meter = this.#meter.put;
    if ((++meter.count & sampleMask) !== 0) {
      this.#inner.put(key, value);
      return;
    }
    const startedMs = performance.now();
    this.#inner.put(key, value);
    meter.time(startedMs);
  }

  delete(key: string): void {
    const meter = this.#meter.delete;
    if ((++meter.count & sampleMask) !== 0) {
      this.#inner.delete(key);
      return;
    }
    const startedMs = performance.now();
    this.#inner.delete(key);
    meter.time(startedMs);
  }

  entries(): IterableIterator<[string, V]> {
    this.#meter.scan.count++;
    return this.#inner.entries();
  }
}

/** The meter of a store by name, made at its first use. */
export const meterOf = (meters: Map<string, StoreMeter>, store: string): StoreMeter => {
  const meter = meters.get(store) ?? new StoreMeter();
  meters.set(store, meter);
  return meter;
};
