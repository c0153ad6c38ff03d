// A bug here lets one account grow until its state fits no record, or forgets more than it had to, or forgets something else
// after a restart.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PatternEvent } from "../../../src/patterns/event.ts";
import { patternOf } from "../../../src/patterns/pattern.ts";
import { skipPastLast } from "../../../src/patterns/skip.ts";
import {
  type Letter,
  letter,
  OperatorHarness,
  PatternHarness,
} from "../../../src/testing/pattern-harness.ts";
import { describePattern, inputs, patterns } from "./random-patterns.ts";

const aThenB = patternOf<Letter>()
  .begin("a")
  .where(letter("a"))
  .followedBy("b")
  .where(letter("b"))
  .within(100);

const crowded = (unsettledMax: number, weightOf?: (value: Letter) => number) =>
  new OperatorHarness(aThenB, { graceMs: 50, unsettledMax, ...(weightOf && { weightOf }) });

const pendingOf = (harness: OperatorHarness<"a" | "b">): string[] =>
  (harness.store.get("")?.pending ?? []).map(({ value }) => value.text);

describe("a key with more unsettled records than it may have", () => {
  it("keeps the newest half of what it may have, and settles the rest", () => {
    const harness = crowded(4);
    harness.feed("a1@1 a2@2 a3@3 a4@4");
    expect(pendingOf(harness)).toEqual(["a1", "a2", "a3", "a4"]);
    harness.feed("a5@5");
    expect(pendingOf(harness)).toEqual(["a4", "a5"]);
  });

  it("gives out a record that comes before what was settled as late, and takes one that comes with it or after it", () => {
    const harness = crowded(4);
    harness.feed("a1@1 a2@2 a3@3 a4@4 a5@5");
    expect(harness.feed("b1@2")).toEqual(["late b1"]);
    expect(harness.feed("b2@3")).toEqual(["a1 b2", "a2 b2", "a3 b2"]);
  });

  it("loses nothing in order: matches across what was settled come as ever", () => {
    const harness = crowded(2);
    harness.feed("a1@1 a2@2 a3@3");
    expect(harness.feed("b1@40")).toEqual(["a1 b1", "a2 b1", "a3 b1"]);
  });

  it("settles records of one millisecond in the order of their offsets", () => {
    const harness = crowded(4);
    harness.feed("a1@7 a2@7 a3@7 a4@7 a5@7");
    expect(pendingOf(harness)).toEqual(["a4", "a5"]);
    expect(harness.feed("b1@7")).toHaveLength(5);
  });

  it("is as strict with other keys as if they were alone", () => {
    const harness = crowded(4);
    harness.feed("a1@1 a2@2 a3@3 a4@4 a5@5", "busy");
    expect(harness.feed("b1@2 a1@1 b2@3", "quiet")).toEqual(["quiet: a1 b1"]);
  });

  it("has its whole grace again once stream time has passed what was settled early", () => {
    const harness = crowded(4);
    harness.feed("a1@1 a2@2 a3@3 a4@4 a5@5 a6@60");
    expect(harness.feed("b1@20")).toEqual(["a1 b1", "a2 b1", "a3 b1", "a4 b1", "a5 b1"]);
    expect(harness.store.get("")?.settledEarly).toBeUndefined();
  });

  it("always keeps its newest record, however much that weighs", () => {
    const harness = crowded(10, ({ number }) => number);
    harness.feed("a1@1 a2@2 a99@3");
    expect(pendingOf(harness)).toEqual(["a99"]);
  });

  it("goes by what records weigh", () => {
    const harness = crowded(10, ({ number }) => number);
    harness.feed("a3@1 a3@2 a4@3");
    expect(pendingOf(harness)).toHaveLength(3);
    harness.feed("a1@4");
    expect(pendingOf(harness)).toEqual(["a4", "a1"]);
  });

  it.each([0, -1, Number.NaN])("cannot be bounded by %d", (unsettledMax) => {
    expect(() => crowded(unsettledMax)).toThrow(expect.objectContaining({ code: "PATTERN_COUNT_INVALID" }));
  });
});

