// The pattern harness: events are letters, matches are read as text.
//
// `a1 b1@12 c1` is three events: kind a, number 1, and so on. `@12` is the event time in milliseconds; without it an
// event comes one millisecond after the one before. A match is its events in order: `a1 b1`.
//
//   resultsOf         everything a pattern gives in one text: matches, timed out, withdrawn, late
//   matchesIn         its matches alone, events in order
//   PatternHarness    one key in the test's own hands, events in order, with its state to look at
//   OperatorHarness   several keys, events in the order in which they arrive, restarts

import { type CompileOptions, compile } from "../patterns/compile.ts";
import { isBefore, type PatternEvent, type PatternMatch, type TimedOutMatch } from "../patterns/event.ts";
import type { KeyedPatternState, PatternOutput } from "../patterns/keyed-state.ts";
import { PatternOperator, type PatternOperatorOptions } from "../patterns/operator.ts";
import type { Pattern } from "../patterns/pattern.ts";
import type { Program } from "../patterns/program.ts";
import type { PatternState } from "../patterns/state.ts";
import { advance, step } from "../patterns/step.ts";
import type { StepResult } from "../patterns/step-result.ts";
import { MemoryStore } from "../state/memory-store.ts";

/** An event of a harness. */
export interface Letter {
  /** The letters of the token: `a` of `a1`. */
  readonly kind: string;
  /** The number of the token: 1 of `a1`; 0 when it has none. */
  readonly number: number;
  /** The token without its time: `a1`. */
  readonly text: string;
}

/** A condition: the event's kind is one of these. `letter("a", "b")` takes a1 and b7, not c1. */
export const letter =
  (...kinds: readonly string[]) =>
  (event: Letter): boolean =>
    kinds.includes(event.kind);

/** Reads events: `a1 b1@12 c1`. The first comes at `afterMs + 1` unless it says otherwise. */
export const lettersOf = (text: string, afterMs = 0, firstOffset = 0): PatternEvent<Letter>[] => {
  let eventTimeMs = afterMs;
  return text
    .split(/\s+/)
    .filter((token) => token !== "")
    .map((token, i) => {
      const parts = /^([A-Za-z]+)(\d*)(?:@(\d+))?$/.exec(token);
      if (parts === null)
        throw new TypeError(
          `pattern harness: "${token}" is no event; write letters, a number and @time, as b1@12`,
        );
      const [, kind = "", number = "", at] = parts;
      eventTimeMs = at === undefined ? eventTimeMs + 1 : Number(at);
      const value = { kind, number: Number(number), text: `${kind}${number}` };
      return { eventTimeMs, offset: firstOffset + i, value };
    });
};

/** A match as text, its events in order: `a1 b1`. For matches of a {@link PatternOperator} over letters. */
export const textOf = (match: Pick<PatternMatch<Letter, string>, "events">): string =>
  Object.values(match.events)
    .flat()
    .toSorted((a, b) => (isBefore(a, b) ? -1 : 1))
    .map(({ value }) => value.text)
    .join(" ");

/** Runs one key of a pattern in the test's own hands. */
export class PatternHarness<S extends string> {
  readonly program: Program<Letter, S>;
  /** Everything that timed out so far, as text; needs `reportTimedOut`. */
  readonly timedOut: string[] = [];
  #state: PatternState<Letter> | undefined;
  #lastMs = 0;
  #offset = 0;

  constructor(pattern: Pattern<Letter, S>, options: CompileOptions = {}) {
    this.program = compile(pattern, options);
  }

  /** The key's state; `undefined` when no match is in the making. */
  get state(): PatternState<Letter> | undefined {
    return this.#state;
  }

