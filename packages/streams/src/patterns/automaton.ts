// The general automaton: all matches in the making of a key, and one event.
//
// Changes the state it is given; step.ts says who owns it. What the bits of a match in the making mean is said in
// program.ts, what is discarded after a match in skip.ts.

import { absenceDueMs, earliestDueMs, endMs } from "./deadline.ts";
import type { PatternEvent, PatternMatch, TimedOutMatch } from "./event.ts";
import { matchOf, timedOutOf } from "./match.ts";
import { addEvent, appendNode, chainOf, emptyBuffer, release, retain } from "./match-buffer.ts";
import { nextCount, type Offered, offer, offerToBegin, openOf } from "./offer.ts";
import type { PartialMatch } from "./partial-match.ts";
import { compareMatches, withoutDominated } from "./preference.ts";
import {
  absenceBit,
  freshBit,
  type Program,
  type ProgramState,
  stateAt,
  type Transition,
} from "./program.ts";
import { type Discards, discardsOf } from "./skip.ts";
import { type AutomatonState, assertInOrder, neverMs, stateVersion } from "./state.ts";
import type { StepResult } from "./step-result.ts";
import { Truths } from "./truths.ts";

const none: readonly never[] = [];

/** Takes one event; see step.ts. */
export const stepAutomaton = <E, S extends string>(
  program: Program<E, S>,
  state: AutomatonState<E> | undefined,
  event: PatternEvent<E>,
): StepResult<E, S> => new Run(program, state).take(event);

/** Lets time pass; see step.ts. */
export const advanceAutomaton = <E, S extends string>(
  program: Program<E, S>,
  state: AutomatonState<E>,
  streamTimeMs: number,
): StepResult<E, S> => new Run(program, state).pass(streamTimeMs);

const newState = <E>({ shape }: Program<E, string>): AutomatonState<E> => ({
  version: stateVersion,
  shape,
  form: "automaton",
  next: 0,
  seenMs: Number.MIN_SAFE_INTEGER,
  seenOffset: -1,
  dueMs: neverMs,
  partials: [],
  buffer: emptyBuffer(),
});

/** A complete match that waits for its turn to be given out. Its node is retained. */
interface Candidate {
  readonly start: number;
  readonly length: number;
  readonly node: number;
}

/** One step. */
class Run<E, S extends string> {
  readonly #program: Program<E, S>;
  #state: AutomatonState<E> | undefined;
  #matches: PatternMatch<E, S>[] | undefined;
  #timedOut: TimedOutMatch<E, S>[] | undefined;
  #candidates: Candidate[] | undefined;
  readonly #offered: Offered = { possible: 0, taken: 0, open: 0 };
  /** Matches in the making after the event; filled while those before it are visited. */
  #partials: PartialMatch[] = [];
  /** Where the event in hand is in the buffer, -1 until something takes it. */
  #eventAt = -1;

  constructor(program: Program<E, S>, state: AutomatonState<E> | undefined) {
    this.#program = program;
    this.#state = state;
  }

  take(event: PatternEvent<E>): StepResult<E, S> {
    const before = this.#state;
    if (before !== undefined) {
      assertInOrder(before, event);
      if (before.dueMs < event.eventTimeMs) this.#expire(before, event.eventTimeMs);
    }
    const truths = new Truths(this.#program, event);
    if (before !== undefined) {
      this.#partials = [];
      for (const partial of before.partials) this.#visit(before, partial, event, truths);
      before.partials = this.#partials;
    }
    this.#begin(event, truths);
    return this.#finish(event);
  }

  pass(streamTimeMs: number): StepResult<E, S> {
    const state = this.#state;
    if (state !== undefined && state.dueMs < streamTimeMs) this.#expire(state, streamTimeMs);
    return this.#result();
  }

  /** Offers the event to a match in the making: what it takes goes on as a new one, and it may also pass by. */
  #visit(state: AutomatonState<E>, partial: PartialMatch, event: PatternEvent<E>, truths: Truths<E>): void {
    const { buffer } = state;
    const { node } = partial;
    const place = stateAt(this.#program, partial.step);
    const sinceMs = event.eventTimeMs - partial.lastMs;
    const offered = this.#offered;
    offer({ place, open: partial.open, sinceMs, buffer, node }, truths, offered);
    const { taken, possible } = offered;
    for (let i = 0; taken >> i !== 0; i++)
      if ((taken & (1 << i)) !== 0) this.#extend(state, partial, place.transitions[i] as Transition, event);
    let { open } = offered;
    if ((open & absenceBit) !== 0) {
      const isFresh = (partial.open & freshBit) !== 0;
      open = this.#visitAbsence(state, partial, open, { place, isFresh, possible, truths });
    }
    this.#keep(state, partial, open);
  }

  /** A pending absence: the event ends it, completes it (only `notNext`), or passes by. */
  #visitAbsence(
    state: AutomatonState<E>,
    partial: PartialMatch,
    open: number,
    seen: { place: ProgramState; isFresh: boolean; possible: number; truths: Truths<E> },
  ): number {
    const { absence } = seen.place;
    if (absence === undefined) return open & ~absenceBit;
    const { buffer } = state;
    const isBroken =
      (seen.isFresh && seen.truths.anyHolds(absence.notNext, buffer, partial.node)) ||
      seen.truths.anyHolds(absence.notFollowedBy, buffer, partial.node) ||
      (seen.possible & absence.yieldsTo) !== 0;
    if (isBroken) return open & ~absenceBit;
    if (absence.notFollowedBy.length > 0) return open;
    this.#complete(state, partial);
    return open & ~absenceBit;
  }

