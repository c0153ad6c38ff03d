// The language: what to look for in the events of a key.
//
// A pattern is a sequence of steps. It is immutable: every call gives a new pattern, so a beginning can be shared.
// Calls that contradict each other throw a PatternError at the wrong call; what only the whole shows, compile() throws.
//
// The words are those of Flink CEP, and mean what its documentation says they mean; where this language decides what
// that documentation leaves open, docs/semantics/patterns.md says so.
//
//   patternOf<Purchase>()
//     .begin("small").where((p) => p.amount < 100).timesOrMore(3)
//     .followedBy("large").where((p) => p.amount > 1000)
//     .within(300_000)
//     .afterMatch(skipPastLast({ evidence: "latest" }))

import { both, type Condition, either, testOf } from "./condition.ts";
import { PatternError, type PatternErrorCode } from "./pattern-error.ts";
import type { SkipStrategy } from "./skip.ts";
import { type Contiguity, type PatternSpec, type StepSpec, singleStep } from "./step-spec.ts";

/** Where a pattern starts; see {@link patternOf}. */
export interface PatternStart<E> {
  /**
   * The first step. Every event that it takes begins a match of its own.
   *
   * Example, `begin("a")`, events x1 a1 a2: a1, a2.
   *
   * @throws PatternError PATTERN_NAME_INVALID when the name is empty
   */
  begin<const N extends string>(name: N): Pattern<E, N>;
}

/** Starts a pattern over events of type `E`. In two calls, so that the names of the steps can be inferred. */
export const patternOf = <E>(): PatternStart<E> => ({
  begin: <const N extends string>(name: N) => {
    const empty: PatternSpec<E> = { steps: [] };
    return new Pattern<E, N>(withStep(empty, "begin", name, "relaxed", false));
  },
});

/** A pattern over events of type `E`; `S` are the names of its steps that take events. */
export class Pattern<E, S extends string> {
  /** What has been written down. For `compile` and `inspectPattern`. */
  readonly spec: PatternSpec<E>;

  /** @internal Use {@link patternOf}. */
  constructor(spec: PatternSpec<E>) {
    this.spec = spec;
  }

  /**
   * The step takes events for which this holds. Several calls: all must hold.
   *
   * @param condition with one parameter it looks at the event alone; with two it is iterative and also sees what the
   *   match holds so far: `where((p, match) => p.amount > 2 * (match.events("first")[0]?.value.amount ?? 0))`
   */
  where(condition: Condition<E, S>): Pattern<E, S> {
    const { where } = this.#last;
    const test = testOf(condition);
    return this.#amend({ where: where === undefined ? test : both(where, test) });
  }

