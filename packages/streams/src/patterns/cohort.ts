// Cohorts: matches in the making that stand in the same state, kept together.
//
// With simple conditions and without gaps, what an event does to a match in the making depends on where it stands and on
// nothing else. Those that stand in the same state take the same events from then on: these are held once, in the tail
// of their cohort, and each beginning knows where in the tail it joined. So an event costs the same however many
// beginnings wait for what follows, and so does what is stored of it.
//
//   C1. The chain of a member is its own node (match-buffer.ts) and then the tail from where it joined.
//   C2. Members are in order of their starts, each start once: of two ways to the same state from the same event the one
//       that comes first in preference is kept (preference.ts, D1).
//   C3. A tail begins where the first of its members joined: what no member needs is let go.
//   C4. When cohorts meet in a state, one of them takes the other in. Those that come write the tail they had into nodes
//       of their own, once; two that have just taken the same event share it.

import {
  appendNode,
  type BufferState,
  chainOf,
  type Link,
  linkTo,
  release,
  releaseEvent,
  retain,
  retainEvent,
} from "./match-buffer.ts";
import { compareChains } from "./preference.ts";

/** One match in the making of a cohort. */
export interface Member {
  /** Position of its first event. */
  readonly start: number;
  readonly firstMs: number;
  /** Its events before it joined, as a chain in the match buffer. */
  node: number;
  /** How many those are. */
  length: number;
  /** How many events the tail had when it joined, those let go included. */
  joined: number;
}

/** Matches in the making that stand in the same state. Plain data, never without a member. */
export interface Cohort {
  /** The step that took its last event. */
  step: number;
  /** How many events that step has taken; stops at the minimum when there is no maximum. */
  count: number;
  /** What its members may still do, as bits (program.ts). */
  open: number;
  /** How many events of the tail were let go. */
  base: number;
  /** The events that its members took together, as places in the match buffer, and the steps that took them. */
  tail: number[];
  steps: number[];
  /** How many members joined at each place of the tail, and after it: one longer than the tail. */
  joins: number[];
  members: Member[];
}

/** A cohort of one match in the making that has just begun. */
export const beginningOf = (
  { step, count, open }: Pick<Cohort, "step" | "count" | "open">,
  { start, firstMs, node }: Pick<Member, "start" | "firstMs" | "node">,
): Cohort => ({
  step,
  count,
  open,
  base: 0,
  tail: [],
  steps: [],
  joins: [1],
  members: [{ start, firstMs, node, length: 1, joined: 0 }],
});

/** The same cohort once more, for one that goes on in two ways. */
export const copyOf = <E>(buffer: BufferState<E>, cohort: Cohort): Cohort => {
  for (const { node } of cohort.members) retain(buffer, node);
  for (const event of cohort.tail) retainEvent(buffer, event);
  return cloneOf(cohort);
};

/** The same data, for a copy of the whole buffer. */
export const cloneOf = (cohort: Cohort): Cohort => ({
  ...cohort,
  tail: [...cohort.tail],
  steps: [...cohort.steps],
  joins: [...cohort.joins],
  members: cohort.members.map((member) => ({ ...member })),
});

/** All members take the event. */
export const extend = <E>(
  buffer: BufferState<E>,
  cohort: Cohort,
  event: number,
  to: Pick<Cohort, "step" | "count" | "open">,
): void => {
  retainEvent(buffer, event);
  cohort.tail.push(event);
  cohort.steps.push(to.step);
  cohort.joins.push(0);
  cohort.step = to.step;
  cohort.count = to.count;
  cohort.open = to.open;
};

/** Lets go of everything. */
export const dropAll = <E>(buffer: BufferState<E>, { members, tail }: Cohort): void => {
  for (const { node } of members) release(buffer, node);
  for (const event of tail) releaseEvent(buffer, event);
};

/** Lets go of the members that began before `fromMs`. */
export const dropBefore = <E>(buffer: BufferState<E>, cohort: Cohort, fromMs: number): void => {
  const { members } = cohort;
  let count = 0;
  for (; count < members.length && (members[count] as Member).firstMs < fromMs; count++)
    leave(buffer, cohort, members[count] as Member);
  if (count === 0) return;
  members.splice(0, count);
  trim(buffer, cohort);
};

/** The events of a member. */
export const linksOf = <E>(buffer: BufferState<E>, cohort: Cohort, member: Member): Link<E>[] => {
  const links = chainOf(buffer, member.node);
  for (let at = member.joined - cohort.base; at < cohort.tail.length; at++)
    links.push(linkTo(buffer, cohort.steps[at] as number, cohort.tail[at] as number));
  return links;
};

