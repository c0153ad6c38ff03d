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
// How: the stored state of a key is the automaton at `stream time - grace` (settled, no record on time can change it),
// the records after that (pending), and the matches given out because of them (given). The automaton after the last
// pending record (the head) is kept in memory only: a record that comes in order is one step of the head. A record out
// of order replays the pending ones from the settled state. So in order a record costs two steps, one now and one when
// it settles; out of order it costs as many as there are pending records of its key, and a copy of its settled state.
// Records and given matches are stored for grace, in the key's state.
//
// A record that no condition of the pattern holds for is not remembered, unless the pattern asks what comes directly
// after what (next, consecutive, notNext) or has iterative conditions: then every record of the key counts.
//
// With grace 0 nothing can come out of order and nothing is pending; a pattern of one single event never needs it.

import type { KeyValueStore } from "../state/store.ts";
import { DueIndex } from "../time/due-index.ts";
import { isBefore, type PatternEvent } from "./event.ts";
import {
  assertKeyedVersion,
  type Given,
  givenOf,
  identity,
  insert,
  joined,
  type KeyedPatternState,
  newKeyed,
  outputsOf,
  type PatternOutput,
} from "./keyed-state.ts";
import { PatternError } from "./pattern-error.ts";
import { isRelevant, type Program } from "./program.ts";
import { assertOwnState, copyState, dueMsOf, neverMs, type PatternState } from "./state.ts";
import { advanceOwned, stepOwned } from "./step.ts";
import type { StepResult } from "./step-result.ts";

/** How a pattern is watched for. */
export interface PatternOperatorOptions {
  /**
   * How far behind stream time a record may be and still count in its place, milliseconds. Each record and each match
   * is stored for this long. 0: the records of a task come in order of event time. It may be changed while state
   * lives; records that are settled stay settled.
   */
  readonly graceMs: number;
}

/** The automaton of a key after its last pending record. */
interface Head<E> {
  state: PatternState<E> | undefined;
  /** Something was over by time alone, up to here: a record at or before it has to be replayed. */
  throughMs: number;
}

/** What is known of a stored key and can be made anew at any time. */
interface Live<E> {
  /** Absent when nothing is unsettled: the head is then the settled state. */
  head: Head<E> | undefined;
  /** When the key is noted in the due index; {@link neverMs} when it is not. Too early does no harm. */
  dueMs: number;
}

const nothing: readonly never[] = [];
const unchanged = { matches: nothing, timedOut: nothing };

/** A pattern within one task. Build it from a restored store; it reads every key once. */
export class PatternOperator<E, S extends string> {
  readonly #store: KeyValueStore<KeyedPatternState<E, S>>;
  readonly #program: Program<E, S>;
  readonly #graceMs: number;
  readonly #buffers: boolean;
  /** Whether time alone gives something out. If not, a key is looked at when it can be forgotten, and not before. */
  readonly #givesByTime: boolean;
  readonly #live = new Map<string, Live<E>>();
  readonly #due = new DueIndex();
  /** Keys with something unsettled. They are looked at together, from time to time: settling gives nothing out. */
  #unsettled = new Set<string>();
  #settleAllMs = Number.NEGATIVE_INFINITY;

