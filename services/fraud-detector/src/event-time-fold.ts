// The event-time fold: what an account's history comes to, with events out of order, time, and state in a store.
//
// For what is no sequence: a mean, a silence, a list of devices. A step function takes an account's events in order of
// event time; this file sees to it that it does, whatever order they come in.
//
//   F1. The alerts of a key that stand are those that its events give in order of event time, ties by offset, whatever
//       the order they came in, as long as none of them was late (`stream time > event time + grace`).
//   F2. Alerts go out at once, not after grace. When an event comes before others, the alerts that it undoes are
//       withdrawn, and then those that it makes are raised. An alert is the same while its id is: it is not raised
//       again when only a figure in its sentence has changed.
//   F3. All of this is in the store at every put; the fold can be thrown away and built from the store at any time.
//   F4. A key is gone from the store when no event on time can find anything in its state; removing it earlier or later
//       would change no result.
//   F5. No key has more pending than `unsettledMax`: beyond it the older half is settled before grace is over, and an event
//       that comes before those is crowded out. Which are settled early is a function of the events and stream time, not of
//       batches or restarts.
//
// How: stored are the state as of `stream time - grace` (settled, no event on time can change what led to it) and the
// events after it (pending), each with the alert that it raised. The state after each pending event is kept in memory
// only. Steps change nothing in place, so an event in order is one step, settling is taking the state that is there, and
// an event out of order is a step for each pending event from its place on.

import type { Alert } from "@riffle/contracts";
import { DueIndex, type KeyValueStore, type PatternEvent } from "@riffle/streams";
import { withdrawalOf } from "./alert-of.ts";

/** What a step comes to. */
export interface FoldStep<S> {
  /** `undefined` when there is nothing to remember. */
  readonly state: S | undefined;
  readonly alert?: Alert | undefined;
}

/** A history as a function of its events in order. */
export interface Fold<S, E> {
  /** Takes the next event of a key. Pure, and changes nothing in `state`: it is used again. */
  step(state: S | undefined, event: PatternEvent<E>): FoldStep<S>;
  /** The last event time at which an event still finds something in the state, epoch milliseconds. */
  usefulUntilMs(state: S): number;
}

/** An event that may still get another before it, and the alert that it raised. */
interface Pending<E> extends PatternEvent<E> {
  alert?: Alert | undefined;
}

/** What is stored of a key. */
export interface FoldedKey<S, E> {
  settled: S | null;
  /** In order. */
  readonly pending: Pending<E>[];
  /** The last event that was settled before its grace was over (F5); until grace has passed it. */
  settledEarly?: Pick<PatternEvent<E>, "eventTimeMs" | "offset"> | undefined;
}

/** How a history is folded. */
export interface EventTimeFoldOptions<E> {
  /** How far behind stream time an event may be and still count in its place, milliseconds. */
  readonly graceMs: number;
  /** The most that may be pending of a key, in the unit of `weightOf` (F5). @default no bound */
  readonly unsettledMax?: number;
  /** What an event counts for it. Pure. @default 1 for each */
  readonly weightOf?: (event: E) => number;
  /** Told of every event that is not taken for that reason. @default nobody */
  readonly onCrowdedOut?: () => void;
}

const hourMs = 3_600_000;
const nothing: readonly Alert[] = [];

/** A fold within one task. Build it from a restored store; it reads every key once. */
export class EventTimeFold<S, E> {
  readonly #store: KeyValueStore<FoldedKey<S, E>>;
  readonly #fold: Fold<S, E>;
  readonly #graceMs: number;
  readonly #unsettledMax: number;
  readonly #weightOf: (event: E) => number;
  readonly #onCrowdedOut: () => void;
  /** What is pending of a key weighs, at most: only a bound, to look seldom. */
  readonly #weights = new Map<string, number>();
  /** The states after each pending event, of keys that have some. */
  readonly #statesAfter = new Map<string, (S | undefined)[]>();
  /** Keys with pending events, each once, by when the last of them was settled when it was noted. */
  readonly #settling = new DueIndex();
  /** Keys without, each once, by when they could be forgotten when they were noted: it can only be later by now. */
  readonly #forgetting = new DueIndex();
  readonly #isNoted = new Set<string>();