  /** Takes events; gives the matches that they complete, as text. */
  feed(text: string): string[] {
    return this.feedEvents(lettersOf(text, this.#lastMs, this.#offset));
  }

  /** The same with events made elsewhere. */
  feedEvents(events: readonly PatternEvent<Letter>[]): string[] {
    return events.flatMap((event) => {
      this.#lastMs = event.eventTimeMs;
      this.#offset = event.offset + 1;
      return this.#taken(step(this.program, this.#state, event));
    });
  }

  /** Lets time pass; gives the matches that are complete because of that. */
  advance(streamTimeMs: number): string[] {
    return this.#state === undefined ? [] : this.#taken(advance(this.program, this.#state, streamTimeMs));
  }

  /** Writes the state as JSON and reads it back, as a restart does. */
  restart(): void {
    if (this.#state !== undefined) this.#state = JSON.parse(JSON.stringify(this.#state));
  }

  #taken({ state, matches, timedOut }: StepResult<Letter, S>): string[] {
    this.#state = state;
    this.timedOut.push(...timedOut.map((match: TimedOutMatch<Letter, S>) => textOf(match)));
    return matches.map((match) => textOf(match));
  }
}

/** The matches of a pattern in these events, as text, in the order in which they come. */
export const matchesIn = <S extends string>(
  pattern: Pattern<Letter, S>,
  text: string,
  options: CompileOptions = {},
): string[] => new PatternHarness(pattern, options).feed(text);

/** Everything that a pattern gave, as text, each list in the order in which it was given. */
export interface PatternResults {
  /** Every match that was given out, `a1 b1`, withdrawn later or not. */
  readonly matches: readonly string[];
  /** Matches that ran out of time, `a1`, taken back later or not. */
  readonly timedOut: readonly string[];
  /** Matches that were given out and then did not hold, because an event came out of order. */
  readonly withdrawn: readonly string[];
  /** What had timed out and then had not. */
  readonly timedOutWithdrawn: readonly string[];
  /** Events that came after their grace. */
  readonly late: readonly string[];
  /** The matches that hold in the end, sorted. */
  readonly standing: readonly string[];
}

/** How {@link resultsOf} runs a pattern. */
export interface ResultsOptions extends CompileOptions {
  /**
   * How far behind stream time an event may be, milliseconds.
   * @default 0
   */
  readonly graceMs?: number;
  /** Stream time at the end, milliseconds: lets what is unfinished run out of time. The last event's unless given. */
  readonly endMs?: number;
}

/**
 * Runs a pattern over events in the order in which they are written, which may be another than that of their times, and
 * gives everything it gave. Also what timed out, unless `reportTimedOut` is false.
 *
 *     const pattern = patternOf<Letter>()
 *       .begin("a").where(letter("a"))
 *       .followedBy("b").where(letter("b"))
 *       .within(10);
 *     resultsOf(pattern, "a1@1 b1@9 b2@6 a2@12", { graceMs: 5, endMs: 23 });
 *     // { matches: ["a1 b1", "a1 b2"], withdrawn: ["a1 b1"], standing: ["a1 b2"], timedOut: ["a2"],
 *     //   timedOutWithdrawn: [], late: [] }
 *
 * @throws TypeError when the text is not of events; PatternError what the pattern throws
 */
export const resultsOf = <S extends string>(
  pattern: Pattern<Letter, S>,
  text: string,
  { graceMs = 0, endMs, ...options }: ResultsOptions = {},
): PatternResults => {
  const harness = new OperatorHarness(pattern, { reportTimedOut: true, ...options, graceMs });
  harness.feed(text);
  if (endMs !== undefined) harness.advance(endMs);
  return harness.results;
};

/**
 * Runs the operator of a pattern: events in the order in which they arrive, over one key or several.
 *
 * What comes out is text: `a1 b1` a match, `-a1 b1` that match withdrawn, `timed out a1`, `-timed out a1`, `late b1`.
 * With several keys, each line begins with its key: `k: a1 b1`.
 */
export class OperatorHarness<S extends string> {
  readonly program: Program<Letter, S>;
  readonly #options: CompileOptions & PatternOperatorOptions<Letter>;
  readonly #pattern: Pattern<Letter, S>;
  readonly #standing = new Map<string, string>();
  readonly #given = { match: [], timedOut: [], withdrawn: [], timedOutWithdrawn: [], late: [] } as {
    readonly [Kind in PatternOutput<Letter, S>["kind"]]: string[];
  };
  #store = new MemoryStore<KeyedPatternState<Letter, S>>();
  #operator: PatternOperator<Letter, S>;
  #streamTimeMs = -1;
  #offset = 0;

  constructor(pattern: Pattern<Letter, S>, options: CompileOptions & PatternOperatorOptions<Letter>) {
    this.program = compile(pattern, options);
    this.#pattern = pattern;
    this.#options = options;
    this.#operator = new PatternOperator(this.#store, this.program, options);
  }

  /** The matches that were given out and not withdrawn, sorted. */
  get standing(): string[] {
    return [...this.#standing.values()].toSorted();
  }

  /** Everything given so far. */
  get results(): PatternResults {
    const { match, ...others } = this.#given;
    return structuredClone({ matches: match, ...others, standing: this.standing });
  }

  /** The store, as it is now. */
  get store(): MemoryStore<KeyedPatternState<Letter, S>> {
    return this.#store;
  }

  /** Takes events of one key in the order given; stream time follows the highest event time. */
  feed(text: string, key = ""): string[] {
    return lettersOf(text, Math.max(0, this.#streamTimeMs), this.#offset).flatMap((event) =>
      this.feedEvent(event, key),
    );
  }

  /** The same with an event made elsewhere. */
  feedEvent(event: PatternEvent<Letter>, key = ""): string[] {
    this.#offset++;
    this.#streamTimeMs = Math.max(this.#streamTimeMs, event.eventTimeMs);
    return this.#lines(this.#operator.observe(key, event, this.#streamTimeMs));
  }

  /** Lets stream time pass. */
  advance(streamTimeMs: number): string[] {
    this.#streamTimeMs = Math.max(this.#streamTimeMs, streamTimeMs);
    return this.#lines(this.#operator.advance(this.#streamTimeMs));
  }

  /** Throws the operator away and builds it from the store, written as JSON and read back. */
  restart(): void {
    const restored = new MemoryStore<KeyedPatternState<Letter, S>>();
    for (const [key, state] of this.#store.entries())
      restored.put(key, JSON.parse(JSON.stringify(state)) as KeyedPatternState<Letter, S>);
    this.#store = restored;
    this.#operator = new PatternOperator(restored, this.program, this.#options);
  }

  /** A harness that goes on from this one's state with another grace, as after a change of configuration. */
  withGrace(graceMs: number): OperatorHarness<S> {
    const other = new OperatorHarness(this.#pattern, { ...this.#options, graceMs });
    other.#store = this.#store;
    other.#streamTimeMs = this.#streamTimeMs;
    other.#offset = this.#offset;
    other.restart();
    return other;
  }

  #lines(outputs: readonly PatternOutput<Letter, S>[]): string[] {
    return outputs.map((output) => {
      const prefix = output.key === "" ? "" : `${output.key}: `;
      const line = `${prefix}${lineOf(output)}`;
      this.#given[output.kind].push(`${prefix}${subjectOf(output)}`);
      if (output.kind === "match") this.#standing.set(`${prefix}${output.match.id}`, line);
      if (output.kind === "withdrawn") this.#standing.delete(`${prefix}${output.match.id}`);
      return line;
    });
  }
}

/** What it is about. */
const subjectOf = (output: PatternOutput<Letter, string>): string =>
  output.kind === "late" ? output.event.value.text : textOf(output.match);

const lineOf = (output: PatternOutput<Letter, string>): string => {
  switch (output.kind) {
    case "match":
      return textOf(output.match);
    case "withdrawn":
      return `-${textOf(output.match)}`;
    case "timedOut":
      return `timed out ${textOf(output.match)}`;
    case "timedOutWithdrawn":
      return `-timed out ${textOf(output.match)}`;
    case "late":
      return `late ${output.event.value.text}`;
  }
};
