// What is unsettled of a key: the records that one on time may still come before, and the automaton after them.
//
//   U1. `settled` is the automaton before the first pending record, `pending` are the records after it, in order, and
//       `given` is what was given out because of them. The head is the automaton after the last of them.
//   U2. In order a record is one step, of the head. It is not taken a second time to settle: where time alone gives
//       nothing out, the settled state becomes what the head was, when a whole stretch of records is settled. The head is
//       copied for that, now and then (a checkpoint), or for the record after it, and the longer its copy takes the
//       longer the stretch is waited for; a record out of order discards the checkpoints after it.
//   U3. Settling gives out nothing but what was not given out yet, and takes back nothing.
//
// Heads and checkpoints are in memory only; what is stored is enough to make a head anew.

import { isBefore, type PatternEvent } from "./event.ts";
import { type Given, givenOf, identity, joined, type KeyedPatternState, lastEventOf } from "./keyed-state.ts";
import { PatternError } from "./pattern-error.ts";
import type { Program } from "./program.ts";
import { copyState, dueMsOf, neverMs, type PatternState, sizeOf } from "./state.ts";
import { advanceOwned, stepOwned } from "./step.ts";
import type { StepResult } from "./step-result.ts";

/** The automaton of a key after its last pending record. */
interface Head<E> {
  state: PatternState<E> | undefined;
  /** Something was over by time alone, up to here: a record at or before it has to be replayed. */
  throughMs: number;
}

/** The automaton after the first `count` pending records. */
interface Checkpoint<E> {
  readonly state: PatternState<E> | null;
  readonly count: number;
}

/** What is known of a stored key and can be made anew at any time. */
export interface Live<E> {
  /** Absent when nothing is unsettled: the head is then the settled state. */
  head: Head<E> | undefined;
  /** By count. */
  checkpoints: readonly Checkpoint<E>[];
  /** When the key is noted in the due index; {@link neverMs} when it is not. Too early does no harm. */
  dueMs: number;
  /** Whether the key waits to be settled. */
  waits: boolean;
  /** What the pending records weigh, at most; -1 when that is not known. */
  weight: number;
}

const nothing: readonly never[] = [];

/** Copying the head is worth it for this many records; fewer are settled one by one. */
const checkpointLengthMin = 8;
/** How many events and nodes may be copied for each record that is settled by it. */
const copiedPerRecordMax = 8;

/** A key that was not live. */
export const newLive = <E>(): Live<E> => ({
  head: undefined,
  checkpoints: nothing,
  dueMs: neverMs,
  waits: false,
  weight: -1,
});

/** Whether anything of the key is unsettled. */
export const isUnsettled = ({ pending, given }: KeyedPatternState<unknown, string>): boolean =>
  pending.length + given.length > 0;

/** Heads and settling, for one program. Keeps nothing itself. */
export class Unsettled<E, S extends string> {
  readonly #program: Program<E, S>;
  /** Whether time alone gives something out. */
  readonly #givesByTime: boolean;

  constructor(program: Program<E, S>) {
    this.#program = program;
    this.#givesByTime = program.hasAbsence || program.reportsTimedOut;
  }

  /** Whether the record comes after all that the head has seen, so that it is one step. */
  isInOrder(keyed: KeyedPatternState<E, S>, live: Live<E>, event: PatternEvent<E>): boolean {
    const { pending } = keyed;
    const last = pending[pending.length - 1];
    if (last !== undefined && !isBefore(last, event)) return false;
    return event.eventTimeMs > this.headOf(keyed, live).throughMs;
  }