/** How many events a member has. */
export const lengthIn = ({ base, tail }: Cohort, { length, joined }: Member): number =>
  length + base + tail.length - joined;

/** Makes one of two cohorts that stand in the same state (C4). Both are used up. */
export const join = <E>(buffer: BufferState<E>, a: Cohort, b: Cohort): Cohort => {
  const [host, guest] = workOf(a) >= workOf(b) ? [a, b] : [b, a];
  // Both have just taken the same event, so it is the last of both: it need not be written twice.
  const isShared =
    host.tail.length > 0 &&
    guest.tail.length > 0 &&
    host.tail[host.tail.length - 1] === guest.tail[guest.tail.length - 1] &&
    host.steps[host.steps.length - 1] === guest.steps[guest.steps.length - 1];
  const own = guest.tail.length - (isShared ? 1 : 0);
  const joined = host.base + host.tail.length - (isShared ? 1 : 0);
  for (const member of guest.members) {
    for (let at = member.joined - guest.base; at < own; at++) append(buffer, guest, member, at);
    member.joined = joined;
  }
  for (const event of guest.tail) releaseEvent(buffer, event);
  host.joins[joined - host.base] = (host.joins[joined - host.base] ?? 0) + guest.members.length;
  host.members = together(buffer, host, guest.members);
  trim(buffer, host);
  return host;
};

/** Lets go of the members of `worse` that `better`, which can do all that they can, has as well or better (D1). */
export const dropDominated = <E>(buffer: BufferState<E>, better: Cohort, worse: Cohort): void => {
  const kept: Member[] = [];
  let at = 0;
  for (const member of worse.members) {
    while (at < better.members.length && (better.members[at] as Member).start < member.start) at++;
    const other = better.members[at];
    const isDominated =
      other?.start === member.start && compareMembers(buffer, better, other, worse, member) <= 0;
    if (isDominated) leave(buffer, worse, member);
    else kept.push(member);
  }
  if (kept.length === worse.members.length) return;
  worse.members = kept;
  trim(buffer, worse);
};

/** Negative when `a` comes first; of the same start or not. */
export const compareMembers = <E>(
  buffer: BufferState<E>,
  inA: Cohort,
  a: Member,
  inB: Cohort,
  b: Member,
): number => {
  if (a.start !== b.start) return a.start - b.start;
  const byLength = lengthIn(inB, b) - lengthIn(inA, a);
  if (byLength !== 0) return byLength;
  return compareChains(linksOf(buffer, inA, a), linksOf(buffer, inB, b), 1);
};

/** Both lists in order of start; of the same start the one that comes first. All are members of the cohort. */
const together = <E>(buffer: BufferState<E>, cohort: Cohort, more: Member[]): Member[] => {
  const { members } = cohort;
  if ((members[members.length - 1] as Member).start < (more[0] as Member).start) {
    for (const member of more) members.push(member);
    return members;
  }
  const all: Member[] = [];
  for (const member of [...members, ...more].sort((a, b) => a.start - b.start)) {
    const last = all[all.length - 1];
    if (last?.start !== member.start) {
      all.push(member);
      continue;
    }
    const isFirst = compareMembers(buffer, cohort, last, cohort, member) <= 0;
    leave(buffer, cohort, isFirst ? member : last);
    if (!isFirst) all[all.length - 1] = member;
  }
  return all;
};

/** What it would take to write the tail into nodes, at most. */
const workOf = ({ tail, members }: Cohort): number => tail.length * members.length;

const append = <E>(buffer: BufferState<E>, cohort: Cohort, member: Member, at: number): void => {
  const { node } = member;
  member.node = appendNode(buffer, cohort.tail[at] as number, cohort.steps[at] as number, node);
  member.length++;
  release(buffer, node);
};

const leave = <E>(buffer: BufferState<E>, { joins, base }: Cohort, { node, joined }: Member): void => {
  release(buffer, node);
  joins[joined - base] = (joins[joined - base] ?? 0) - 1;
};

/** Lets go of the part of the tail that no member has (C3). */
const trim = <E>(buffer: BufferState<E>, cohort: Cohort): void => {
  const { tail, steps, joins } = cohort;
  let count = 0;
  for (; count < tail.length && joins[count] === 0; count++) releaseEvent(buffer, tail[count] as number);
  if (count === 0) return;
  tail.splice(0, count);
  steps.splice(0, count);
  joins.splice(0, count);
  cohort.base += count;
};