  /**
   * The step also takes events for which this holds: `where(x).or(y)`. Read from left to right,
   * `where(x).or(y).where(z)` is (x or y) and z.
   *
   * @throws PatternError PATTERN_CONDITION_MISSING before the first `where`
   */
  or(condition: Condition<E, S>): Pattern<E, S> {
    const { where } = this.#last;
    if (where === undefined)
      throw this.#error(
        "PATTERN_CONDITION_MISSING",
        "or: the step has no condition yet and takes every event; call where() first",
      );
    return this.#amend({ where: either(where, testOf(condition)) });
  }

  /**
   * A step whose first event comes directly after the match's event before it (strict contiguity).
   *
   * Example, `a` next `b`: a1 b1 gives a1 b1; a1 c1 b1 gives nothing.
   */
  next<const N extends string>(name: N): Pattern<E, S | N> {
    return this.#then(name, "next", "strict");
  }

  /**
   * A step whose first event is the first that fits; others may stand between (relaxed contiguity).
   *
   * Example, `a` followedBy `b`: a1 c1 b1 b2 gives a1 b1.
   */
  followedBy<const N extends string>(name: N): Pattern<E, S | N> {
    return this.#then(name, "followedBy", "relaxed");
  }

  /**
   * A step whose first event is any that fits; each gives a match of its own (non-deterministic relaxed contiguity).
   *
   * Example, `a` followedByAny `b`: a1 c1 b1 b2 gives a1 b1, a1 b2.
   */
  followedByAny<const N extends string>(name: N): Pattern<E, S | N> {
    return this.#then(name, "followedByAny", "any");
  }

  /**
   * The event directly after must not be this one, whether or not it is taken by the next step. As the last step it
   * is decided by the key's next event, or by the end of `within`.
   *
   * Example, `a` notNext `b` followedBy `c`: a1 d1 b1 c1 gives a1 c1; a1 b1 c1 gives nothing.
   *
   * @throws PatternError PATTERN_NOT_AFTER_OPTIONAL after an optional step
   */
  notNext(name: string): Pattern<E, S> {
    return this.#thenNot(name, "notNext", "strict");
  }

  /**
   * No such event between the event before and the next step's first event. As the last step it holds when no such
   * event comes until `within` is over, at its last millisecond too: absence by time-out.
   *
   * Example, `a` notFollowedBy `b` followedBy `c`: a1 d1 c1 gives a1 c1; a1 b1 c1 gives nothing. As the last step,
   * within 10: a1@0 b1@10 gives nothing, a1@0 b1@11 gives a1.
   *
   * @throws PatternError PATTERN_NOT_AFTER_OPTIONAL after an optional step
   */
  notFollowedBy(name: string): Pattern<E, S> {
    return this.#thenNot(name, "notFollowedBy", "relaxed");
  }

  /**
   * The step takes exactly `n` events, or, with two numbers, at least `n` and at most `to`. Relaxed contiguity
   * between them, unless {@link consecutive} or {@link allowCombinations} says otherwise.
   *
   * Example, `a` times 2: a1 b1 a2 a3 gives a1 a2, a2 a3. Times 1 to 2: a1, a1 a2, a2, a2 a3, a3.
   *
   * @throws PatternError PATTERN_TIMES_INVALID for times(0) and for bounds the wrong way round
   */
  times(n: number, to: number = n): Pattern<E, S> {
    const isValid = Number.isSafeInteger(n) && Number.isSafeInteger(to) && n >= 1 && to >= n;
    if (!isValid)
      throw this.#error(
        "PATTERN_TIMES_INVALID",
        `times(${n}${to === n ? "" : `, ${to}`}): expected whole numbers with 1 <= from <= to; for none at all add optional()`,
      );
    return this.#loop(to === n ? `times(${n})` : `times(${n}, ${to})`, n, to);
  }

  /**
   * The step takes `n` events or more.
   *
   * Example, `a` timesOrMore 2: a1 a2 a3 gives a1 a2, a1 a2 a3, a2 a3.
   */
  timesOrMore(n: number): Pattern<E, S> {
    if (!Number.isSafeInteger(n) || n < 1)
      throw this.#error("PATTERN_TIMES_INVALID", `timesOrMore(${n}): expected a whole number of at least 1`);
    return this.#loop(`timesOrMore(${n})`, n, Number.POSITIVE_INFINITY);
  }

  /** The step takes one event or more: `timesOrMore(1)`. Example, a1 a2: a1, a1 a2, a2. */
  oneOrMore(): Pattern<E, S> {
    return this.#loop("oneOrMore", 1, Number.POSITIVE_INFINITY);
  }

  /**
   * The step may be left out. Both are tried: with it and without it.
   *
   * Example, `a` followedBy optional `b` followedBy `c`: a1 b1 c1 gives a1 b1 c1, a1 c1.
   */
  optional(): Pattern<E, S> {
    this.#refuseNegated("optional");
    return this.#amend({ optional: true });
  }

  /**
   * The loop takes as many events as it can: it is not left while the event in hand could still be taken.
   *
   * Example, `a` oneOrMore greedy followedBy `b`: a1 a2 b1 gives a1 a2 b1, a2 b1, and not a1 b1.
   *
   * @throws PatternError PATTERN_NOT_LOOPING on a step that takes a single event
   */
  greedy(): Pattern<E, S> {
    this.#refuseSingle("greedy");
    return this.#amend({ greedy: true });
  }

  /**
   * Nothing stands between the events of the loop (strict contiguity inside).
   *
   * Example, `a` times 2 consecutive: a1 b1 a2 a3 gives a2 a3.
   */
  consecutive(): Pattern<E, S> {
    return this.#innerContiguity("consecutive", "strict");
  }

  /**
   * Between the events of the loop anything may stand, also events that fit (non-deterministic relaxed inside).
   *
   * Example, `a` times 2 allowCombinations: a1 a2 a3 gives a1 a2, a1 a3, a2 a3.
   */
  allowCombinations(): Pattern<E, S> {
    return this.#innerContiguity("allowCombinations", "any");
  }

  /**
   * Ends the loop: an event for which this holds is not taken by the step, and once the loop has begun, none after it.
   *
   * Example, `a` oneOrMore until `b`: a1 c1 a2 b1 a3 gives a1, a1 a2, a2, a3.
   *
   * @throws PatternError PATTERN_UNTIL_BOUNDED unless with oneOrMore or timesOrMore
   */
  until(condition: Condition<E, S>): Pattern<E, S> {
    this.#refuseSingle("until");
    const { times, until } = this.#last;
    if (Number.isFinite(times.max))
      throw this.#error(
        "PATTERN_UNTIL_BOUNDED",
        `until: the loop ends by itself after ${times.max} events; use until with oneOrMore() or timesOrMore(n)`,
      );
    if (until !== undefined) throw this.#twice("until", "join both conditions in one function");
    return this.#amend({ until: testOf(condition) });
  }

  /**
   * Longest time of the whole match, from its first event to its last, milliseconds, inclusive.
   *
   * Example, `a` followedBy `b` within 10: a1@0 b1@10 gives a1 b1; a1@0 b1@11 gives nothing, and a1 is timed out.
   *
   * @throws PatternError PATTERN_DURATION_INVALID, PATTERN_SET_TWICE
   */
  within(ms: number): Pattern<E, S> {
    this.#refuseDuration("within", ms);
    if (this.spec.withinMs !== undefined) throw this.#twice("within", "a pattern has one");
    return new Pattern({ ...this.spec, withinMs: ms });
  }

  /**
   * Longest time from the match's event before to each event of this step, milliseconds, inclusive. On the first step
   * it bounds the gaps inside the loop; on a final `notFollowedBy`, how long the event has to stay away.
   *
   * Example, `a` followedBy `b` withinGap 10 followedBy `c`: a1@0 b1@10 c1@99 gives a1 b1 c1; a1@0 b1@11 nothing.
   *
   * @throws PatternError PATTERN_DURATION_INVALID, PATTERN_SET_TWICE, PATTERN_GAP_MISPLACED
   */
  withinGap(ms: number): Pattern<E, S> {
    this.#refuseDuration("withinGap", ms);
    const last = this.#last;
    if (last.gapMs !== undefined) throw this.#twice("withinGap", "a step has one");
    if (this.spec.steps.length === 1 && !last.looping)
      throw this.#error(
        "PATTERN_GAP_MISPLACED",
        "withinGap: nothing comes before the first step; call it on the second step, or after the loop's quantifier",
      );
    return this.#amend({ gapMs: ms });
  }

  /**
   * What is forgotten once a match is out; `noSkip()` unless given.
   *
   * @throws PatternError PATTERN_SET_TWICE, PATTERN_STEP_UNKNOWN
   */
  afterMatch(strategy: SkipStrategy<S>): Pattern<E, S> {
    if (this.spec.skip !== undefined) throw this.#twice("afterMatch", "a pattern has one");
    const { kind, step } = strategy;
    const names = this.spec.steps.filter(({ negated }) => !negated).map(({ name }) => name);
    if (step !== undefined && !names.includes(step))
      throw this.#error(
        "PATTERN_STEP_UNKNOWN",
        `afterMatch: ${kind}("${step}") names none of the steps so far that take events (${names.join(", ")}); call afterMatch() after that step`,
      );
    return new Pattern({ ...this.spec, skip: strategy });
  }

  get #last(): StepSpec<E> {
    const last = this.spec.steps.at(-1);
    if (last === undefined) throw new PatternError("PATTERN_NAME_INVALID", "a pattern starts with begin()");
    return last;
  }

  #then<N extends string>(name: N, call: string, contiguity: Contiguity): Pattern<E, S | N> {
    this.#refuseUnfinished(call);
    return new Pattern<E, S | N>(withStep(this.spec, call, name, contiguity, false));
  }

  #thenNot(name: string, call: string, contiguity: Contiguity): Pattern<E, S> {
    this.#refuseUnfinished(call);
    if (this.#last.optional)
      throw this.#error(
        "PATTERN_NOT_AFTER_OPTIONAL",
        `${call}("${name}"): the step before is optional, so it is open after which event this counts; make it mandatory or put the negated step before it`,
      );
    return new Pattern(withStep(this.spec, call, name, contiguity, true));
  }

  #loop(call: string, min: number, max: number): Pattern<E, S> {
    this.#refuseNegated(call);
    if (this.#last.looping) throw this.#twice(call, "a step has one quantifier");
    return this.#amend({ times: { min, max }, looping: true });
  }

  #innerContiguity(call: string, inner: Contiguity): Pattern<E, S> {
    this.#refuseSingle(call);
    if (this.#last.inner !== "relaxed")
      throw this.#twice(call, "a loop is either consecutive() or allowCombinations()");
    return this.#amend({ inner });
  }

  #amend(change: Partial<StepSpec<E>>): Pattern<E, S> {
    const steps = [...this.spec.steps.slice(0, -1), { ...this.#last, ...change }];
    return new Pattern({ ...this.spec, steps });
  }

  #refuseSingle(call: string): void {
    this.#refuseNegated(call);
    if (!this.#last.looping)
      throw this.#error(
        "PATTERN_NOT_LOOPING",
        `${call}: the step takes a single event; call oneOrMore(), times(...) or timesOrMore(...) first`,
      );
  }

  #refuseNegated(call: string): void {
    if (this.#last.negated)
      throw this.#error(
        "PATTERN_NEGATED",
        `${call}: the step must not happen, so it takes conditions only; move ${call} before it`,
      );
  }

  /** A gap on a negated step means something only when nothing follows. */
  #refuseUnfinished(call: string): void {
    const { negated, gapMs } = this.#last;
    if (negated && gapMs !== undefined)
      throw this.#error(
        "PATTERN_GAP_MISPLACED",
        `${call}: withinGap(${gapMs}) stands on a negated step that is not the last; put it on the step that follows`,
      );
  }

  #refuseDuration(call: string, ms: number): void {
    if (!Number.isSafeInteger(ms) || ms < 0)
      throw this.#error(
        "PATTERN_DURATION_INVALID",
        `${call}(${ms}): expected whole milliseconds of at least 0`,
      );
  }

  #twice(call: string, why: string): PatternError {
    return this.#error(
      "PATTERN_SET_TWICE",
      `${call}: it was given before; ${why}, so remove one of the calls`,
    );
  }

  #error(code: PatternErrorCode, message: string): PatternError {
    return new PatternError(code, `pattern step "${this.#last.name}": ${message}`);
  }
}

const withStep = <E>(
  spec: PatternSpec<E>,
  call: string,
  name: string,
  contiguity: Contiguity,
  negated: boolean,
): PatternSpec<E> => {
  if (name === "")
    throw new PatternError(
      "PATTERN_NAME_INVALID",
      `${call}(""): a step needs a name; matches are read by it`,
    );
  if (spec.steps.some((step) => step.name === name))
    throw new PatternError(
      "PATTERN_NAME_DUPLICATE",
      `${call}("${name}"): a step of this name is there already; choose another, or a match could not tell them apart`,
    );
  return { ...spec, steps: [...spec.steps, singleStep(name, contiguity, negated)] };
};
