// Instants: the values of one key by event time, for sums over any interval of it.
//
// A sliding window has its own interval with every record, so panes do not help. The records of a millisecond are one
// instant; instants lie in chunks of bounded length, and a chunk that is not the last keeps what its instants come to
// together. An interval costs the instants of the chunks it cuts, and one merge for each chunk it covers: for n instants
// about n / 64 + 128, where a pass over all of them costs n.
//
//   I1. Chunks are by time and never empty; so are the instants of a chunk, each millisecond once.
//   I2. `acc` of a chunk is what its instants come to, or `null` when that is not kept: the last chunk's is not, it
//       changes with every record, nor that of a chunk that lost instants.
//   I3. What an interval comes to does not depend on how the chunks lie.
//       (test/unit/windows/instants.test.ts)

import type { Aggregate, Guard, Merge } from "./aggregate.ts";
import { release } from "./guarded.ts";
import type { Window } from "./window.ts";

/** The values of one millisecond. */
export interface Instant<A> {
  readonly atMs: number;
  acc: A;
}

/** Instants that follow each other. */
export interface Chunk<A> {
  /** Time of its first instant; here too, so that looking for a chunk does not read its instants. */
  firstMs: number;
  /** Time of its last instant. */
  lastMs: number;
  /** See I2. */
  acc: A | null;
  instants: Instant<A>[];
}

/**
 * Most instants of a chunk; a full one is split, or a new one begun. An interval over n instants reads about
 * n / 64 + 128 of either. Where a key has far more, a resolution (L6 in sliding-window.ts) bounds n.
 */
const chunkLengthMax = 64;

/** Counts and sums instants, with one aggregate. Keeps nothing itself. */
export class Instants<V, A, R> {
  readonly #aggregate: Aggregate<V, A, R>;
  readonly #merge: Merge<A>;
  readonly #guards: readonly Guard<V, A>[];

  constructor(aggregate: Aggregate<V, A, R>, merge: Merge<A>) {
    this.#aggregate = aggregate;
    this.#merge = merge;
    this.#guards = aggregate.guards ?? [];
  }

  /** Counts a value. */
  add(chunks: Chunk<A>[], atMs: number, value: V): void {
    const at = placeOf(chunks, atMs);
    const chunk = chunks[at];
    if (chunk === undefined) {
      chunks.push(chunkOf([{ atMs, acc: this.#of(value) }], null));
      return;
    }
    if (chunk.acc !== null) chunk.acc = this.#aggregate.add(chunk.acc, value);
    const { instants } = chunk;
    const after = indexAfter(instants, atMs);
    const instant = instants[after - 1];
    if (instant?.atMs === atMs) instant.acc = this.#aggregate.add(instant.acc, value);
    else if (after === instants.length) instants.push({ atMs, acc: this.#of(value) });
    else instants.splice(after, 0, { atMs, acc: this.#of(value) });
    if (atMs < chunk.firstMs) chunk.firstMs = atMs;
    if (atMs > chunk.lastMs) chunk.lastMs = atMs;
    if (instants.length > chunkLengthMax) this.#split(chunks, at);
  }

  /** What the instants in the window come to, in an accumulator of its own; `undefined` when there is none. */
  within(chunks: readonly Chunk<A>[], { startMs, endMs }: Window): A | undefined {
    let acc: A | undefined;
    for (let i = chunks.length - 1; i >= 0; i--) {
      const { acc: whole, firstMs, lastMs, instants } = chunks[i] as Chunk<A>;
      if (lastMs < startMs) break;
      if (firstMs >= endMs) continue;
      if (whole !== null && firstMs >= startMs && lastMs < endMs) {
        acc = this.#merge(acc ?? this.#aggregate.initial(), whole);
        continue;
      }
      for (let at = indexAfter(instants, endMs - 1) - 1; at >= 0; at--) {
        const instant = instants[at] as Instant<A>;
        if (instant.atMs < startMs) break;
        acc = this.#merge(acc ?? this.#aggregate.initial(), instant.acc);
      }
    }
    return acc;
  }

  /** Forgets the instants at or before the time, and what they held. */
  dropUpTo(chunks: Chunk<A>[], atMs: number, held: number[]): void {
    for (let chunk = chunks[0]; chunk !== undefined && chunk.firstMs <= atMs; chunk = chunks[0]) {
      const count = indexAfter(chunk.instants, atMs);
      const dropped = chunk.instants.splice(0, count);
      for (const { acc } of dropped) release(this.#guards, held, acc);
      const first = chunk.instants[0];
      if (first !== undefined) {
        chunk.firstMs = first.atMs;
        chunk.acc = null;
        return;
      }
      chunks.shift();
    }
  }

  #of(value: V): A {
    return this.#aggregate.add(this.#aggregate.initial(), value);
  }

  /** At its end when it is the last, for most records come there; else in the middle. */
  #split(chunks: Chunk<A>[], at: number): void {
    const { instants } = chunks[at] as Chunk<A>;
    const isLast = at === chunks.length - 1;
    const rest = instants.splice(isLast ? instants.length - 1 : instants.length >> 1);
    chunks.splice(
      at,
      1,
      chunkOf(instants, this.#sum(instants)),
      chunkOf(rest, isLast ? null : this.#sum(rest)),
    );
  }

  #sum(instants: readonly Instant<A>[]): A {
    let acc = this.#aggregate.initial();
    for (const instant of instants) acc = this.#merge(acc, instant.acc);
    return acc;
  }
}

const chunkOf = <A>(instants: Instant<A>[], acc: A | null): Chunk<A> => ({
  firstMs: (instants[0] as Instant<A>).atMs,
  lastMs: (instants[instants.length - 1] as Instant<A>).atMs,
  acc,
  instants,
});

/** The first instant after the time, or `undefined`. */
export const nextAfter = <A>(chunks: readonly Chunk<A>[], atMs: number): Instant<A> | undefined => {
  const chunk = chunks.find(({ lastMs }) => lastMs > atMs);
  return chunk?.instants[indexAfter(chunk.instants, atMs)];
};

/** Where a time belongs: the last chunk that begins at or before it, or the first. */
const placeOf = <A>(chunks: readonly Chunk<A>[], atMs: number): number => {
  let at = chunks.length - 1;
  while (at > 0 && (chunks[at] as Chunk<A>).firstMs > atMs) at--;
  return Math.max(at, 0);
};

/** How many instants are at or before the time: at once when it is the last, else by halving. */
const indexAfter = <A>(instants: readonly Instant<A>[], atMs: number): number => {
  let high = instants.length;
  if (high > 0 && (instants[high - 1] as Instant<A>).atMs <= atMs) return high;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((instants[middle] as Instant<A>).atMs <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
};
