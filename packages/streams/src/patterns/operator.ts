// The pattern operator: the automaton inside a task, with events out of order, time, and state in a store.
//
//   O1. What is given out for a key, withdrawals taken into account, is what its events give in order of event time,
//       ties by offset, whatever the order they came in, as long as none of them was late.
//   O2. A record is on time while `stream time <= its event time + grace`; one millisecond later it is late. A late
//       record changes nothing and is given out as `late`.
//   O3. Matches are given out at once, not after grace. When a record on time changes what came before, the matches it
//       breaks are withdrawn, with the same identity, and then those it makes are given out.
//   O4. Time passes between records: what is over is given out in order of its deadline and then of its key, before
//       the record that moved stream time, so that it does not depend on batches, restarts or the number of tasks.
//   O5. All of this is in the store at every put; the operator can be thrown away and built from the store at any time.
//   O6. A key without a match in the making is gone from the store once stream time has passed its last record, or the
//       end of its last match in the making, by twice grace and two milliseconds.
//
//   O7. A record is given once. The engine sees to that: on one state it never hands out an offset twice. One that is
//       given again while it is remembered is refused with PATTERN_ORDER_BROKEN and counted nowhere.
//   O8. With `unsettledMax` no key has more that is unsettled than that, whatever it is sent: beyond it the oldest half is
//       settled before its grace is over, and a record that comes before those is late. Records in order are never touched by
//       it. Which are settled early is a function of the records and stream time, not of batches or restarts.
//
// How: the stored state of a key is the automaton at some time before `stream time - grace` (settled, no record on time
// can change it), the records after that (pending), and the matches given out because of them (given); see unsettled.ts.
// A record that comes in order is one step. One out of order replays the pending ones from the settled state: it costs as
// many steps as there are pending records of its key, and a copy of its settled state. Records and given matches are
// stored with the key until they are settled: for grace, mostly at most as long again, and longer where the key's state is
// large beside them.
//
// A record that no condition of the pattern holds for is not remembered, unless the pattern asks what comes directly
// after what (next, consecutive, notNext) or has iterative conditions: then every record of the key counts.
//
// With grace 0 nothing can come out of order and nothing is pending; a pattern of one single event never needs it.

import type { KeyValueStore } from "../state/store.ts";
import { DueIndex } from "../time/due-index.ts";
import { Crowd } from "./crowd.ts";
import { isBefore, type PatternEvent } from "./event.ts";
import {
  assertKeyed,
  type Given,
  joined,
  type KeyedPatternState,
  newKeyed,
  outputsOf,
  outputsOfGiven,
  type PatternOutput,
  withdrawalsOf,
} from "./keyed-state.ts";
import { PatternError } from "./pattern-error.ts";
import { isRelevant, type Program } from "./program.ts";
import { dueMsOf, neverMs, type PatternState } from "./state.ts";
import { advanceOwned, stepOwned } from "./step.ts";
import { isUnsettled, type Live, newLive, Unsettled } from "./unsettled.ts";

/** How a pattern is watched for. */
export interface PatternOperatorOptions<E = never> {
  /**
   * How far behind stream time a record may be and still count in its place, milliseconds. Each record and each match
   * is stored for this long, mostly at most as long again (unsettled.ts). 0: the records of a task come in order of event
   * time. It may be changed while state lives; records that are settled stay settled.
   */
  readonly graceMs: number;
  /**
   * The most that may be unsettled of a key, in the unit of `weightOf` (O8). A key's changelog record holds it about twice:
   * the records, and those among them that matches given out are made of.
   *
   * @default no bound: all records within grace are kept
   */
  readonly unsettledMax?: number;
  /** What a record counts for `unsettledMax`, its bytes for instance. Pure. @default 1 for each */
  readonly weightOf?: (value: E) => number;
}

const nothing: readonly never[] = [];

/** A pattern within one task. Build it from a restored store; it reads every key once. */
export class PatternOperator<E, S extends string> {
  readonly #store: KeyValueStore<KeyedPatternState<E, S>>;
  readonly #program: Program<E, S>;
  readonly #graceMs: number;
  readonly #buffers: boolean;
  readonly #crowd: Crowd<E> | undefined;
  /** Whether time alone gives something out. If not, a key is looked at when it can be forgotten, and not before. */
  readonly #givesByTime: boolean;
  /** Whether what is noted of a key stays early enough: without gaps, what begins later is over later. */
  readonly #duesRise: boolean;
  readonly #live = new Map<string, Live<E>>();
  readonly #due = new DueIndex();
  readonly #unsettled: Unsettled<E, S>;
  /** Keys with something unsettled. They are looked at together, from time to time: settling gives nothing out. */
  #waiting: string[] = [];
  #settleAllMs = Number.NEGATIVE_INFINITY;

