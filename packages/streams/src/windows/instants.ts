// Instants: the values of one key by event time, for sums over any interval of it.
//
// A sliding window has its own interval with every record, so panes do not help. The records of a millisecond are one
// instant. Instants lie in a tree, at its leaves, and a node that is finished keeps what its instants come to together.
// So an interval over n instants reads two leaves and, of each level above, the nodes beside its two ends: some 5 log n
// sums, where a pass over all of them reads n. A record in order goes to the last leaf, and costs no sum above it.
//
//   I1. Leaves are by time, all at the same depth, and never empty; so are their instants, each millisecond once.
//   I2. `acc` of a node is what its instants come to, or `null` when that is not kept: it is not for the last node of a
//       level, which changes with every record, nor for the first once it has lost instants.
//   I3. What an interval comes to does not depend on how the tree lies, but for the last bits of sums that round.
//   I4. Parts are merged in order of time.
//       (test/unit/windows/instants.test.ts)
//
// It is a B-tree that shrinks from one end, without the rebalancing that would need: nodes are split when they are full
// and removed when they are empty. K. Tangwongsan, M. Hirzel, S. Schneider, "Optimal and General Out-of-Order
// Sliding-Window Aggregation" (VLDB 2019), keep sums in such a tree in the same way.

import type { Aggregate, Guard, Merge } from "./aggregate.ts";
import { release } from "./guarded.ts";
import type { Window } from "./window.ts";

/** Instants that follow each other, as two columns, one instant at each index. */
export interface InstantLeaf<A> {
  /** See I2. */
  acc: A | null;
  /** In ascending order. */
  times: number[];
  accs: A[];
}

/** Nodes that follow each other. */
export interface InstantBranch<A> {
  /** See I2. */
  acc: A | null;
  /** Time of its first instant. */
  firstMs: number;
  /** Time of its last instant. */
  lastMs: number;
  nodes: InstantNode<A>[];
}

/** A tree of instants, or a part of one. */
export type InstantNode<A> = InstantLeaf<A> | InstantBranch<A>;