  #keep(state: AutomatonState<E>, partial: PartialMatch, open: number): void {
    partial.open = open;
    if ((open & ~freshBit) === 0) release(state.buffer, partial.node);
    else this.#partials.push(partial);
  }

  /** The match in the making with the event taken by the transition's step, as a new one. */
  #extend(
    state: AutomatonState<E>,
    partial: PartialMatch,
    transition: Transition,
    event: PatternEvent<E>,
  ): void {
    const place = stateAt(this.#program, transition.to);
    const count = transition.loops ? nextCount(place, partial.count) : 1;
    this.#add(state, place, event, {
      step: transition.to,
      count,
      open: openOf(place, count),
      node: appendNode(state.buffer, this.#placeOf(state, event), transition.to, partial.node),
      start: partial.start,
      length: partial.length + 1,
      firstMs: partial.firstMs,
      lastMs: event.eventTimeMs,
    });
  }

  /** Begins matches with the event. */
  #begin(event: PatternEvent<E>, truths: Truths<E>): void {
    const { begin } = this.#program;
    const begun = offerToBegin(begin, truths);
    if (begun === 0) return;
    this.#state ??= newState(this.#program);
    for (let i = 0; begun >> i !== 0; i++)
      if ((begun & (1 << i)) !== 0) this.#beginWith(this.#state, begin[i] as Transition, event);
    this.#state.partials = this.#partials;
  }

  #beginWith(state: AutomatonState<E>, transition: Transition, event: PatternEvent<E>): void {
    const place = stateAt(this.#program, transition.to);
    this.#add(state, place, event, {
      step: transition.to,
      count: 1,
      open: openOf(place, 1),
      node: appendNode(state.buffer, this.#placeOf(state, event), transition.to, -1),
      start: state.next,
      length: 1,
      firstMs: event.eventTimeMs,
      lastMs: event.eventTimeMs,
    });
  }

  #add(state: AutomatonState<E>, place: ProgramState, event: PatternEvent<E>, partial: PartialMatch): void {
    const isWithin = event.eventTimeMs - partial.firstMs <= this.#program.withinMs;
    if (isWithin && place.accepts && partial.count >= place.min) this.#complete(state, partial);
    if (isWithin && (partial.open & ~freshBit) !== 0) this.#partials.push(partial);
    else release(state.buffer, partial.node);
  }

  #complete({ buffer }: AutomatonState<E>, { start, length, node }: PartialMatch): void {
    retain(buffer, node);
    this.#candidates ??= [];
    this.#candidates.push({ start, length, node });
  }

  #placeOf(state: AutomatonState<E>, event: PatternEvent<E>): number {
    if (this.#eventAt < 0) this.#eventAt = addEvent(state.buffer, event, state.next);
    return this.#eventAt;
  }

  #finish(event: PatternEvent<E>): StepResult<E, S> {
    const state = this.#state;
    if (state === undefined) return this.#result();
    state.seenMs = event.eventTimeMs;
    state.seenOffset = event.offset;
    state.next++;
    this.#giveOut(state, event.eventTimeMs);
    if (this.#program.prunes && state.partials.length > 1)
      state.partials = withoutDominated(this.#program, state.buffer, state.partials, ({ node }) =>
        release(state.buffer, node),
      );
    const excess = state.partials.length - this.#program.partialsMax;
    if (excess > 0) for (const { node } of state.partials.splice(0, excess)) release(state.buffer, node);
    state.dueMs = earliestDueMs(this.#program, state.partials);
    return this.#result();
  }

  #result(): StepResult<E, S> {
    const isEmpty = this.#state === undefined || this.#state.partials.length === 0;
    return {
      state: isEmpty ? undefined : this.#state,
      changed: this.#state !== undefined,
      matches: this.#matches ?? none,
      timedOut: this.#timedOut ?? none,
    };
  }

  /** Gives out what is complete, in order of preference, and discards what the strategy says. */
  #giveOut(state: AutomatonState<E>, completedMs: number): readonly Discards[] {
    const candidates = this.#candidates;
    if (candidates === undefined) return none;
    this.#candidates = undefined;
    const { buffer } = state;
    const { skip } = this.#program;
    if (candidates.length > 1) candidates.sort((a, b) => compareMatches(skip.evidence, buffer, a, b));
    const discards: Discards[] = [];
    for (const candidate of candidates) {
      if (!isDiscarded(discards, candidate.start)) {
        this.#matches ??= [];
        this.#matches.push(this.#matchOf(state, candidate, completedMs, discards));
      }
      release(buffer, candidate.node);
    }
    if (skip.kind === "noSkip") return none;
    const kept: PartialMatch[] = [];
    for (const partial of state.partials)
      if (isDiscarded(discards, partial.start)) release(buffer, partial.node);
      else kept.push(partial);
    state.partials = kept;
    return discards;
  }

  #matchOf(
    { buffer }: AutomatonState<E>,
    { node, start }: Candidate,
    completedMs: number,
    discards: Discards[],
  ): PatternMatch<E, S> {
    const links = chainOf(buffer, node);
    const { skip, skipStep } = this.#program;
    const ofStep = skipStep < 0 ? none : links.filter(({ step }) => step === skipStep);
    discards.push(
      discardsOf(skip, {
        start,
        end: links.at(-1)?.buffered.position ?? start,
        stepFirst: ofStep[0]?.buffered.position ?? -1,
        stepLast: ofStep.at(-1)?.buffered.position ?? -1,
      }),
    );
    return matchOf(
      this.#program,
      links.map(({ step, buffered }) => ({ step, event: buffered.event })),
      completedMs,
    );
  }

  /** Ends what is over before `nowMs`, deadline by deadline: an absence that holds may discard what ends later. */
  #expire(state: AutomatonState<E>, nowMs: number): void {
    if (this.#program.hasAbsence)
      while (state.dueMs < nowMs) {
        this.#expireAt(state, state.dueMs);
        state.dueMs = earliestDueMs(this.#program, state.partials);
      }
    else {
      this.#expireAt(state, nowMs - 1);
      state.dueMs = earliestDueMs(this.#program, state.partials);
    }
  }

  #expireAt(state: AutomatonState<E>, dueMs: number): void {
    const { buffer } = state;
    const over: { readonly partial: PartialMatch; readonly deadlineMs: number }[] = [];
    const kept: PartialMatch[] = [];
    for (const partial of state.partials) {
      const place = stateAt(this.#program, partial.step);
      const wasPending = (partial.open & absenceBit) !== 0;
      if (wasPending && absenceDueMs(this.#program, place, partial) <= dueMs) {
        this.#complete(state, partial);
        partial.open &= ~absenceBit;
      }
      const deadlineMs = endMs(this.#program, place, partial);
      if (deadlineMs > dueMs && (partial.open & ~freshBit) !== 0) kept.push(partial);
      else if (wasPending || (place.accepts && partial.count >= place.min)) release(buffer, partial.node);
      else over.push({ partial, deadlineMs });
    }
    state.partials = kept;
    const discards = this.#giveOut(state, dueMs);
    if (this.#program.reportsTimedOut) this.#report(state, over, discards);
    for (const { partial } of over) release(buffer, partial.node);
  }

  #report(
    { buffer }: AutomatonState<E>,
    over: readonly { readonly partial: PartialMatch; readonly deadlineMs: number }[],
    discards: readonly Discards[],
  ): void {
    for (const { partial, deadlineMs } of over.toSorted((a, b) => a.deadlineMs - b.deadlineMs)) {
      if (isDiscarded(discards, partial.start)) continue;
      const taken = chainOf(buffer, partial.node).map(({ step, buffered }) => ({
        step,
        event: buffered.event,
      }));
      this.#timedOut ??= [];
      this.#timedOut.push(timedOutOf(this.#program, taken, deadlineMs));
    }
  }
}

const isDiscarded = (discards: readonly Discards[], start: number): boolean => {
  for (const { from, to } of discards) if (start >= from && start < to) return true;
  return false;
};
