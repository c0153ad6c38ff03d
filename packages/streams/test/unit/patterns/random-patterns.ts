// Random patterns over the letters a, b, c, and random inputs for them.

import fc from "fast-check";
import { compile } from "../../../src/patterns/compile.ts";
import type { PatternEvent } from "../../../src/patterns/event.ts";
import { Pattern, patternOf } from "../../../src/patterns/pattern.ts";
import { PatternError } from "../../../src/patterns/pattern-error.ts";
import {
  noSkip,
  type SkipStrategy,
  skipPastLast,
  skipToFirst,
  skipToLast,
  skipToNext,
} from "../../../src/patterns/skip.ts";
import { type Letter, letter } from "../../../src/testing/pattern-harness.ts";

export type AnyPattern = Pattern<Letter, string>;

const kinds = fc.constantFrom(["a"], ["b"], ["c"], ["a", "b"], ["b", "c"], ["a", "b", "c"]);
const rarely = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined, freq: 3 });
const sometimes = fc.integer({ min: 0, max: 3 }).map((n) => n === 0);
const duration = fc.integer({ min: 0, max: 8 });

const stepChoice = fc.record({
  link: fc.constantFrom("next", "followedBy", "followedByAny", "notNext", "notFollowedBy"),
  kinds,
  orKinds: rarely(kinds),
  iterative: sometimes,
  times: fc.constantFrom<readonly number[]>([], [], [1], [2], [1, 2], [2, 3], [1, Infinity], [2, Infinity]),
  optional: sometimes,
  greedy: sometimes,
  inner: fc.constantFrom("relaxed", "relaxed", "consecutive", "allowCombinations"),
  until: rarely(kinds),
  gapMs: rarely(duration),
});
type StepChoice = typeof stepChoice extends fc.Arbitrary<infer T> ? T : never;

/** Iterative: the numbers of the events so far and of this one have an odd sum. */
const oddSum =
  (of: readonly string[], steps: readonly string[]) =>
  (event: Letter, match: { events(step: string): readonly PatternEvent<Letter>[] }): boolean => {
    const before = steps.flatMap((step) => match.events(step));
    const sum = before.reduce((total, { value }) => total + value.number, event.number);
    return of.includes(event.kind) && sum % 2 === 1;
  };

const build = (choices: readonly StepChoice[], allowIterative: boolean): AnyPattern => {
  let pattern: AnyPattern | undefined;
  const names: string[] = [];
  for (const [i, choice] of choices.entries()) {
    const name = `s${i}`;
    const link = i === 0 ? "begin" : choice.link;
    const negated = link === "notNext" || link === "notFollowedBy";
    if (pattern === undefined) pattern = patternOf<Letter>().begin(name) as AnyPattern;
    else pattern = pattern[link as StepChoice["link"]](name) as AnyPattern;
    pattern =
      choice.iterative && allowIterative
        ? pattern.where(oddSum(choice.kinds, [...names, ...(negated ? [] : [name])]))
        : pattern.where(letter(...choice.kinds));
    if (choice.orKinds) pattern = pattern.or(letter(...choice.orKinds));
    if (!negated) {
      names.push(name);
      pattern = quantified(pattern, choice);
    }
    const isGapAllowed = negated ? i === choices.length - 1 : i > 0 || choice.times.length > 0;
    if (choice.gapMs !== undefined && isGapAllowed) pattern = pattern.withinGap(choice.gapMs);
  }
  return pattern as AnyPattern;
};

const quantified = (start: AnyPattern, { times, optional, greedy, inner, until }: StepChoice): AnyPattern => {
  let pattern = start;
  const [min, max = min] = times;
  if (min !== undefined) {
    pattern = max === Infinity ? pattern.timesOrMore(min) : pattern.times(min, max);
    if (greedy) pattern = pattern.greedy();
    if (inner !== "relaxed") pattern = pattern[inner as "consecutive" | "allowCombinations"]();
    if (until !== undefined && max === Infinity) pattern = pattern.until(letter(...until));
  }
  return optional ? pattern.optional() : pattern;
};

const skipOf = (kind: string, step: string): SkipStrategy<string> => {
  switch (kind) {
    case "next":
      return skipToNext();
    case "past":
      return skipPastLast();
    case "latest":
      return skipPastLast({ evidence: "latest" });
    case "first":
      return skipToFirst(step);
    case "last":
      return skipToLast(step);
    default:
      return noSkip();
  }
};

/** Legal patterns of one to four steps. What the language or compile() refuses is not among them. */
export const patterns = (options: { iterative?: boolean; skips?: readonly string[] } = {}) =>
  fc
    .record({
      steps: fc.array(stepChoice, { minLength: 1, maxLength: 4, size: "max" }),
      withinMs: fc.option(duration, { nil: undefined, freq: 2 }),
      skip: fc.constantFrom(...(options.skips ?? ["no", "next", "past", "latest", "first", "last"])),
      skipStep: fc.nat(3),
    })
    .map(({ steps, withinMs, skip, skipStep }) => {
      try {
        let pattern = build(steps, options.iterative ?? true);
        if (withinMs !== undefined) pattern = pattern.within(withinMs);
        const names = pattern.spec.steps.filter(({ negated }) => !negated).map(({ name }) => name);
        pattern = pattern.afterMatch(skipOf(skip, names[skipStep % names.length] ?? "s0"));
        compile(pattern);
        return pattern;
      } catch (error) {
        if (error instanceof PatternError) return undefined;
        throw error;
      }
    })
    .filter((pattern) => pattern !== undefined);

/** Events a1 b2 c3 … with gaps of 0 to 4 milliseconds. */
export const inputs = (maxLength: number, minLength = 0) =>
  fc
    .array(fc.record({ kind: fc.constantFrom("a", "b", "c"), gapMs: fc.nat(4) }), {
      minLength,
      maxLength,
      size: "max",
    })
    .map((choices) => {
      let eventTimeMs = 0;
      return choices.map(({ kind, gapMs }, offset): PatternEvent<Letter> => {
        eventTimeMs += gapMs;
        const value = { kind, number: offset + 1, text: `${kind}${offset + 1}` };
        return { eventTimeMs, offset, value };
      });
    });

/** The pattern as text, for a failing example. */
export const describePattern = ({ spec }: AnyPattern): string =>
  JSON.stringify(spec, (_, value) =>
    value === Infinity ? "infinite" : typeof value === "function" ? String(value) : value,
  );
