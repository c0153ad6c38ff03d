// Which of two matches comes first, and which matches in the making can be forgotten because of that.
//
// Matches that complete with the same event are given out in this order; `skipPastLast` keeps the first alone.
//
//   earliest   the one that begins first; of those the longest; of those the one whose events come first;
//              of the same events the one whose earlier steps have more of them
//   latest     the one that begins last; of those the longest; of those the one whose events come last; then the same
//
//   D1. Under `skipPastLast` one match in the making can be dropped for another that stands in the same state, can do
//       all that it can, lives at least as long and comes first: whatever completes it completes the other too.
//   D2. `earliest` compares those that begin with the same event: one that begins earlier also ends earlier.
//       (test/unit/patterns/naive-matcher.test.ts, "pruning changes no match")

import { type BufferState, chainOf, type Link } from "./match-buffer.ts";
import type { PartialMatch } from "./partial-match.ts";
import type { Program } from "./program.ts";
import type { Evidence } from "./skip.ts";

/** A match in the making or complete: where it begins, how long it is and where its chain ends. */
export type Ranked = Pick<PartialMatch, "start" | "length" | "node">;

/** Negative when `a` comes first; 0 only for the same match. */
export const compareMatches = <E>(
  evidence: Evidence,
  buffer: BufferState<E>,
  a: Ranked,
  b: Ranked,
): number => {
  const direction = evidence === "earliest" ? 1 : -1;
  const byStart = (a.start - b.start) * direction;
  if (byStart !== 0) return byStart;
  if (a.length !== b.length) return b.length - a.length;
  if (a.node === b.node) return 0;
  return compareChains(chainOf(buffer, a.node), chainOf(buffer, b.node), direction);
};

/** The same for chains of the same start and length; `direction` is 1 for `earliest` and -1 for `latest`. */
export const compareChains = <E>(a: readonly Link<E>[], b: readonly Link<E>[], direction: number): number => {
  for (const [i, link] of a.entries()) {
    const byPosition = link.buffered.position - (b[i]?.buffered.position ?? 0);
    if (byPosition !== 0) return byPosition * direction;
  }
  for (const [i, link] of a.entries()) {
    const byStep = link.step - (b[i]?.step ?? 0);
    if (byStep !== 0) return byStep;
  }
  return 0;
};

/** The matches in the making that are worth keeping; `drop` is told of the others. In the order given. */
export const withoutDominated = <E>(
  program: Program<E, string>,
  buffer: BufferState<E>,
  partials: readonly PartialMatch[],
  drop: (partial: PartialMatch) => void,
): PartialMatch[] => {
  const { evidence } = program.skip;
  const kept: PartialMatch[] = [];
  for (const partial of partials) {
    let isDominated = false;
    for (let i = kept.length - 1; i >= 0; i--) {
      const other = kept[i];
      if (other === undefined) continue;
      // Matches in the making are in order of their first events, so the rest begins earlier still.
      if (evidence === "earliest" && other.start !== partial.start) break;
      const order = compareIfAlike(program, buffer, other, partial);
      if (order < 0) {
        isDominated = true;
        break;
      }
      if (order > 0) {
        drop(other);
        kept.splice(i, 1);
      }
    }
    if (isDominated) drop(partial);
    else kept.push(partial);
  }
  return kept;
};

/** Negative: `a` dominates `b`; positive: `b` dominates `a`; 0: neither. */
const compareIfAlike = <E>(
  program: Program<E, string>,
  buffer: BufferState<E>,
  a: PartialMatch,
  b: PartialMatch,
): number => {
  if (a.step !== b.step || a.count !== b.count) return 0;
  const shared = a.open & b.open;
  const isSame = a.open === b.open;
  // A match in the making that can do more, or for longer, may also be forbidden more: to leave a greedy loop, to be
  // followed directly.
  if (!isSame && (program.hasVetoes || (shared !== a.open && shared !== b.open))) return 0;
  const order = compareMatches(program.skip.evidence, buffer, a, b);
  const [better, worse] = order <= 0 ? [a, b] : [b, a];
  if (shared !== worse.open) return 0;
  if (!program.hasGaps || better.lastMs === worse.lastMs) return order;
  return program.hasVetoes || better.lastMs < worse.lastMs ? 0 : order;
};