  constructor(
    store: KeyValueStore<FoldedKey<S, E>>,
    fold: Fold<S, E>,
    {
      graceMs,
      unsettledMax = Number.POSITIVE_INFINITY,
      weightOf = () => 1,
      onCrowdedOut = () => {},
    }: EventTimeFoldOptions<E>,
  ) {
    this.#store = store;
    this.#unsettledMax = unsettledMax;
    this.#weightOf = weightOf;
    this.#onCrowdedOut = onCrowdedOut;
    this.#fold = fold;
    this.#graceMs = graceMs;
    for (const [key, folded] of store.entries()) this.#note(key, folded);
  }

  /**
   * Takes one event that is on time.
   *
   * @param streamTimeMs the task's stream time with this event taken in
   */
  observe(key: string, event: PatternEvent<E>, streamTimeMs: number): readonly Alert[] {
    this.advance(streamTimeMs);
    const folded = this.#store.get(key) ?? { settled: null, pending: [] };
    if (folded.settledEarly !== undefined && comesAfter(folded.settledEarly, event)) {
      this.#onCrowdedOut();
      return nothing;
    }
    const isSettling = folded.pending.length > 0;
    const states = this.#statesOf(key, folded);
    this.#settle(folded, states, streamTimeMs - this.#graceMs);
    const alerts = this.#insert(folded, states, event);
    this.#thin(key, folded, states, event);
    this.#store.put(key, folded);
    if (!isSettling) this.#note(key, folded);
    return alerts;
  }

  /** Lets stream time pass: settles what is settled and forgets what is useless. Gives nothing out. */
  advance(streamTimeMs: number): void {
    for (let due = this.#settling.takeDue(streamTimeMs); due; due = this.#settling.takeDue(streamTimeMs))
      for (const key of due.keys) this.#settleKey(key, streamTimeMs);
    for (let due = this.#forgetting.takeDue(streamTimeMs); due; due = this.#forgetting.takeDue(streamTimeMs))
      for (const key of due.keys) this.#forgetKey(key, streamTimeMs);
  }

  #settleKey(key: string, streamTimeMs: number): void {
    const folded = this.#store.get(key);
    if (folded === undefined) return;
    this.#settle(folded, this.#statesOf(key, folded), streamTimeMs - this.#graceMs);
    if (folded.pending.length === 0) {
      this.#statesAfter.delete(key);
      this.#weights.delete(key);
    }
    const isEmpty = folded.pending.length === 0 && folded.settled === null;
    if (isEmpty) this.#store.delete(key);
    else {
      this.#store.put(key, folded);
      this.#note(key, folded);
    }
  }

  #forgetKey(key: string, streamTimeMs: number): void {
    this.#isNoted.delete(key);
    const folded = this.#store.get(key);
    // With pending events it is noted again once they are settled.
    if (folded === undefined || folded.settled === null || folded.pending.length > 0) return;
    if (this.#forgetMs(folded.settled) <= streamTimeMs) this.#store.delete(key);
    else this.#note(key, folded);
  }

  /** Notes when the key is to be looked at, unless it is noted already. */
  #note(key: string, { settled, pending }: FoldedKey<S, E>): void {
    const last = pending.at(-1);
    if (last !== undefined) this.#settling.add(last.eventTimeMs + this.#graceMs + 1, key);
    else if (settled !== null && !this.#isNoted.has(key)) {
      this.#isNoted.add(key);
      this.#forgetting.add(this.#forgetMs(settled), key);
    }
  }