  constructor(
    store: KeyValueStore<KeyedPatternState<E, S>>,
    program: Program<E, S>,
    { graceMs, unsettledMax, weightOf = () => 1 }: PatternOperatorOptions<E>,
  ) {
    if (!Number.isSafeInteger(graceMs) || graceMs < 0)
      throw new PatternError(
        "PATTERN_DURATION_INVALID",
        `PatternOperator: graceMs is ${graceMs}; expected whole milliseconds of at least 0`,
      );
    this.#store = store;
    this.#crowd = unsettledMax === undefined ? undefined : new Crowd(unsettledMax, weightOf);
    this.#program = program;
    this.#unsettled = new Unsettled(program);
    this.#graceMs = graceMs;
    this.#buffers = graceMs > 0 && program.needsBuffering;
    this.#givesByTime = program.hasAbsence || program.reportsTimedOut;
    this.#duesRise = !this.#givesByTime && !program.hasGaps;
    for (const [key, keyed] of store.entries()) {
      assertKeyed(program, keyed);
      const live = this.#liveOf(key);
      if (isUnsettled(keyed)) this.#unsettled.headOf(keyed, live);
      this.#note(key, keyed, live);
    }
  }

  /**
   * Takes one record of a key, after what is over by stream time has been given out.
   *
   * Example, `a` followedBy `b` within 10, grace 5: a1@1, b1@9 gives a1 b1; then b2@6, still on time, gives
   * a1 b1 withdrawn and a1 b2.
   *
   * @param streamTimeMs the task's stream time with this record taken in
   */
  observe(key: string, event: PatternEvent<E>, streamTimeMs: number): readonly PatternOutput<E, S>[] {
    const over = this.advance(streamTimeMs);
    const isLate = streamTimeMs > event.eventTimeMs + this.#graceMs;
    if (isLate) return [...over, { kind: "late", key, event }];
    if (!isRelevant(this.#program, event)) return over;
    const keyed = this.#store.get(key);
    if (keyed?.settledEarly !== undefined && isBefore(event, keyed.settledEarly))
      return [...over, { kind: "late", key, event }];
    const given = this.#isBuffered(keyed)
      ? this.#observeBuffered(key, keyed ?? newKeyed(this.#program), event, streamTimeMs)
      : this.#observeDirectly(key, keyed, event);
    return joined(over, given);
  }

  /**
   * Lets stream time pass: gives out absences that hold and matches that timed out, and forgets keys that are over.
   * Cheap when nothing is due.
   */
  advance(streamTimeMs: number): readonly PatternOutput<E, S>[] {
    let out: readonly PatternOutput<E, S>[] = nothing;
    for (let due = this.#due.takeDue(streamTimeMs); due; due = this.#due.takeDue(streamTimeMs))
      for (const key of due.keys) {
        const live = this.#live.get(key);
        if (live === undefined || live.dueMs !== due.dueMs) continue;
        live.dueMs = neverMs;
        out = joined(out, this.#advanceKey(key, live, due.dueMs));
      }
    if (streamTimeMs < this.#settleAllMs) return out;
    this.#settleAllMs = streamTimeMs + (this.#graceMs >> 1) + 1;
    return this.#waiting.length === 0 ? out : joined(out, this.#settleAll(streamTimeMs - this.#graceMs));
  }

  #settleAll(floorMs: number): readonly PatternOutput<E, S>[] {
    const keys = this.#waiting;
    this.#waiting = [];
    let out: readonly PatternOutput<E, S>[] = nothing;
    for (const key of keys) {
      const keyed = this.#store.get(key);
      const live = this.#live.get(key);
      if (live !== undefined) live.waits = false;
      if (keyed === undefined || live === undefined) continue;
      out = joined(out, outputsOfGiven(key, this.#unsettled.settle(keyed, live, floorMs, false)));
      this.#put(key, keyed, live);
    }
    return out;
  }

  /** With grace, or while something is left of a time when there was more of it. */
  #isBuffered(keyed: KeyedPatternState<E, S> | undefined): boolean {
    return this.#buffers || (keyed !== undefined && isUnsettled(keyed));
  }

  #observeDirectly(
    key: string,
    keyed: KeyedPatternState<E, S> | undefined,
    event: PatternEvent<E>,
  ): readonly PatternOutput<E, S>[] {
    const result = stepOwned(this.#program, keyed?.settled ?? undefined, event);
    if (result.changed) this.#putDirectly(key, keyed, result.state);
    return outputsOf(key, result);
  }

  #putDirectly(
    key: string,
    keyed: KeyedPatternState<E, S> | undefined,
    state: PatternState<E> | undefined,
  ): void {
    if (state === undefined) {
      if (keyed !== undefined) this.#store.delete(key);
      return;
    }
    const stored = keyed ?? newKeyed<E, S>(this.#program);
    stored.settled = state;
    this.#store.put(key, stored);
    this.#note(key, stored, this.#liveOf(key));
  }

  #advanceKey(key: string, live: Live<E>, nowMs: number): readonly PatternOutput<E, S>[] {
    const keyed = this.#store.get(key);
    if (keyed === undefined) {
      this.#live.delete(key);
      return nothing;
    }
    if (!this.#isBuffered(keyed)) return this.#advanceDirectly(key, keyed, nowMs);
    const floorMs = nowMs - this.#graceMs;
    const final = this.#unsettled.settle(keyed, live, floorMs, true);
    const over = this.#unsettled.passTime(keyed, live, nowMs, floorMs);
    this.#put(key, keyed, live);
    return outputsOfGiven(key, joined(final, over));
  }

  #advanceDirectly(
    key: string,
    keyed: KeyedPatternState<E, S>,
    nowMs: number,
  ): readonly PatternOutput<E, S>[] {
    if (keyed.settled === null || dueMsOf(this.#program, keyed.settled) >= nowMs) {
      this.#note(key, keyed, this.#liveOf(key));
      return nothing;
    }
    const result = advanceOwned(this.#program, keyed.settled, nowMs);
    this.#putDirectly(key, keyed, result.state);
    return outputsOf(key, result);
  }

  #observeBuffered(
    key: string,
    keyed: KeyedPatternState<E, S>,
    event: PatternEvent<E>,
    streamTimeMs: number,
  ): readonly PatternOutput<E, S>[] {
    const live = this.#liveOf(key);
    let over: readonly Given<E, S>[] = nothing;
    if (this.#givesByTime) {
      const final = this.#unsettled.settle(keyed, live, streamTimeMs - this.#graceMs, true);
      over = joined(final, this.#unsettled.passTime(keyed, live, streamTimeMs));
    }
    if (this.#unsettled.isInOrder(keyed, live, event)) {
      const made = this.#unsettled.take(keyed, live, event, streamTimeMs);
      const final = this.#thin(keyed, live, event, streamTimeMs);
      this.#put(key, keyed, live);
      return outputsOfGiven(key, joined(joined(over, made), final));
    }
    const { withdrawn, made } = this.#unsettled.amend(keyed, live, event, streamTimeMs);
    const final = this.#thin(keyed, live, event, streamTimeMs);
    this.#put(key, keyed, live);
    return [
      ...outputsOfGiven(key, over),
      ...withdrawalsOf(key, withdrawn),
      ...outputsOfGiven(key, joined(made, final)),
    ];
  }

  /** Settles early what is too much of a key (O8). The event has been taken in. */
  #thin(
    keyed: KeyedPatternState<E, S>,
    live: Live<E>,
    event: PatternEvent<E>,
    streamTimeMs: number,
  ): readonly Given<E, S>[] {
    const crowd = this.#crowd;
    if ((keyed.settledEarly?.eventTimeMs ?? streamTimeMs) < streamTimeMs - this.#graceMs)
      keyed.settledEarly = undefined;
    if (crowd === undefined || !crowd.isFull(keyed, live, event)) return nothing;
    // What may be settled anyway goes first: how much of it still waits depends on restarts.
    const final = this.#unsettled.settle(keyed, live, streamTimeMs - this.#graceMs, true);
    const count = crowd.excess(keyed, live);
    const last = keyed.pending[count - 1];
    if (last === undefined) return final;
    keyed.settledEarly = { eventTimeMs: last.eventTimeMs, offset: last.offset };
    const early = this.#unsettled.settleFirst(keyed, live, count);
    return joined(final, early);
  }

  #put(key: string, keyed: KeyedPatternState<E, S>, live: Live<E>): void {
    const isSettled = !isUnsettled(keyed);
    if (isSettled && keyed.settled === null) {
      this.#store.delete(key);
      live.head = undefined;
      live.checkpoints = nothing;
      if (live.dueMs === neverMs && !live.waits) this.#live.delete(key);
      return;
    }
    this.#store.put(key, keyed);
    this.#note(key, keyed, live);
    // Noted by the head, which time may have taken further than the settled state, and only then let go.
    if (isSettled) live.head = undefined;
  }

  #liveOf(key: string): Live<E> {
    let live = this.#live.get(key);
    if (live === undefined) {
      live = newLive();
      this.#live.set(key, live);
    }
    return live;
  }

  /** Notes when time alone changes something of the key. */
  #note(key: string, keyed: KeyedPatternState<E, S>, live: Live<E>): void {
    if (!live.waits && isUnsettled(keyed)) {
      live.waits = true;
      this.#waiting.push(key);
    }
    if (this.#duesRise && live.dueMs < neverMs) return;
    const { settled } = keyed;
    const head = live.head === undefined ? settled : live.head.state;
    const headMs = head ? dueMsOf(this.#program, head) : neverMs;
    const settledMs = settled === null ? neverMs : dueMsOf(this.#program, settled) + this.#graceMs;
    const dueMs = Math.min(settledMs, headMs + (this.#givesByTime ? 0 : this.#graceMs)) + 1;
    if (dueMs >= live.dueMs || dueMs >= neverMs) return;
    live.dueMs = dueMs;
    this.#due.add(dueMs, key);
  }
}