  constructor(
    store: KeyValueStore<KeyedPatternState<E, S>>,
    program: Program<E, S>,
    { graceMs }: PatternOperatorOptions,
  ) {
    if (!Number.isSafeInteger(graceMs) || graceMs < 0)
      throw new PatternError(
        "PATTERN_DURATION_INVALID",
        `PatternOperator: graceMs is ${graceMs}; expected whole milliseconds of at least 0`,
      );
    this.#store = store;
    this.#program = program;
    this.#graceMs = graceMs;
    this.#buffers = graceMs > 0 && program.needsBuffering;
    this.#givesByTime = program.hasAbsence || program.reportsTimedOut;
    for (const [key, keyed] of store.entries()) {
      assertKeyedVersion(keyed);
      if (keyed.settled !== null) assertOwnState(program, keyed.settled);
      const live = this.#liveOf(key);
      const isUnsettled = keyed.pending.length + keyed.given.length > 0;
      if (isUnsettled) live.head = this.#replay(keyed).head;
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
    const given = this.#isBuffered(keyed)
      ? this.#observeBuffered(key, keyed ?? newKeyed(), event, streamTimeMs)
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
    this.#settleAllMs = streamTimeMs + this.#graceMs + 1;
    return this.#unsettled.size === 0 ? out : joined(out, this.#settleAll(streamTimeMs));
  }

  #settleAll(streamTimeMs: number): readonly PatternOutput<E, S>[] {
    const keys = this.#unsettled;
    this.#unsettled = new Set();
    let out: readonly PatternOutput<E, S>[] = nothing;
    for (const key of keys) {
      const keyed = this.#store.get(key);
      if (keyed === undefined) continue;
      out = joined(out, this.#settle(key, keyed, streamTimeMs - this.#graceMs));
      this.#put(key, keyed, this.#liveOf(key));
    }
    return out;
  }

  /** With grace, or while something is left of a time when there was more of it. */
  #isBuffered(keyed: KeyedPatternState<E, S> | undefined): boolean {
    return this.#buffers || (keyed !== undefined && keyed.pending.length + keyed.given.length > 0);
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
    const stored = keyed ?? newKeyed<E, S>();
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
    const final = this.#settle(key, keyed, nowMs - this.#graceMs);
    const over = this.#give(key, keyed, this.#passTime(this.#headOf(keyed, live), nowMs));
    this.#put(key, keyed, live);
    return joined(final, over);
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
    const final = this.#settle(key, keyed, streamTimeMs - this.#graceMs);
    const live = this.#liveOf(key);
    const head = this.#headOf(keyed, live);
    const over = joined(final, this.#give(key, keyed, this.#passTime(head, streamTimeMs)));
    const last = keyed.pending.at(-1);
    const isInOrder = event.eventTimeMs > head.throughMs && (last === undefined || isBefore(last, event));
    if (!isInOrder) {
      insert(keyed.pending, event);
      return joined(over, this.#amend(key, keyed, live, streamTimeMs));
    }
    keyed.pending.push(event);
    const result = stepOwned(this.#program, head.state, event);
    head.state = result.state;
    const now = this.#give(key, keyed, result);
    const then = this.#give(key, keyed, this.#passTime(head, streamTimeMs));
    this.#put(key, keyed, live);
    return joined(joined(over, now), then);
  }

  /** Replays the pending records, and gives out the difference from what was given out before. */
  #amend(
    key: string,
    keyed: KeyedPatternState<E, S>,
    live: Live<E>,
    streamTimeMs: number,
  ): readonly PatternOutput<E, S>[] {
    const { head, given } = this.#replay(keyed);
    live.head = head;
    given.push(...givenOf(this.#passTime(head, streamTimeMs)));
    const before = new Set(keyed.given.map(identity));
    const after = new Set(given.map(identity));
    const withdrawn = keyed.given
      .filter((one) => !after.has(identity(one)))
      .map(
        (one): PatternOutput<E, S> =>
          one.kind === "match"
            ? { kind: "withdrawn", key, match: one.match }
            : { kind: "timedOutWithdrawn", key, match: one.match },
      );
    const made = given
      .filter((one) => !before.has(identity(one)))
      .map((one): PatternOutput<E, S> => ({ ...one, key }));
    keyed.given = given;
    this.#put(key, keyed, live);
    return [...withdrawn, ...made];
  }

  /** The automaton after the pending records, made from the settled state, and what they give. */
  #replay({ settled, pending }: KeyedPatternState<E, S>): {
    readonly head: Head<E>;
    readonly given: Given<E, S>[];
  } {
    const head: Head<E> = {
      state: settled === null ? undefined : copyState(settled),
      throughMs: Number.NEGATIVE_INFINITY,
    };
    const given: Given<E, S>[] = [];
    for (const event of pending) {
      const result = stepOwned(this.#program, head.state, event);
      head.state = result.state;
      given.push(...givenOf(result));
    }
    return { head, given };
  }

  /** Ends what is over in the head by time alone. */
  #passTime(head: Head<E>, streamTimeMs: number): StepResult<E, S> | typeof unchanged {
    if (head.state === undefined || dueMsOf(this.#program, head.state) >= streamTimeMs) return unchanged;
    const result = advanceOwned(this.#program, head.state, streamTimeMs);
    head.state = result.state;
    head.throughMs = streamTimeMs;
    return result;
  }

  /** Moves what no record on time can change any more into the settled state; its matches are final. */
  #settle(key: string, keyed: KeyedPatternState<E, S>, floorMs: number): readonly PatternOutput<E, S>[] {
    const { pending } = keyed;
    let out: readonly PatternOutput<E, S>[] = nothing;
    let settled = 0;
    for (const event of pending) {
      if (event.eventTimeMs >= floorMs) break;
      out = joined(out, this.#final(key, keyed, stepOwned(this.#program, keyed.settled ?? undefined, event)));
      settled++;
    }
    if (settled > 0) pending.splice(0, settled);
    if (keyed.settled === null || dueMsOf(this.#program, keyed.settled) >= floorMs) return out;
    return joined(out, this.#final(key, keyed, advanceOwned(this.#program, keyed.settled, floorMs)));
  }

  /** What the settled state gives was given out before, as a rule; from now on it cannot be withdrawn. */
  #final(
    key: string,
    keyed: KeyedPatternState<E, S>,
    result: StepResult<E, S>,
  ): readonly PatternOutput<E, S>[] {
    keyed.settled = result.state ?? null;
    const out = this.#give(key, keyed, result);
    const final = givenOf(result);
    if (final.length === 0) return nothing;
    const identities = new Set(final.map(identity));
    keyed.given = keyed.given.filter((one) => !identities.has(identity(one)));
    return out;
  }

  /** Gives out what was not given out yet: after a restart the head is made anew, and gives again what it gave. */
  #give(
    key: string,
    keyed: KeyedPatternState<E, S>,
    result: Pick<StepResult<E, S>, "matches" | "timedOut">,
  ): readonly PatternOutput<E, S>[] {
    const given = givenOf(result);
    if (given.length === 0) return nothing;
    const before = new Set(keyed.given.map(identity));
    const made = given.filter((one) => !before.has(identity(one)));
    keyed.given.push(...made);
    return made.map((one) => ({ ...one, key }));
  }

  #put(key: string, keyed: KeyedPatternState<E, S>, live: Live<E>): void {
    const isSettled = keyed.pending.length + keyed.given.length === 0;
    if (isSettled && keyed.settled === null) {
      this.#store.delete(key);
      live.head = undefined;
      if (live.dueMs === neverMs) this.#live.delete(key);
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
      live = { head: undefined, dueMs: neverMs };
      this.#live.set(key, live);
    }
    return live;
  }

  #headOf(keyed: KeyedPatternState<E, S>, live: Live<E>): Head<E> {
    live.head ??= this.#replay(keyed).head;
    return live.head;
  }

  /** Notes when time alone changes something of the key. */
  #note(key: string, { settled, pending, given }: KeyedPatternState<E, S>, live: Live<E>): void {
    if (pending.length + given.length > 0) this.#unsettled.add(key);
    const head = live.head === undefined ? settled : live.head.state;
    const headMs = head ? dueMsOf(this.#program, head) : neverMs;
    const settledMs = settled === null ? neverMs : dueMsOf(this.#program, settled) + this.#graceMs;
    const dueMs = Math.min(settledMs, headMs + (this.#givesByTime ? 0 : this.#graceMs)) + 1;
    if (dueMs >= live.dueMs || dueMs >= neverMs) return;
    if (live.dueMs < neverMs) this.#due.remove(live.dueMs, key);
    live.dueMs = dueMs;
    this.#due.add(dueMs, key);
  }
}