  /** The first full hour of stream time at which the state is useless: what is idle for long shares its entries. */
  #forgetMs(settled: S): number {
    const uselessMs = this.#fold.usefulUntilMs(settled) + this.#graceMs + 1;
    return Math.ceil(uselessMs / hourMs) * hourMs;
  }

  /** Takes over the state after the events that nothing on time can come before. */
  #settle(folded: FoldedKey<S, E>, states: (S | undefined)[], floorMs: number): void {
    const { pending } = folded;
    const open = pending.findIndex(({ eventTimeMs }) => eventTimeMs >= floorMs);
    settleFirst(folded, states, open < 0 ? pending.length : open);
    if ((folded.settledEarly?.eventTimeMs ?? floorMs) < floorMs) folded.settledEarly = undefined;
  }

  /** Settles early what is too much of a key (F5). The event is among the pending ones; all that grace has passed is settled. */
  #thin(key: string, folded: FoldedKey<S, E>, states: (S | undefined)[], { value }: PatternEvent<E>): void {
    if (this.#unsettledMax === Number.POSITIVE_INFINITY) return;
    const { pending } = folded;
    const before = this.#weights.get(key);
    let weight = before === undefined ? this.#weigh(pending) : before + this.#weightOf(value);
    if (weight > this.#unsettledMax) weight = this.#weigh(pending);
    if (weight > this.#unsettledMax) {
      let count = 0;
      for (; count < pending.length - 1 && weight > this.#unsettledMax / 2; count++)
        weight -= this.#weightOf((pending[count] as Pending<E>).value);
      const { eventTimeMs, offset } = pending[count - 1] ?? { eventTimeMs: 0, offset: -1 };
      if (count > 0) folded.settledEarly = { eventTimeMs, offset };
      settleFirst(folded, states, count);
    }
    this.#weights.set(key, weight);
  }

  #weigh(pending: readonly Pending<E>[]): number {
    let weight = 0;
    for (const { value } of pending) weight += this.#weightOf(value);
    return weight;
  }

  /** Puts the event in its place, takes it and all after it, and gives out the difference. */
  #insert(folded: FoldedKey<S, E>, states: (S | undefined)[], event: PatternEvent<E>): readonly Alert[] {
    const { pending } = folded;
    let at = pending.length;
    while (at > 0 && comesAfter(pending[at - 1], event)) at--;
    const { eventTimeMs, offset, value } = event;
    pending.splice(at, 0, { eventTimeMs, offset, value });
    states.length = at;
    let withdrawn: readonly Alert[] = nothing;
    let raised: readonly Alert[] = nothing;
    for (const one of pending.slice(at)) {
      const before = one.alert;
      const after = this.#step(folded, states, one);
      if (before?.id === after?.id) continue;
      if (before !== undefined) withdrawn = [...withdrawn, withdrawalOf(before)];
      if (after !== undefined) raised = [...raised, after];
      one.alert = after;
    }
    return withdrawn.length === 0 ? raised : [...withdrawn, ...raised];
  }

  /** Takes the event after those whose states there are, and adds its own. */
  #step(folded: FoldedKey<S, E>, states: (S | undefined)[], event: PatternEvent<E>): Alert | undefined {
    const before = states.length === 0 ? (folded.settled ?? undefined) : states[states.length - 1];
    const { state, alert } = this.#fold.step(before, event);
    states.push(state);
    return alert;
  }

  /** After a restart the states are made anew; what the events raised then is stored with them. */
  #statesOf(key: string, folded: FoldedKey<S, E>): (S | undefined)[] {
    let states = this.#statesAfter.get(key);
    if (states === undefined) {
      states = [];
      this.#statesAfter.set(key, states);
      for (const event of folded.pending) this.#step(folded, states, event);
    }
    return states;
  }
}

/** Takes over the state after the first `count` pending events. */
const settleFirst = <S, E>(folded: FoldedKey<S, E>, states: (S | undefined)[], count: number): void => {
  if (count === 0) return;
  folded.settled = states[count - 1] ?? null;
  folded.pending.splice(0, count);
  states.splice(0, count);
};

type Place = Pick<PatternEvent<unknown>, "eventTimeMs" | "offset">;

const comesAfter = (other: Place | undefined, event: Place): boolean =>
  other !== undefined &&
  (other.eventTimeMs > event.eventTimeMs ||
    (other.eventTimeMs === event.eventTimeMs && other.offset > event.offset));
