// Generators of test input, by seed and without a test framework: the same seed gives the same events everywhere, and with
// fast-check a property takes the seed from `fc.integer()`.

/** Numbers in [0, 1) from a seed: mulberry32, the same on every machine. */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** How keys are drawn. */
export interface ZipfOptions {
  /** How many there are, at least 1. */
  readonly keys: number;
  /** 0 draws all alike; 1 draws the first twice as often as the second. Default 1. */
  readonly exponent?: number;
  /** Default `key-0`, `key-1`, … */
  readonly nameOf?: (index: number) => string;
}

/** A function that draws a key: few of them often, most of them seldom, as accounts are used. */
export const zipfKeys = (
  random: () => number,
  { keys, exponent = 1, nameOf = (index) => `key-${index}` }: ZipfOptions,
): (() => string) => {
  const cumulative = new Float64Array(keys);
  let total = 0;
  for (let i = 0; i < keys; i++) {
    total += 1 / (i + 1) ** exponent;
    cumulative[i] = total;
  }
  return () => {
    const at = random() * total;
    let [low, high] = [0, keys - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) <= at) low = middle + 1;
      else high = middle;
    }
    return nameOf(low);
  };
};

/** An event in the order in which it arrives. */
export interface ArrivingEvent<V> {
  readonly key: string;
  readonly value: V;
  /** Event time, epoch milliseconds. */
  readonly timestampMs: number;
}

/** What arrives, and how far out of order. */
export interface ArrivalOptions<V> {
  readonly seed: number;
  readonly count: number;
  /** Event time of the first at the earliest, epoch milliseconds. Default 0. */
  readonly startMs?: number;
  /** Event time between neighbours, on average; 0 to twice as much. Default 1,000. */
  readonly stepMs?: number;
  /** No event is further behind stream time than this. Default 0: in order. */
  readonly disorderMs?: number;
  /** Default 10 keys by Zipf. */
  readonly keys?: ZipfOptions;
  readonly valueAt: (random: () => number, index: number) => V;
}

/**
 * Events with bounded disorder: each has its own time, and arrives up to `disorderMs` after it. So none is ever further
 * behind stream time than `disorderMs`: with a grace of `disorderMs` and more, none is late.
 */
export const arrivingEvents = <V>({
  seed,
  count,
  startMs = 0,
  stepMs = 1_000,
  disorderMs = 0,
  keys = { keys: 10 },
  valueAt,
}: ArrivalOptions<V>): ArrivingEvent<V>[] => {
  const random = seededRandom(seed);
  const draw = zipfKeys(random, keys);
  let timestampMs = startMs;
  const arrivals = Array.from({ length: count }, (_, i) => {
    timestampMs += Math.round(random() * 2 * stepMs);
    const event = { key: draw(), value: valueAt(random, i), timestampMs };
    return { event, arrivesMs: timestampMs + Math.floor(random() * (disorderMs + 1)), i };
  });
  return arrivals.sort((a, b) => a.arrivesMs - b.arrivesMs || a.i - b.i).map(({ event }) => event);
};
