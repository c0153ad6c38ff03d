// A bug here raises an alert for transactions that lie too far apart, or drops one on the very boundary.

import { describe, expect, it } from "vitest";
import type { CompileOptions } from "../../../src/patterns/compile.ts";
import type { Pattern } from "../../../src/patterns/pattern.ts";
import { patternOf } from "../../../src/patterns/pattern.ts";
import { skipPastLast } from "../../../src/patterns/skip.ts";
import { type Letter, letter, matchesIn, PatternHarness } from "../../../src/testing/pattern-harness.ts";

const a = () => patternOf<Letter>().begin("a").where(letter("a"));
const aThenB = a().followedBy("b").where(letter("b"));
const run = <S extends string>(pattern: Pattern<Letter, S>, input: string, options: CompileOptions = {}) => {
  const harness = new PatternHarness(pattern, { reportTimedOut: true, ...options });
  const matches = harness.feed(input);
  return { harness, matches, timedOut: harness.timedOut };
};

describe("within", () => {
  it("is inclusive: exactly within later still counts, one millisecond more does not", () => {
    expect(run(aThenB.within(10), "a1@5 b1@15").matches).toEqual(["a1 b1"]);
    expect(run(aThenB.within(10), "a1@5 b1@16").matches).toEqual([]);
  });

  it("of 0 holds events of the same millisecond", () => {
    expect(run(aThenB.within(0), "a1@5 b1@5 a2@6 b2@7").matches).toEqual(["a1 b1"]);
  });

  it("counts from the first event of the match, not from the last", () => {
    const three = aThenB.followedBy("c").where(letter("c")).within(10);
    expect(run(three, "a1@0 b1@6 c1@11").matches).toEqual([]);
  });

  it("gives out what ran out of time, once, with its deadline", () => {
    const { harness, timedOut } = run(aThenB.within(10), "a1@1 a2@2");
    expect(harness.advance(11)).toEqual([]);
    expect(timedOut).toEqual([]);
    harness.advance(12);
    expect(timedOut).toEqual(["a1"]);
    harness.feed("c1@50");
    expect(timedOut).toEqual(["a1", "a2"]);
    expect(harness.state).toBeUndefined();
  });

  it("does not call a match timed out that was complete and could only have grown", () => {
    const loop = a().followedBy("b").where(letter("b")).oneOrMore().within(10);
    const { harness, matches, timedOut } = run(loop, "a1@1 b1@2");
    harness.advance(100);
    expect(matches).toEqual(["a1 b1"]);
    expect(timedOut).toEqual([]);
  });

  it("does not call a match timed out that an event has broken", () => {
    const { harness, timedOut } = run(a().next("b").where(letter("b")).within(10), "a1@1 c1@2");
    harness.advance(100);
    expect(timedOut).toEqual([]);
  });

  it("reports nothing unless asked to", () => {
    const { harness, timedOut } = run(aThenB.within(10), "a1@1", { reportTimedOut: false });
    harness.advance(100);
    expect(timedOut).toEqual([]);
    expect(harness.state).toBeUndefined();
  });
});

describe("withinGap", () => {
  const gap = a().followedBy("b").where(letter("b")).withinGap(10).followedBy("c").where(letter("c"));

  it("is inclusive, from the match's event before", () => {
    expect(run(gap, "a1@0 b1@10 c1@99").matches).toEqual(["a1 b1 c1"]);
    expect(run(gap, "a1@0 b1@11 c1@99").matches).toEqual([]);
  });

  it("bounds every gap inside a loop, and the one before it", () => {
    const burst = a().times(3).withinGap(10);
    expect(run(burst, "a1@0 a2@10 a3@20").matches).toEqual(["a1 a2 a3"]);
    expect(run(burst, "a1@0 a2@10 a3@21 a4@22 a5@30").matches).toEqual(["a3 a4 a5"]);
  });

  it("times out what waits for that step only", () => {
    const { harness, timedOut } = run(gap, "a1@0 b1@1 a2@2");
    harness.advance(12);
    expect(timedOut).toEqual([]);
    harness.advance(13);
    expect(timedOut).toEqual(["a2"]);
    expect(harness.feed("c1@900")).toEqual(["a1 b1 c1"]);
  });

  it("ends with within, whichever comes first", () => {
    expect(run(gap.within(12), "a1@0 b1@10 c1@12").matches).toEqual(["a1 b1 c1"]);
    expect(run(gap.within(12), "a1@0 b1@10 c1@13").matches).toEqual([]);
  });
});

