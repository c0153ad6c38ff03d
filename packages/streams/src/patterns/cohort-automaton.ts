// The automaton by cohorts: for patterns of which `skipPastLast` with earliest evidence gives out one match at a time.
//
// The general automaton (automaton.ts) keeps a match in the making for each event that begins one, because the earliest
// may run out of time first; each of them takes each event that follows. Here those in the same state are one cohort
// (cohort.ts), and an event is offered to the cohorts.
//
//   G1. It gives the same matches as the general automaton, in the same order.
//   G2. A match discards all that began at or before its last event, which is everything the key has: its state is gone.
//
// (test/unit/patterns/cohorts.test.ts; test/unit/patterns/naive-matcher.test.ts)

import {
  beginningOf,
  type Cohort,
  compareMembers,
  copyOf,
  dropAll,
  dropBefore,
  dropDominated,
  extend,
  join,
  linksOf,
  type Member,
} from "./cohort.ts";
import type { PatternEvent, PatternMatch } from "./event.ts";
import { matchOf, type Taken } from "./match.ts";
import { addEvent, appendNode, emptyBuffer, releaseEvent, retainEvent } from "./match-buffer.ts";
import { nextCount, type Offered, offer, offerToBegin, openOf } from "./offer.ts";
import { freshBit, type Program, type ProgramState, stateAt, type Transition } from "./program.ts";
import { assertInOrder, type CohortState, neverMs, stateVersion } from "./state.ts";
import type { StepResult } from "./step-result.ts";
import { Truths } from "./truths.ts";

const none: readonly never[] = [];

/** Takes one event; see step.ts. */
export const stepCohorts = <E, S extends string>(
  program: Program<E, S>,
  state: CohortState<E> | undefined,
  event: PatternEvent<E>,
): StepResult<E, S> => new CohortRun(program, state, event).take();

/** Lets time pass; see step.ts. */
export const advanceCohorts = <E, S extends string>(
  program: Program<E, S>,
  state: CohortState<E>,
  streamTimeMs: number,
): StepResult<E, S> => {
  expire(program, state, streamTimeMs);
  return resultOf(state);
};

const newState = <E>({ shape }: Program<E, string>): CohortState<E> => ({
  version: stateVersion,
  shape,
  form: "cohorts",
  next: 0,
  seenMs: Number.MIN_SAFE_INTEGER,
  seenOffset: -1,
  dueMs: neverMs,
  cohorts: [],
  buffer: emptyBuffer(),
});

const resultOf = <E, S extends string>(state: CohortState<E> | undefined): StepResult<E, S> => ({
  state: state === undefined || state.cohorts.length === 0 ? undefined : state,
  changed: state !== undefined,
  matches: none,
  timedOut: none,
});

/** Ends what is over before `nowMs`. */
const expire = <E>({ withinMs }: Program<E, string>, state: CohortState<E>, nowMs: number): void => {
  if (state.dueMs >= nowMs) return;
  const { buffer } = state;
  for (const cohort of state.cohorts) dropBefore(buffer, cohort, nowMs - withinMs);
  // Without a member nothing holds the tail: what is left of such a cohort is nothing.
  state.cohorts = state.cohorts.filter(({ members }) => members.length > 0);
  state.dueMs = dueMsOf(state.cohorts, withinMs);
};

const dueMsOf = (cohorts: readonly Cohort[], withinMs: number): number => {
  let dueMs = neverMs;
  for (const { members } of cohorts) dueMs = Math.min(dueMs, (members[0] as Member).firstMs + withinMs);
  return dueMs;
};

/** One step. */
class CohortRun<E, S extends string> {
  readonly #program: Program<E, S>;
  readonly #event: PatternEvent<E>;
  readonly #truths: Truths<E>;
  readonly #offered: Offered = { possible: 0, taken: 0, open: 0 };
  #state: CohortState<E> | undefined;
  /** What the event does to each cohort, by its index: the ways on that take it, and what is open afterwards. */
  readonly #taken: number[] = [];
  readonly #open: number[] = [];
  #cohorts: Cohort[] = [];
  /** Where the event in hand is in the buffer, -1 until something takes it. */
  #eventAt = -1;

  constructor(program: Program<E, S>, state: CohortState<E> | undefined, event: PatternEvent<E>) {
    this.#program = program;
    this.#state = state;
    this.#event = event;
    this.#truths = new Truths(program, event);
  }