const endMs = 10_000;
const numRuns = Number(process.env["PATTERN_RUNS"] ?? 1_000);

/** Records a little or far out of order, and where the operator is built anew. */
const arrivals = inputs(9, 3).chain((events) =>
  fc.record({
    order: fc.shuffledSubarray(events, { minLength: events.length }),
    restarts: fc.array(fc.boolean(), { minLength: events.length, maxLength: events.length }),
    unsettledMax: fc.integer({ min: 1, max: 5 }),
  }),
);

const byTime = (events: readonly PatternEvent<Letter>[]): PatternEvent<Letter>[] =>
  events.toSorted((a, b) => a.eventTimeMs - b.eventTimeMs || a.offset - b.offset);

describe("for random patterns", { timeout: 60_000 + 20 * numRuns }, () => {
  it("what stands is what the records that were not late give in order, and no key has more than it may", () => {
    const property = fc.property(patterns(), arrivals, (pattern, { order, restarts, unsettledMax }) => {
      const harness = new OperatorHarness(pattern, { graceMs: 40, unsettledMax });
      const late = new Set<string>();
      for (const [i, event] of order.entries()) {
        if (restarts[i] === true) harness.restart();
        for (const line of harness.feedEvent(event)) if (line.startsWith("late ")) late.add(line.slice(5));
        expect(harness.store.get("")?.pending.length ?? 0).toBeLessThanOrEqual(unsettledMax);
      }
      harness.advance(endMs);
      const plain = new PatternHarness(pattern);
      const onTime = byTime(order).filter(({ value }) => !late.has(value.text));
      const expected = [...plain.feedEvents(onTime), ...plain.advance(endMs)].toSorted();
      expect(harness.standing, describePattern(pattern)).toEqual(expected);
    });
    fc.assert(property, { numRuns });
  });

  it("restarts change nothing that is given out", () => {
    const property = fc.property(patterns(), arrivals, (pattern, { order, restarts, unsettledMax }) => {
      const lines = (isRestarted: boolean): string[] => {
        const harness = new OperatorHarness(pattern, { graceMs: 8, unsettledMax, reportTimedOut: true });
        return order.flatMap((event, i) => {
          if (isRestarted && restarts[i] === true) harness.restart();
          return harness.feedEvent(event);
        });
      };
      expect(lines(true), describePattern(pattern)).toEqual(lines(false));
    });
    fc.assert(property, { numRuns });
  });
});

describe("matches in the making", () => {
  const bounded = (partialsMax: number) => new PatternHarness(aThenB, { partialsMax });

  it("are as many as they may be, and those that began first are let go", () => {
    const harness = bounded(2);
    expect(harness.feed("a1 a2 b1")).toEqual(["a1 b1", "a2 b1"]);
    expect(harness.feed("a3 a4 a5 b2")).toEqual(["a4 b2", "a5 b2"]);
  });

  it("take their events with them when they are let go", () => {
    const harness = bounded(2);
    harness.feed("a1 a2 a3 a4 a5 a6 a7 a8");
    harness.restart();
    const { state } = harness;
    expect(state?.form === "automaton" && state.partials).toHaveLength(2);
    expect(JSON.stringify(state)).not.toContain("a6");
    expect(harness.feed("b1")).toEqual(["a7 b1", "a8 b1"]);
  });

  it("may be bounded where they would be kept as cohorts", () => {
    const pattern = patternOf<Letter>()
      .begin("a")
      .where(letter("a"))
      .followedBy("b")
      .where(letter("b"))
      .oneOrMore()
      .followedBy("c")
      .where(letter("c"))
      .within(100)
      .afterMatch(skipPastLast());
    const harness = new PatternHarness(pattern, { partialsMax: 3 });
    harness.feed("a1 b1 a2 b2 a3 b3 a4 b4");
    const { state } = harness;
    expect(state?.form === "automaton" && state.partials.length).toBeLessThanOrEqual(3);
  });

  it.each([0, 1.5, Number.NaN])("cannot be at most %d", (partialsMax) => {
    expect(() => bounded(partialsMax)).toThrow(expect.objectContaining({ code: "PATTERN_COUNT_INVALID" }));
  });
});