  /** Takes a record in order; what is over by stream time has been given out before. */
  take(
    keyed: KeyedPatternState<E, S>,
    live: Live<E>,
    event: PatternEvent<E>,
    streamTimeMs: number,
  ): readonly Given<E, S>[] {
    const head = this.headOf(keyed, live);
    keyed.pending.push(event);
    const result = stepOwned(this.#program, head.state, event);
    head.state = result.state;
    const made = this.#give(keyed, result);
    return this.#givesByTime ? joined(made, this.passTime(keyed, live, streamTimeMs)) : made;
  }

  /**
   * Puts a record out of order in its place, and replays what is pending.
   *
   * @returns what it takes back, and then what it gives that was not given out before
   * @throws PatternError PATTERN_ORDER_BROKEN when it is pending already
   */
  amend(
    keyed: KeyedPatternState<E, S>,
    live: Live<E>,
    event: PatternEvent<E>,
    streamTimeMs: number,
  ): { readonly withdrawn: readonly Given<E, S>[]; readonly made: readonly Given<E, S>[] } {
    const at = insert(keyed.pending, event);
    live.checkpoints = live.checkpoints.filter(({ count }) => count <= at);
    const { head, given } = this.#replay(keyed);
    live.head = head;
    if (this.#givesByTime) given.push(...givenOf(this.#endOver(head, streamTimeMs)));
    const before = new Set(keyed.given.map(identity));
    const after = new Set(given.map(identity));
    const withdrawn = keyed.given.filter((one) => !after.has(identity(one)));
    const made = given.filter((one) => !before.has(identity(one)));
    keyed.given = given;
    return { withdrawn, made };
  }

  /** Ends what is over by time alone. Where that gives nothing out, only what no record on time can change. */
  passTime(
    keyed: KeyedPatternState<E, S>,
    live: Live<E>,
    streamTimeMs: number,
    floorMs = Number.NEGATIVE_INFINITY,
  ): readonly Given<E, S>[] {
    const head = this.headOf(keyed, live);
    const nowMs = this.#givesByTime ? streamTimeMs : floorMs;
    const result = this.#endOver(head, nowMs);
    return result === undefined ? nothing : this.#give(keyed, result);
  }

  /**
   * Moves what no record on time can change any more into the settled state; its matches are final.
   *
   * @param atOnce settles all of it; if not, some of it may be left for when a stretch can be settled together (U2)
   */
  settle(
    keyed: KeyedPatternState<E, S>,
    live: Live<E>,
    floorMs: number,
    atOnce: boolean,
  ): readonly Given<E, S>[] {
    const { pending } = keyed;
    const count = countBefore(pending, floorMs);
    let made: readonly Given<E, S>[] = nothing;
    if (count > 0) {
      const isWaitedFor = !atOnce && this.#isShort(keyed, live, count);
      const rest = isWaitedFor ? 0 : count - this.#moveStretch(keyed, live, count);
      const isLeft = !atOnce && live.checkpoints.length > 0;
      if (rest > 0 && !isLeft) made = this.#settleSteps(keyed, live, rest);
    }
    // What is still pending comes before whatever time ends after it.
    const nowMs = Math.min(floorMs, keyed.pending[0]?.eventTimeMs ?? floorMs);
    if (keyed.settled === null || dueMsOf(this.#program, keyed.settled) >= nowMs) return made;
    return joined(made, this.#final(keyed, advanceOwned(this.#program, keyed.settled, nowMs)));
  }

  /** Moves the first `count` pending records into the settled state, whatever their grace. */
  settleFirst(keyed: KeyedPatternState<E, S>, live: Live<E>, count: number): readonly Given<E, S>[] {
    const rest = count - this.#moveStretch(keyed, live, count);
    return rest > 0 ? this.#settleSteps(keyed, live, rest) : nothing;
  }

  /** The head of the key, made anew if need be. */
  headOf(keyed: KeyedPatternState<E, S>, live: Live<E>): Head<E> {
    live.head ??= this.#replay(keyed).head;
    return live.head;
  }

  /** Whether a key that has been quiet has too few records for what the copy takes that its next record would need. */
  #isShort({ pending }: KeyedPatternState<E, S>, { head }: Live<E>, count: number): boolean {
    if (this.#givesByTime || count < pending.length || head?.state === undefined) return false;
    return copiedPerRecordMax * count < sizeOf(head.state);
  }

  /** Settles as long a stretch as can be settled without a step (U2). @returns how many of the `count` records it has */
  #moveStretch(keyed: KeyedPatternState<E, S>, live: Live<E>, count: number): number {
    if (this.#givesByTime || live.head === undefined) return 0;
    const { pending } = keyed;
    if (count === pending.length) {
      moveTo(keyed, live.head.state ?? null, count);
      live.head = undefined;
      live.checkpoints = nothing;
      return count;
    }
    let { checkpoints } = live;
    const since = pending.length - (checkpoints[checkpoints.length - 1]?.count ?? 0);
    const { state } = live.head;
    const isLong =
      since >= checkpointLengthMin && (state === undefined || copiedPerRecordMax * since >= sizeOf(state));
    if (isLong) {
      checkpoints = [...checkpoints, { state: copyOf(state), count: pending.length }];
      live.checkpoints = checkpoints;
    }
    let at = checkpoints.length - 1;
    while (at >= 0 && (checkpoints[at] as Checkpoint<E>).count > count) at--;
    const reached = checkpoints[at];
    if (reached === undefined) return 0;
    moveTo(keyed, reached.state, reached.count);
    live.checkpoints = laterBy(checkpoints.slice(at + 1), reached.count);
    return reached.count;
  }

  /** Settles records one by one. */
  #settleSteps(keyed: KeyedPatternState<E, S>, live: Live<E>, count: number): readonly Given<E, S>[] {
    let made: readonly Given<E, S>[] = nothing;
    for (const event of keyed.pending.splice(0, count))
      made = joined(made, this.#final(keyed, stepOwned(this.#program, keyed.settled ?? undefined, event)));
    live.checkpoints = laterBy(live.checkpoints, count);
    return made;
  }

  /** The automaton after the pending records, made from the settled state, and what they give. */
  #replay({ settled, pending }: KeyedPatternState<E, S>): {
    readonly head: Head<E>;
    readonly given: Given<E, S>[];
  } {
    const head: Head<E> = { state: copyOf(settled) ?? undefined, throughMs: Number.NEGATIVE_INFINITY };
    const given: Given<E, S>[] = [];
    for (const event of pending) {
      const result = stepOwned(this.#program, head.state, event);
      head.state = result.state;
      given.push(...givenOf(result));
    }
    return { head, given };
  }

  #endOver(head: Head<E>, nowMs: number): StepResult<E, S> | undefined {
    if (head.state === undefined || dueMsOf(this.#program, head.state) >= nowMs) return undefined;
    const result = advanceOwned(this.#program, head.state, nowMs);
    head.state = result.state;
    head.throughMs = nowMs;
    return result;
  }

  /** What the settled state gives was given out before, as a rule; from now on it cannot be withdrawn. */
  #final(keyed: KeyedPatternState<E, S>, result: StepResult<E, S>): readonly Given<E, S>[] {
    keyed.settled = result.state ?? null;
    const made = this.#give(keyed, result);
    const final = givenOf(result);
    if (final.length === 0) return nothing;
    const identities = new Set(final.map(identity));
    keyed.given = keyed.given.filter((one) => !identities.has(identity(one)));
    return made;
  }

  /** What was not given out yet: after a restart the head is made anew, and gives again what it gave. */
  #give(keyed: KeyedPatternState<E, S>, result: StepResult<E, S>): readonly Given<E, S>[] {
    const given = givenOf(result);
    if (given.length === 0) return nothing;
    const before = new Set(keyed.given.map(identity));
    const made = given.filter((one) => !before.has(identity(one)));
    keyed.given.push(...made);
    return made;
  }
}

const copyOf = <E>(state: PatternState<E> | null | undefined): PatternState<E> | null =>
  state ? copyState(state) : null;

/** The same checkpoints, when `count` records before them are settled. */
const laterBy = <E>(checkpoints: readonly Checkpoint<E>[], by: number): readonly Checkpoint<E>[] =>
  checkpoints.length === 0 ? nothing : checkpoints.map(({ state, count }) => ({ state, count: count - by }));

/** The first `count` pending records are settled: this is the state after them. */
const moveTo = <E, S extends string>(
  keyed: KeyedPatternState<E, S>,
  settled: PatternState<E> | null,
  count: number,
): void => {
  keyed.settled = settled;
  keyed.pending = keyed.pending.slice(count);
  const first = keyed.pending[0];
  if (first === undefined) keyed.given = [];
  else if (keyed.given.length > 0)
    keyed.given = keyed.given.filter(({ match }) => !isBefore(lastEventOf(match), first));
};

const countBefore = <E>(pending: readonly PatternEvent<E>[], floorMs: number): number => {
  let count = 0;
  while (count < pending.length && (pending[count] as PatternEvent<E>).eventTimeMs < floorMs) count++;
  return count;
};

/** Puts the event in its place; most are among the last. @returns where that is */
const insert = <E>(pending: PatternEvent<E>[], event: PatternEvent<E>): number => {
  let at = pending.length;
  for (let other = pending[at - 1]; other !== undefined && isBefore(event, other); other = pending[at - 1])
    at--;
  const before = pending[at - 1];
  if (before?.eventTimeMs === event.eventTimeMs && before.offset === event.offset)
    throw new PatternError(
      "PATTERN_ORDER_BROKEN",
      `PatternOperator: the record at ${event.eventTimeMs}, offset ${event.offset}, was given a second time; give each record of a task once`,
    );
  pending.splice(at, 0, event);
  return at;
};