  take(): StepResult<E, S> {
    const before = this.#state;
    if (before !== undefined) {
      assertInOrder(before, this.#event);
      expire(this.#program, before, this.#event.eventTimeMs);
      for (const cohort of before.cohorts) this.#offer(before, cohort);
    }
    const begun = offerToBegin(this.#program.begin, this.#truths);
    const match = this.#completed(before, begun);
    if (match !== undefined) return { state: undefined, changed: true, matches: [match], timedOut: none };
    if (before !== undefined) for (let i = 0; i < before.cohorts.length; i++) this.#goOn(before, i);
    if (begun !== 0) this.#begin(begun);
    return this.#finish();
  }

  #offer({ buffer }: CohortState<E>, { step, open }: Cohort): void {
    const place = stateAt(this.#program, step);
    offer({ place, open, sinceMs: 0, buffer, node: -1 }, this.#truths, this.#offered);
    this.#taken.push(this.#offered.taken);
    this.#open.push(this.#offered.open);
  }

  /** The match that the event completes: of those it could complete the one that comes first (G2). */
  #completed(state: CohortState<E> | undefined, begun: number): PatternMatch<E, S> | undefined {
    let best: { readonly cohort: Cohort; readonly step: number } | undefined;
    if (state !== undefined)
      for (const [i, cohort] of state.cohorts.entries()) {
        const step = this.#acceptedFrom(cohort, this.#taken[i] as number);
        if (step < 0) continue;
        const isFirst = best === undefined || this.#comesFirst(state, { cohort, step }, best);
        if (isFirst) best = { cohort, step };
      }
    if (state !== undefined && best !== undefined) {
      const { cohort, step } = best;
      return this.#matchOf([...linksOf(state.buffer, cohort, cohort.members[0] as Member)], step);
    }
    const step = this.#acceptedAtOnce(begun);
    return step < 0 ? undefined : this.#matchOf([], step);
  }

  #comesFirst(
    { buffer }: CohortState<E>,
    a: { readonly cohort: Cohort; readonly step: number },
    b: { readonly cohort: Cohort; readonly step: number },
  ): boolean {
    const [first, second] = [a.cohort.members[0] as Member, b.cohort.members[0] as Member];
    const order = compareMembers(buffer, a.cohort, first, b.cohort, second);
    return order < 0 || (order === 0 && a.step < b.step);
  }

  /** The step with which the event completes the cohort's matches, or -1. Of several the earliest comes first. */
  #acceptedFrom({ step: from, count }: Cohort, taken: number): number {
    const { transitions } = stateAt(this.#program, from);
    let accepted = -1;
    for (let i = 0; taken >> i !== 0; i++) {
      const transition = transitions[i];
      if (transition === undefined || (taken & (1 << i)) === 0) continue;
      const place = stateAt(this.#program, transition.to);
      const reached = transition.loops ? nextCount(place, count) : 1;
      if (place.accepts && reached >= place.min && (accepted < 0 || transition.to < accepted))
        accepted = transition.to;
    }
    return accepted;
  }

  #acceptedAtOnce(begun: number): number {
    const { begin } = this.#program;
    let accepted = -1;
    for (let i = 0; begun >> i !== 0; i++) {
      const to = (begun & (1 << i)) === 0 ? -1 : (begin[i]?.to ?? -1);
      if (to < 0) continue;
      const place = stateAt(this.#program, to);
      if (place.accepts && place.min <= 1 && (accepted < 0 || to < accepted)) accepted = to;
    }
    return accepted;
  }

  #matchOf(
    links: readonly { readonly step: number; readonly buffered: { readonly event: PatternEvent<E> } }[],
    step: number,
  ): PatternMatch<E, S> {
    const taken: Taken<E>[] = links.map((link) => ({ step: link.step, event: link.buffered.event }));
    taken.push({ step, event: this.#event });
    return matchOf(this.#program, taken, this.#event.eventTimeMs);
  }

  /** The cohort after the event: extended along each way that takes it, and as it was, if something is left open. */
  #goOn(state: CohortState<E>, at: number): void {
    const cohort = state.cohorts[at] as Cohort;
    const { buffer } = state;
    let taken = this.#taken[at] as number;
    const open = this.#open[at] as number;
    const { transitions } = stateAt(this.#program, cohort.step);
    const stays = (open & ~freshBit) !== 0 && !this.#isOvertaken(cohort, taken, open);
    if (stays) {
      for (let i = 0; taken >> i !== 0; i++)
        if ((taken & (1 << i)) !== 0)
          this.#extend(state, copyOf(buffer, cohort), transitions[i] as Transition);
      cohort.open = open;
      this.#add(state, cohort);
      return;
    }
    if (taken === 0) {
      dropAll(buffer, cohort);
      return;
    }
    // The last way on needs no copy.
    for (let i = 0; taken !== 0; i++) {
      if ((taken & (1 << i)) === 0) continue;
      taken &= ~(1 << i);
      this.#extend(state, taken === 0 ? cohort : copyOf(buffer, cohort), transitions[i] as Transition);
    }
  }

  /** Whether the loop leads back to the same state: the longer match can do all that the shorter one can. */
  #isOvertaken({ step, count }: Cohort, taken: number, open: number): boolean {
    const place = stateAt(this.#program, step);
    if ((taken & place.loopBit) === 0 || nextCount(place, count) !== count) return false;
    const after = openOf(place, count);
    return this.#program.hasVetoes ? open === after : (open & after) === open;
  }

  #extend(state: CohortState<E>, cohort: Cohort, { to, loops }: Transition): void {
    const place = stateAt(this.#program, to);
    const count = loops ? nextCount(place, cohort.count) : 1;
    const open = openOf(place, count);
    if (isOver(open)) {
      dropAll(state.buffer, cohort);
      return;
    }
    extend(state.buffer, cohort, this.#placeOf(state), { step: to, count, open });
    this.#add(state, cohort);
  }

  #begin(begun: number): void {
    this.#state ??= newState(this.#program);
    const state = this.#state;
    const { begin } = this.#program;
    for (let i = 0; begun >> i !== 0; i++) {
      const transition = begin[i];
      if (transition === undefined || (begun & (1 << i)) === 0) continue;
      const place: ProgramState = stateAt(this.#program, transition.to);
      const open = openOf(place, 1);
      if (isOver(open)) continue;
      const node = appendNode(state.buffer, this.#placeOf(state), transition.to, -1);
      const beginning = { start: state.next, firstMs: this.#event.eventTimeMs, node };
      this.#add(state, beginningOf({ step: transition.to, count: 1, open }, beginning));
    }
  }

  #add({ buffer }: CohortState<E>, cohort: Cohort): void {
    const { step, count, open } = cohort;
    for (let i = 0; i < this.#cohorts.length; i++) {
      const other = this.#cohorts[i] as Cohort;
      if (other.step !== step || other.count !== count || other.open !== open) continue;
      this.#cohorts[i] = join(buffer, other, cohort);
      return;
    }
    this.#cohorts.push(cohort);
  }

  #placeOf(state: CohortState<E>): number {
    if (this.#eventAt < 0) {
      this.#eventAt = addEvent(state.buffer, this.#event, state.next);
      // Held until the step is over: the first to take it may not be the one that keeps it.
      retainEvent(state.buffer, this.#eventAt);
    }
    return this.#eventAt;
  }

  #finish(): StepResult<E, S> {
    const state = this.#state;
    if (state === undefined) return resultOf(state);
    if (this.#cohorts.length > 1 && !this.#program.hasVetoes) this.#prune(state);
    if (this.#eventAt >= 0) releaseEvent(state.buffer, this.#eventAt);
    state.cohorts = this.#cohorts;
    state.seenMs = this.#event.eventTimeMs;
    state.seenOffset = this.#event.offset;
    state.next++;
    state.dueMs = dueMsOf(this.#cohorts, this.#program.withinMs);
    return resultOf(state);
  }

  /** Of the same beginning in the same step, what can do less and comes later need not be kept (preference.ts, D1). */
  #prune({ buffer }: CohortState<E>): void {
    let isEmptied = false;
    for (const worse of this.#cohorts)
      for (const better of this.#cohorts) {
        if (worse === better || worse.step !== better.step || worse.count !== better.count) continue;
        if ((worse.open & better.open) !== worse.open || better.members.length === 0) continue;
        dropDominated(buffer, better, worse);
        isEmptied ||= worse.members.length === 0;
      }
    if (isEmptied) this.#cohorts = this.#cohorts.filter(({ members }) => members.length > 0);
  }
}

/** Whether nothing is open. */
const isOver = (open: number): boolean => (open & ~freshBit) === 0;
