// What one event does to a match in the making: which ways on it takes, and which are left when it passes by.
//
// The rules by which ways are closed are said in program.ts (P1 to P4). It depends on where the match in the making
// stands, on which of its ways are open, and on the event; on its own events only when a condition is iterative, and on
// its last event time only when there are gaps.

import type { BufferState } from "./match-buffer.ts";
import { freshBit, type ProgramState, type Transition } from "./program.ts";
import type { Truths } from "./truths.ts";

/** Where a match in the making stands. */
export interface Standing<E> {
  readonly place: ProgramState;
  /** Its open ways, as bits. */
  readonly open: number;
  /** From its last event to the event in hand, milliseconds; 0 where there are no gaps. */
  readonly sinceMs: number;
  /** Its last event, for iterative conditions. */
  readonly buffer: BufferState<E>;
  readonly node: number;
}

/** The answer, as bits of transitions. One object is used again and again. */
export interface Offered {
  /** Ways on whose step could take the event, were it not for a `notNext` or a greedy loop. */
  possible: number;
  /** Ways on that take it. */
  taken: number;
  /** What is open once it has passed by; a pending absence is left as it was. */
  open: number;
}

/** Offers the event that `truths` is about. */
export const offer = <E>(standing: Standing<E>, truths: Truths<E>, into: Offered): void => {
  const { place, buffer, node, sinceMs } = standing;
  const { transitions } = place;
  const isFresh = (standing.open & freshBit) !== 0;
  let open = standing.open & ~freshBit;
  let fitting = 0;
  let possible = 0;
  for (let i = 0; i < transitions.length; i++) {
    const transition = transitions[i];
    if (transition === undefined || (open & (1 << i)) === 0) continue;
    if (!truths.holds(transition.where, buffer, node)) continue;
    fitting |= 1 << i;
    if (transition.until >= 0 && truths.holds(transition.until, buffer, node)) continue;
    if (sinceMs <= transition.gapMs) possible |= 1 << i;
  }
  let taken = 0;
  for (let i = 0; i < transitions.length; i++) {
    const bit = 1 << i;
    const transition = transitions[i];
    if (transition === undefined || (open & bit) === 0) continue;
    const isForbidden = isFresh && truths.anyHolds(transition.notNext, buffer, node);
    if (isForbidden || (possible & transition.yieldsTo) !== 0) {
      open &= ~bit;
      continue;
    }
    taken |= possible & bit;
    if (closes(transition, (fitting & bit) !== 0) || isEnded(transition, truths, buffer, node)) open &= ~bit;
  }
  into.possible = possible;
  into.taken = taken;
  into.open = open;
};

/** Ways in which an event may begin a match, as bits of `begin`. */
export const offerToBegin = <E>(begin: readonly Transition[], truths: Truths<E>): number => {
  let possible = 0;
  for (let i = 0; i < begin.length; i++) {
    const transition = begin[i];
    if (transition === undefined || !truths.holds(transition.where, undefined, -1)) continue;
    if (transition.until < 0 || !truths.holds(transition.until, undefined, -1)) possible |= 1 << i;
  }
  let taken = possible;
  for (let i = 0; i < begin.length; i++) if ((possible & (begin[i]?.yieldsTo ?? 0)) !== 0) taken &= ~(1 << i);
  return taken;
};

/** The number of events that the step has taken, with one more. */
export const nextCount = ({ min, max }: ProgramState, count: number): number =>
  max === Number.POSITIVE_INFINITY && count >= min ? min : count + 1;

/** What a match in the making may do that has just taken its `count`-th event of the step. */
export const openOf = (place: ProgramState, count: number): number =>
  (count < place.max ? place.loopBit : 0) | (count >= place.min ? place.exitBits : 0) | place.freshBit;

/** Whether an event that passes by closes the transition (program.ts, P1). */
const closes = ({ contiguity }: Transition, isFitting: boolean): boolean =>
  contiguity === "strict" || (contiguity === "relaxed" && isFitting);

const isEnded = <E>(
  transition: Transition,
  truths: Truths<E>,
  buffer: BufferState<E>,
  node: number,
): boolean => {
  const isStopped = transition.loops && transition.until >= 0 && truths.holds(transition.until, buffer, node);
  return isStopped || truths.anyHolds(transition.notFollowedBy, buffer, node);
};
