// The oracle of the pattern tests: what a match is, written down as its definition, and every combination tried.
//
// Slow and simple on purpose, and it shares nothing with the automaton but the pattern as it was written down.

import type { PatternEvent } from "../../../src/patterns/event.ts";
import type { PatternSpec, StepSpec } from "../../../src/patterns/step-spec.ts";
import type { Letter } from "../../../src/testing/pattern-harness.ts";

type Spec = PatternSpec<Letter>;
type Step = StepSpec<Letter>;

/** One event of a match: the index of its step in the pattern, and its own in the input. */
interface Link {
  readonly step: number;
  readonly at: number;
}
type Chain = readonly Link[];

/** A complete match and when: with the event `at`, or before it because a deadline had passed. */
interface Complete {
  readonly chain: Chain;
  readonly at: number;
  readonly deadlineMs: number;
}

/** The matches of the pattern in these events, in the order in which they come, time having passed until `endMs`. */
export const naiveMatches = (spec: Spec, input: readonly PatternEvent<Letter>[], endMs: number): string[] => {
  const judge = new Judge(spec, input, endMs);
  const complete = chainsOf(spec, input.length).flatMap((chain) => judge.completion(chain));
  complete.sort((a, b) => a.at - b.at || a.deadlineMs - b.deadlineMs || preference(spec, a.chain, b.chain));
  return given(spec, complete).map((chain) => chain.map(({ at }) => input[at]?.value.text).join(" "));
};

/** Every way to put events, in order, to the steps that take some. */
const chainsOf = (spec: Spec, events: number): Chain[] => {
  const extend = (step: number, from: number): Chain[] => {
    const spec1 = spec.steps[step];
    if (spec1 === undefined) return [[]];
    if (spec1.negated) return extend(step + 1, from);
    return runsOf(spec1, step, from, events).flatMap((run) =>
      extend(step + 1, (run.at(-1)?.at ?? from - 1) + 1).map((rest) => [...run, ...rest]),
    );
  };
  return extend(0, 0).filter((chain) => chain.length > 0);
};

const runsOf = (step: Step, index: number, from: number, events: number): Chain[] => {
  const runs: Chain[] = [];
  const grow = (run: Chain): void => {
    const isAllowed = run.length === 0 ? step.optional : run.length >= step.times.min;
    if (isAllowed) runs.push(run);
    if (run.length >= step.times.max) return;
    for (let at = (run.at(-1)?.at ?? from - 1) + 1; at < events; at++) grow([...run, { step: index, at }]);
  };
  grow([]);
  return runs;
};

class Judge {
  readonly #spec: Spec;
  readonly #input: readonly PatternEvent<Letter>[];
  readonly #endMs: number;

  constructor(spec: Spec, input: readonly PatternEvent<Letter>[], endMs: number) {
    this.#spec = spec;
    this.#input = input;
    this.#endMs = endMs;
  }

  /** When the chain is a complete match; nothing when it is none. */
  completion(chain: Chain): Complete[] {
    const first = chain[0];
    const last = chain.at(-1);
    if (first === undefined || last === undefined) return [];
    if (this.#time(last.at) - this.#time(first.at) > (this.#spec.withinMs ?? Infinity)) return [];
    if (!this.#begins(first)) return [];
    for (let i = 0; i < chain.length; i++) if (!this.#follows(chain.slice(0, i), chain[i] as Link)) return [];
    return this.#ends(chain, first, last);
  }

  #time(at: number): number {
    return this.#input[at]?.eventTimeMs ?? Infinity;
  }

  #step(step: number): Step {
    return this.#spec.steps[step] as Step;
  }

  #fits(step: number, at: number, before: Chain): boolean {
    const { where } = this.#step(step);
    return where === undefined || this.#holds(where, at, before);
  }

