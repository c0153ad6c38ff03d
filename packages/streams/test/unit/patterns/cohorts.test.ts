// A bug here gives another match than the pattern describes where a key has many matches in the making, or lets each of
// its events cost as much as there are of them.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compile } from "../../../src/patterns/compile.ts";
import type { PatternEvent } from "../../../src/patterns/event.ts";
import { patternOf } from "../../../src/patterns/pattern.ts";
import { skipPastLast } from "../../../src/patterns/skip.ts";
import { type Letter, letter, PatternHarness } from "../../../src/testing/pattern-harness.ts";
import { type AnyPattern, describePattern, inputs, patterns } from "./random-patterns.ts";

/** PATTERN_RUNS=100000 searches longer. */
const numRuns = Number(process.env["PATTERN_RUNS"] ?? 2_000);

const step = (name: string, ...kinds: string[]) =>
  patternOf<Letter>()
    .begin(name)
    .where(letter(...kinds));

const sequence = step("a", "a")
  .followedBy("b")
  .where(letter("b"))
  .oneOrMore()
  .followedBy("c")
  .where(letter("c"));

/** Of random patterns those that run by cohorts. */
const byCohorts = patterns({ iterative: false, skips: ["past"] }).filter(
  (pattern) => compile(pattern).cohorts && compile(pattern).constantForm === undefined,
);

const all = (
  pattern: AnyPattern,
  input: readonly PatternEvent<Letter>[],
  options: { readonly prune?: boolean; readonly restart?: boolean } = {},
): string[] => {
  const harness = new PatternHarness(pattern, { prune: options.prune ?? true });
  return input.flatMap((event) => {
    if (options.restart === true) harness.restart();
    return harness.feedEvents([event]);
  });
};

const sizes = (harness: PatternHarness<string>) => {
  const { state } = harness;
  if (state?.form !== "cohorts") return undefined;
  return {
    cohorts: state.cohorts.length,
    members: state.cohorts.reduce((total, { members }) => total + members.length, 0),
    nodes: state.buffer.nodes.filter((node) => node !== null).length,
    events: state.buffer.events.filter((event) => event !== null).length,
  };
};

describe("the automaton by cohorts", { timeout: 60_000 + 20 * numRuns }, () => {
  it("gives the same matches as the general automaton, for random patterns on inputs of up to 14 events", () => {
    const property = fc.property(byCohorts, inputs(14, 6), (pattern, input) => {
      const expected = all(pattern, input, { prune: false });
      expect(all(pattern, input), describePattern(pattern)).toEqual(expected);
    });
    fc.assert(property, { numRuns });
  });

  it("goes on the same after its state was written and read at every step", () => {
    const property = fc.property(byCohorts, inputs(14, 6), (pattern, input) => {
      expect(all(pattern, input, { restart: true }), describePattern(pattern)).toEqual(all(pattern, input));
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it("gives them for a loop between two steps, on long inputs, when the earliest run out of time", () => {
    const pattern = sequence.within(30).afterMatch(skipPastLast()) as AnyPattern;
    const often = fc
      .array(fc.tuple(fc.constantFrom("a", "a", "b", "b", "b", "x", "c"), fc.nat(4)), {
        minLength: 30,
        maxLength: 80,
      })
      .map((letters) => {
        let eventTimeMs = 0;
        return letters.map(([kind, gapMs], offset): PatternEvent<Letter> => {
          eventTimeMs += gapMs;
          return { eventTimeMs, offset, value: { kind, number: offset, text: `${kind}${offset}` } };
        });
      });
    fc.assert(
      fc.property(often, (input) => {
        expect(all(pattern, input)).toEqual(all(pattern, input, { prune: false }));
      }),
      { numRuns: 500 },
    );
  });

  it("is used with skipPastLast and earliest evidence, where conditions are simple and there are no gaps", () => {
    const earliest = sequence.within(9).afterMatch(skipPastLast());
    expect(compile(earliest).cohorts).toBe(true);
    expect(compile(sequence.within(9)).cohorts).toBe(false);
    expect(compile(earliest, { reportTimedOut: true }).cohorts).toBe(false);
    expect(compile(earliest, { prune: false }).cohorts).toBe(false);
    expect(compile(sequence.within(9).afterMatch(skipPastLast({ evidence: "latest" }))).cohorts).toBe(false);
    expect(compile(sequence.withinGap(5).afterMatch(skipPastLast())).cohorts).toBe(false);
    expect(
      compile(sequence.where((_, m) => m.events("a").length > 0).afterMatch(skipPastLast())).cohorts,
    ).toBe(false);
  });
});

describe("what is held of a key", () => {
  const pattern = sequence.within(10_000).afterMatch(skipPastLast());

  it("is each event once, and one node for each beginning, however many beginnings took it", () => {
    const harness = new PatternHarness(pattern);
    for (let i = 0; i < 100; i++) harness.feed("a1 b1");
    expect(sizes(harness)).toEqual({ cohorts: 1, members: 100, nodes: 100, events: 200 });
  });

  it("is let go, the events that only the first had too, as the first runs out of time", () => {
    const harness = new PatternHarness(pattern);
    for (let i = 0; i < 100; i++) harness.feed("a1 b1");
    harness.advance(10_000 + 102);
    expect(sizes(harness)).toEqual({ cohorts: 1, members: 49, nodes: 49, events: 98 });
    harness.advance(20_000 + 200);
    expect(harness.state).toBeUndefined();
  });

  it("is nothing after a match", () => {
    const harness = new PatternHarness(pattern);
    expect(harness.feed("a1 b1 a2 b2 c1")).toEqual(["a1 b1 b2 c1"]);
    expect(harness.state).toBeUndefined();
  });
});