describe("events of the same event time", () => {
  it("come in order of their offsets", () => {
    expect(matchesIn(aThenB, "b1@5 a1@5 b2@5")).toEqual(["a1 b2"]);
  });
});

describe("an end with an absence", () => {
  const noB = a().notFollowedBy("b").where(letter("b")).within(10);

  it("holds when the deadline has passed, and is broken on the deadline itself", () => {
    expect(run(noB, "a1@0 b1@10 c1@99").matches).toEqual([]);
    expect(run(noB, "a1@0 b1@11").matches).toEqual(["a1"]);
    const { harness } = run(noB, "a1@0");
    expect(harness.advance(10)).toEqual([]);
    expect(harness.advance(11)).toEqual(["a1"]);
  });

  it("is complete at its deadline", () => {
    const { harness } = run(noB, "a1@3");
    const program = harness.program;
    expect(program.withinMs).toBe(10);
    expect(harness.state?.form === "automaton" && harness.state.dueMs).toBe(13);
  });

  it("is not a time-out", () => {
    const { harness, timedOut } = run(noB, "a1@0");
    harness.advance(99);
    expect(timedOut).toEqual([]);
  });

  it("counts from the last event with withinGap, and needs no within then", () => {
    const gap = a().followedBy("c").where(letter("c")).notFollowedBy("b").where(letter("b")).withinGap(10);
    expect(run(gap, "a1@0 c1@50 b1@60").matches).toEqual([]);
    expect(run(gap, "a1@0 c1@50 b1@61").matches).toEqual(["a1 c1"]);
  });

  it("discards what would time out at the same deadline, if its strategy says so", () => {
    const pattern = a()
      .followedByAny("c")
      .where(letter("c"))
      .notFollowedBy("b")
      .where(letter("b"))
      .within(10);
    const plain = run(pattern, "a1@0 c1@5");
    expect(plain.harness.advance(99)).toEqual(["a1 c1"]);
    expect(plain.timedOut).toEqual(["a1"]);
    const skipping = run(pattern.afterMatch(skipPastLast()), "a1@0 c1@5");
    expect(skipping.harness.advance(99)).toEqual(["a1 c1"]);
    expect(skipping.timedOut).toEqual([]);
  });

  it("and an optional step before it gives both ends", () => {
    const both = a()
      .notFollowedBy("b")
      .where(letter("b"))
      .followedBy("c")
      .where(letter("c"))
      .optional()
      .within(10);
    const { harness, matches } = run(both, "a1@0 c1@5");
    expect([...matches, ...harness.advance(99)]).toEqual(["a1 c1", "a1"]);
  });

  it("discards, when it holds, what its strategy says: what begins after the match's last event goes on", () => {
    const { harness } = run(noB.afterMatch(skipPastLast()), "a1@0 a2@1 a3@2");
    expect(harness.advance(11)).toEqual(["a1"]);
    expect(harness.advance(99)).toEqual(["a2", "a3"]);
  });

  it("with notNext is decided by the next event, or by the end of within", () => {
    const notNext = a().notNext("b").where(letter("b"));
    expect(run(notNext, "a1 b1 c1").matches).toEqual([]);
    expect(run(notNext, "a1 c1 b1").matches).toEqual(["a1"]);
    const { harness } = run(notNext.within(10), "a1@0");
    expect([...harness.advance(10), ...harness.advance(11)]).toEqual(["a1"]);
  });
});