/** Most instants of a leaf. */
const leafLengthMax = 16;
/** Most nodes of a branch. */
const branchLengthMax = 8;

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

  /** Counts a value. @returns the tree, which may have a new root */
  add(root: InstantNode<A> | null, atMs: number, value: V): InstantNode<A> {
    if (root === null) return { acc: null, times: [atMs], accs: [this.#of(value)] };
    const right = this.#insert(root, atMs, value, true);
    return right === undefined ? root : branchOf([root, right], null);
  }

  /** What the instants in the window come to, in an accumulator of its own; `undefined` when there is none. */
  within(root: InstantNode<A>, window: Window): A | undefined {
    return this.#collect(root, window, undefined);
  }

  /** Forgets the instants at or before the time, and what they held. @returns what is left; `null` when nothing is */
  dropUpTo(root: InstantNode<A> | null, atMs: number, held: number[]): InstantNode<A> | null {
    if (root === null || firstOf(root) > atMs) return root;
    if (this.#drop(root, atMs, held)) return null;
    let left = root;
    while (isBranch(left) && left.nodes.length === 1) left = left.nodes[0] as InstantNode<A>;
    return left;
  }

  /** @param isLast whether it is the last node of its level @returns what did not fit, to be put after it */
  #insert(node: InstantNode<A>, atMs: number, value: V, isLast: boolean): InstantNode<A> | undefined {
    if (node.acc !== null) node.acc = this.#aggregate.add(node.acc, value);
    if (!isBranch(node)) return this.#insertInLeaf(node, atMs, value, isLast);
    const { nodes } = node;
    if (atMs < node.firstMs) node.firstMs = atMs;
    if (atMs > node.lastMs) node.lastMs = atMs;
    let at = nodes.length - 1;
    while (at > 0 && firstOf(nodes[at] as InstantNode<A>) > atMs) at--;
    const right = this.#insert(nodes[at] as InstantNode<A>, atMs, value, isLast && at === nodes.length - 1);
    if (right === undefined) return undefined;
    nodes.splice(at + 1, 0, right);
    if (nodes.length <= branchLengthMax) return undefined;
    const rest = nodes.splice(splitAt(nodes.length, isLast));
    // What its nodes come to: all of them are finished but the last of a level, which has gone to the other side.
    node.acc = this.#sum(nodes);
    node.lastMs = lastOf(nodes[nodes.length - 1] as InstantNode<A>);
    return branchOf(rest, isLast ? null : this.#sum(rest));
  }

  #insertInLeaf(leaf: InstantLeaf<A>, atMs: number, value: V, isLast: boolean): InstantLeaf<A> | undefined {
    const { times, accs } = leaf;
    const after = indexAfter(times, atMs);
    if (after > 0 && times[after - 1] === atMs) {
      accs[after - 1] = this.#aggregate.add(accs[after - 1] as A, value);
      return undefined;
    }
    if (after === times.length) {
      times.push(atMs);
      accs.push(this.#of(value));
    } else {
      times.splice(after, 0, atMs);
      accs.splice(after, 0, this.#of(value));
    }
    if (times.length <= leafLengthMax) return undefined;
    const from = splitAt(times.length, isLast);
    const rest: InstantLeaf<A> = { acc: null, times: times.splice(from), accs: accs.splice(from) };
    leaf.acc = this.#sumOf(accs);
    if (!isLast) rest.acc = this.#sumOf(rest.accs);
    return rest;
  }

  #collect(node: InstantNode<A>, window: Window, before: A | undefined): A | undefined {
    const { startMs, endMs } = window;
    const firstMs = firstOf(node);
    const lastMs = lastOf(node);
    if (lastMs < startMs || firstMs >= endMs) return before;
    if (node.acc !== null && firstMs >= startMs && lastMs < endMs) return this.#plus(before, node.acc);
    let acc = before;
    if (isBranch(node)) {
      for (const part of node.nodes) acc = this.#collect(part, window, acc);
      return acc;
    }
    const { times, accs } = node;
    const to = lastMs < endMs ? times.length : indexAfter(times, endMs - 1);
    for (let at = firstMs >= startMs ? 0 : indexAfter(times, startMs - 1); at < to; at++)
      acc = this.#plus(acc, accs[at] as A);
    return acc;
  }

  /** @returns whether nothing is left of it */
  #drop(node: InstantNode<A>, atMs: number, held: number[]): boolean {
    node.acc = null;
    if (!isBranch(node)) {
      const count = indexAfter(node.times, atMs);
      for (let at = 0; at < count; at++) release(this.#guards, held, node.accs[at] as A);
      node.times.splice(0, count);
      node.accs.splice(0, count);
      return node.times.length === 0;
    }
    const { nodes } = node;
    for (let first = nodes[0]; first !== undefined && firstOf(first) <= atMs; first = nodes[0]) {
      if (!this.#drop(first, atMs, held)) break;
      nodes.shift();
    }
    const first = nodes[0];
    if (first === undefined) return true;
    node.firstMs = firstOf(first);
    return false;
  }

  #of(value: V): A {
    return this.#aggregate.add(this.#aggregate.initial(), value);
  }

  #plus(before: A | undefined, more: A): A {
    return this.#merge(before === undefined ? this.#aggregate.initial() : before, more);
  }

  #sumOf(accs: readonly A[]): A {
    let acc = this.#aggregate.initial();
    for (const more of accs) acc = this.#merge(acc, more);
    return acc;
  }

  #sum(nodes: readonly InstantNode<A>[]): A {
    let acc: A | undefined;
    for (const node of nodes) acc = this.#collect(node, always, acc);
    return acc === undefined ? this.#aggregate.initial() : acc;
  }
}

const always: Window = { startMs: Number.NEGATIVE_INFINITY, endMs: Number.POSITIVE_INFINITY };

const isBranch = <A>(node: InstantNode<A>): node is InstantBranch<A> => "nodes" in node;

const firstOf = <A>(node: InstantNode<A>): number =>
  isBranch(node) ? node.firstMs : (node.times[0] as number);

/** The time of the last instant. */
export const lastOf = <A>(node: InstantNode<A>): number =>
  isBranch(node) ? node.lastMs : (node.times[node.times.length - 1] as number);

const branchOf = <A>(nodes: InstantNode<A>[], acc: A | null): InstantBranch<A> => ({
  acc,
  firstMs: firstOf(nodes[0] as InstantNode<A>),
  lastMs: lastOf(nodes[nodes.length - 1] as InstantNode<A>),
  nodes,
});

/** Where a full node is split: at its end when it is the last, for most records come there; else in the middle. */
const splitAt = (length: number, isLast: boolean): number => (isLast ? length - 1 : length >> 1);

/** The first time of an instant after the time, or `undefined`. */
export const nextAfter = <A>(root: InstantNode<A>, atMs: number): number | undefined => {
  let node = root;
  while (isBranch(node)) {
    const next: InstantNode<A> | undefined = node.nodes.find((part) => lastOf(part) > atMs);
    if (next === undefined) return undefined;
    node = next;
  }
  return node.times[indexAfter(node.times, atMs)];
};

/** How many times are at or before the time: at once when all are, else by halving. */
const indexAfter = (times: readonly number[], atMs: number): number => {
  let high = times.length;
  if (high > 0 && (times[high - 1] as number) <= atMs) return high;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
};