  #stops(step: number, at: number, before: Chain): boolean {
    const { until } = this.#step(step);
    return until !== undefined && this.#holds(until, at, before);
  }

  #holds(test: NonNullable<Step["where"]>, at: number, before: Chain): boolean {
    const current = this.#input[at];
    if (current === undefined) return false;
    const events = (name: string) =>
      before.flatMap((link) =>
        this.#step(link.step).name === name ? [this.#input[link.at] ?? current] : [],
      );
    return test.holds(current.value, { current, events });
  }

  /** No greedy loop before the first step may have wanted its first event. */
  #begins(first: Link): boolean {
    for (let step = 0; step < first.step; step++)
      if (this.#step(step).greedy && this.#fits(step, first.at, []) && !this.#stops(step, first.at, []))
        return false;
    return true;
  }

  /** The event is one of its step, and what stands between it and the one before is allowed to. */
  #follows(before: Chain, link: Link): boolean {
    if (!this.#fits(link.step, link.at, before) || this.#stops(link.step, link.at, before)) return false;
    const prev = before.at(-1);
    if (prev === undefined) return true;
    const step = this.#step(link.step);
    if (this.#time(link.at) - this.#time(prev.at) > (step.gapMs ?? Infinity)) return false;
    const between = range(prev.at + 1, link.at);
    const isLoop = prev.step === link.step;
    const contiguity = isLoop ? step.inner : step.contiguity;
    if (contiguity === "strict" && between.length > 0) return false;
    if (contiguity === "relaxed" && between.some((at) => this.#fits(link.step, at, before))) return false;
    if (isLoop) return !between.some((at) => this.#stops(link.step, at, before));
    if (this.#isForbidden(before, prev, link.step, prev.at + 1, between)) return false;
    return !range(prev.at + 1, link.at + 1).some((at) => this.#isWanted(before, link.step, at));
  }

  /** `notNext` about the event at `nextAt`, `notFollowedBy` about those between. */
  #isForbidden(
    before: Chain,
    prev: Link,
    toStep: number,
    nextAt: number,
    between: readonly number[],
  ): boolean {
    return range(prev.step + 1, toStep)
      .filter((step) => this.#step(step).negated)
      .some((step) =>
        this.#step(step).contiguity === "strict"
          ? this.#fits(step, nextAt, before)
          : between.some((at) => this.#fits(step, at, before)),
      );
  }

  /** Whether a greedy loop between the chain's last step and `toStep` could take the event. */
  #isWanted(before: Chain, toStep: number, at: number): boolean {
    const prev = before.at(-1) as Link;
    const taken = before.filter(({ step }) => step === prev.step).length;
    const loop = this.#step(prev.step);
    if (loop.greedy && taken < loop.times.max && this.#couldTake(before, prev.step, at, loop.inner, true))
      return true;
    return range(prev.step + 1, toStep).some((step) => {
      const { greedy, negated, contiguity } = this.#step(step);
      return greedy && !negated && this.#couldTake(before, step, at, contiguity, false);
    });
  }

  #couldTake(
    before: Chain,
    step: number,
    at: number,
    contiguity: Step["contiguity"],
    isLoop: boolean,
  ): boolean {
    const prev = before.at(-1) as Link;
    const passed = range(prev.at + 1, at);
    if (contiguity === "strict" && passed.length > 0) return false;
    if (contiguity === "relaxed" && passed.some((other) => this.#fits(step, other, before))) return false;
    if (isLoop && passed.some((other) => this.#stops(step, other, before))) return false;
    if (this.#time(at) - this.#time(prev.at) > (this.#step(step).gapMs ?? Infinity)) return false;
    return this.#fits(step, at, before) && !this.#stops(step, at, before);
  }

  /** The match may end after its last event: at once, or once it is sure that something stays away. */
  #ends(chain: Chain, first: Link, last: Link): Complete[] {
    const steps = this.#spec.steps.length;
    const negated = range(last.step + 1, steps).filter((step) => this.#step(step).negated);
    if (negated.length === 0) return [{ chain, at: last.at, deadlineMs: Infinity }];
    const gaps = negated.map((step) => this.#step(step).gapMs ?? Infinity);
    const deadlineMs = Math.min(
      this.#time(first.at) + (this.#spec.withinMs ?? Infinity),
      this.#time(last.at) + Math.min(...gaps),
    );
    const isDecidedByNext = negated.every((step) => this.#step(step).contiguity === "strict");
    for (let at = last.at + 1; at < this.#input.length; at++) {
      if (this.#time(at) > deadlineMs) return [{ chain, at, deadlineMs }];
      if (this.#isForbidden(chain, last, steps, last.at + 1, [at])) return [];
      if (this.#isWanted(chain, steps, at)) return [];
      if (isDecidedByNext) return [{ chain, at, deadlineMs: Infinity }];
    }
    return this.#endMs > deadlineMs ? [{ chain, at: this.#input.length, deadlineMs }] : [];
  }
}

/** Of matches that complete together: which comes first. */
const preference = (spec: Spec, a: Chain, b: Chain): number => {
  const direction = spec.skip?.evidence === "latest" ? -1 : 1;
  const byStart = ((a[0]?.at ?? 0) - (b[0]?.at ?? 0)) * direction;
  if (byStart !== 0) return byStart;
  if (a.length !== b.length) return b.length - a.length;
  for (const [i, { at }] of a.entries()) if (at !== b[i]?.at) return (at - (b[i]?.at ?? 0)) * direction;
  for (const [i, { step }] of a.entries()) if (step !== b[i]?.step) return step - (b[i]?.step ?? 0);
  return 0;
};

/** What is left when each match, in turn, discards what its strategy says. */
const given = (spec: Spec, complete: readonly Complete[]): Chain[] => {
  const out: Chain[] = [];
  const isDiscarded = (chain: Chain): boolean =>
    out.some((match) => {
      const start = chain[0]?.at ?? 0;
      const from = match[0]?.at ?? 0;
      const ofStep = match.filter(({ step }) => spec.steps[step]?.name === spec.skip?.step);
      switch (spec.skip?.kind) {
        case "skipToNext":
          return start === from;
        case "skipPastLast":
          return start <= (match.at(-1)?.at ?? 0);
        case "skipToFirst":
          return start >= from && start < (ofStep[0]?.at ?? 0);
        case "skipToLast":
          return start >= from && start < (ofStep.at(-1)?.at ?? 0);
        default:
          return false;
      }
    });
  for (const { chain } of complete) if (!isDiscarded(chain)) out.push(chain);
  return out;
};

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
