// A bug here gives an alert that the pattern does not describe, or none where it does.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CompileOptions } from "../../../src/patterns/compile.ts";
import type { PatternEvent } from "../../../src/patterns/event.ts";
import { type Letter, lettersOf, PatternHarness } from "../../../src/testing/pattern-harness.ts";
import { naiveMatches } from "./naive-matcher.ts";
import { type AnyPattern, describePattern, inputs, patterns } from "./random-patterns.ts";

const endMs = 1_000;
/** PATTERN_RUNS=100000 searches longer. */
const numRuns = Number(process.env["PATTERN_RUNS"] ?? 5_000);

/** Every input of that many letters, a1 b2 …: its beginnings are every shorter one. */
const everyInput = (length: number): readonly string[] =>
  Array.from({ length }).reduce<string[]>(
    (texts, _, i) => texts.flatMap((text) => ["a", "b", "c"].map((kind) => `${text} ${kind}${i + 1}`)),
    [""],
  );

const run = (
  pattern: AnyPattern,
  input: readonly PatternEvent<Letter>[],
  options: CompileOptions & { readonly restart?: boolean } = {},
): string[] => {
  const harness = new PatternHarness(pattern, options);
  const matches = input.flatMap((event) => {
    if (options.restart === true) harness.restart();
    return harness.feedEvents([event]);
  });
  if (options.restart === true) harness.restart();
  return [...matches, ...harness.advance(endMs)];
};

const failing = (pattern: AnyPattern, input: readonly PatternEvent<Letter>[]): string =>
  `${describePattern(pattern)} on ${input.map(({ value, eventTimeMs }) => `${value.text}@${eventTimeMs}`).join(" ")}`;

const sameAs = (
  expected: (pattern: AnyPattern, input: readonly PatternEvent<Letter>[]) => string[],
  actual: (pattern: AnyPattern, input: readonly PatternEvent<Letter>[]) => string[],
) =>
  fc.property(patterns(), inputs(6, 3), (pattern, input) => {
    expect(actual(pattern, input), failing(pattern, input)).toEqual(expected(pattern, input));
  });

/** So that a long search is not cut off. */
const timeoutMs = 60_000 + 20 * numRuns;

describe("the automaton, for random patterns and inputs", { timeout: timeoutMs }, () => {
  it("gives what the naive exhaustive matcher gives, in the same order", () => {
    fc.assert(
      sameAs((pattern, input) => naiveMatches(pattern.spec, input, endMs), run),
      { numRuns },
    );
  });

  it("gives it on every input of up to five letters, one after the other", () => {
    const every = everyInput(5).map((text) => lettersOf(text));
    const property = fc.property(patterns(), (pattern) => {
      for (const input of every)
        expect(run(pattern, input), failing(pattern, input)).toEqual(
          naiveMatches(pattern.spec, input, endMs),
        );
    });
    fc.assert(property, { numRuns: Math.ceil(numRuns / 100) });
  });

  it("goes on the same after its state was written and read at every step", () => {
    fc.assert(
      sameAs(run, (pattern, input) => run(pattern, input, { restart: true })),
      { numRuns: 1_000 },
    );
  });

  it("pruning changes no match", () => {
    const property = fc.property(
      patterns({ iterative: false, skips: ["past", "latest"] }),
      inputs(10, 5),
      (pattern, input) => {
        const all = run(pattern, input, { prune: false, constantForm: false });
        expect(run(pattern, input), failing(pattern, input)).toEqual(all);
      },
    );
    fc.assert(property, { numRuns: 2 * numRuns });
  });

  it("reporting what timed out changes no match", () => {
    fc.assert(
      sameAs(run, (pattern, input) => run(pattern, input, { reportTimedOut: true })),
      {
        numRuns: 1_000,
      },
    );
  });
});
