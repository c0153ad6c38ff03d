// HyperLogLog: how many different values there are, in fixed space.
//
// A value is hashed to 64 bits. The first p bits choose one of m = 2^p registers, which keeps the largest rank seen: the
// position of the first 1 among the other bits. Few values are kept as a sorted list of (register, rank); when the list
// would be larger than all registers together, they are written out, five ranks of six bits to an integer.
//
//   C1. Standard error 1.04 / sqrt(m): 1.63 % at p = 12.
//       P. Flajolet, E. Fusy, O. Gandouet, F. Meunier, "HyperLogLog: the analysis of a near-optimal cardinality
//       estimation algorithm" (AofA 2007).
//   C2. The estimate is Ertl's improved raw estimator: one formula for all sizes, unbiased, without measured tables.
//       O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (arXiv:1702.01284), algorithm 6.
//   C3. The merge of two sketches is exactly the sketch of the union. Order and repetition change nothing.
//   C4. The accumulator is JSON: at p = 12 at most 820 integers.
//
// Our own rather than a package: those there are hash with node:crypto or keep buffers, which no changelog in JSON
// brings back, and it is a hundred lines.

import { StreamsConfigError } from "../errors.ts";
import type { Aggregate } from "./aggregate.ts";
import { hash32 } from "./hash.ts";

/** What is stored. One of the lists is `null`. */
export interface HyperLogLogState {
  /** Sorted; each is `register * 64 + rank`, one per register that was hit. */
  sparse: number[] | null;
  /** Five ranks of six bits each, the lowest register in the lowest bits. */
  dense: number[] | null;
}

const rankBits = 6;
const perWord = 5;
/** Two arbitrary constants, far apart: the halves of the hash must not depend on each other. */
const seeds = [0x9747b28c, 0x1b54a32d] as const;
const precisionMin = 4;
/** A sketch of 2^16 registers is 13,108 integers: more does not belong into a window. */
const precisionMax = 16;
const inverseTwoLogTwo = 1 / (2 * Math.LN2);

/** How exactly distinct values are counted. */
export interface DistinctOptions {
  /**
   * Number of registers as a power of two, 4 to 16. One more halves the squared error and doubles the space.
   * @default 12: 1.63 % standard error, at most 820 integers
   */
  readonly precision?: number;
}

/**
 * About how many different texts there are (C1). Over `de, fr, de`: 2, and for counts this small it is nearly always
 * exact.
 *
 * @throws StreamsConfigError when the precision is out of its range
 */
export const distinct = <V>(
  of: (value: V) => string,
  options: DistinctOptions = {},
): Aggregate<V, HyperLogLogState, number> => {
  const { precision = 12 } = options;
  if (!Number.isInteger(precision) || precision < precisionMin || precision > precisionMax)
    throw new StreamsConfigError([
      `windows.distinct: precision is ${precision}; give a whole number from ${precisionMin} to ${precisionMax}`,
    ]);
  const registers = 2 ** precision;
  return {
    initial: () => ({ sparse: [], dense: null }),
    add: (state, value) => {
      raise(state, registers, encodedHash(of(value), precision));
      return state;
    },
    merge: (into, more) => {
      forEachEntry(more, (entry) => raise(into, registers, entry));
      return into;
    },
    result: (state) => estimate(state, precision),
  };
};

/** `register * 64 + rank` of a text. */
const encodedHash = (text: string, precision: number): number => {
  const high = hash32(text, seeds[0]);
  const register = high >>> (32 - precision);
  const rest = high << precision;
  const leading = Math.clz32(rest);
  // Where the rest of the first half is all zeros, the second half goes on.
  const zeros = leading < 32 - precision ? leading : 32 - precision + Math.clz32(hash32(text, seeds[1]));
  return (register << rankBits) + zeros + 1;
};

const rankOf = (entry: number): number => entry & (2 ** rankBits - 1);

const raise = (state: HyperLogLogState, registers: number, entry: number): void => {
  const { dense, sparse } = state;
  if (dense !== null) raiseDense(dense, entry);
  else if (sparse !== null) {
    raiseSparse(sparse, entry);
    if (sparse.length * perWord > registers) {
      const written = new Array<number>(Math.ceil(registers / perWord)).fill(0);
      for (const known of sparse) raiseDense(written, known);
      state.dense = written;
      state.sparse = null;
    }
  }
};

const raiseDense = (dense: number[], entry: number): void => {
  const register = entry >> rankBits;
  const word = Math.floor(register / perWord);
  const shift = (register % perWord) * rankBits;
  const held = dense[word] ?? 0;
  const known = (held >> shift) & (2 ** rankBits - 1);
  if (rankOf(entry) > known) dense[word] = held + ((rankOf(entry) - known) << shift);
};

const raiseSparse = (sparse: number[], entry: number): void => {
  const register = entry >> rankBits;
  let low = 0;
  let high = sparse.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sparse[middle] ?? 0) >> rankBits < register) low = middle + 1;
    else high = middle;
  }
  const known = sparse[low];
  if (known === undefined || known >> rankBits !== register) sparse.splice(low, 0, entry);
  else if (entry > known) sparse[low] = entry;
};

const forEachEntry = (state: HyperLogLogState, visit: (entry: number) => void): void => {
  for (const entry of state.sparse ?? []) visit(entry);
  (state.dense ?? []).forEach((word, at) => {
    for (let i = 0; i < perWord; i++) {
      const rank = rankOf(word >> (i * rankBits));
      if (rank > 0) visit(((at * perWord + i) << rankBits) + rank);
    }
  });
};

/** Ertl's algorithm 6: a sum over how many registers have which rank, corrected at both ends (C2). */
const estimate = (state: HyperLogLogState, precision: number): number => {
  const registers = 2 ** precision;
  const rankMax = 64 - precision;
  const withRank = new Array<number>(rankMax + 2).fill(0);
  let hit = 0;
  forEachEntry(state, (entry) => {
    const rank = rankOf(entry);
    withRank[rank] = (withRank[rank] ?? 0) + 1;
    hit++;
  });
  let z = registers * tau(1 - (withRank[rankMax + 1] ?? 0) / registers);
  for (let rank = rankMax; rank >= 1; rank--) z = 0.5 * (z + (withRank[rank] ?? 0));
  z += registers * sigma((registers - hit) / registers);
  return Math.round((inverseTwoLogTwo * registers * registers) / z);
};

const sigma = (empty: number): number => {
  if (empty === 1) return Number.POSITIVE_INFINITY;
  let [x, weight, total, before] = [empty, 1, empty, -1];
  while (total !== before) {
    before = total;
    x *= x;
    total += x * weight;
    weight += weight;
  }
  return total;
};

const tau = (unsaturated: number): number => {
  if (unsaturated === 0 || unsaturated === 1) return 0;
  let [x, weight, total, before] = [unsaturated, 1, 1 - unsaturated, -1];
  while (total !== before) {
    before = total;
    x = Math.sqrt(x);
    weight *= 0.5;
    total -= (1 - x) ** 2 * weight;
  }
  return total / 3;
};
