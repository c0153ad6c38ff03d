// A bug here lets a pattern into production that remembers every transaction for ever, or keeps a good one out.

import { describe, expect, it } from "vitest";
import { inspectPattern } from "../../../src/patterns/inspect.ts";
import { patternOf } from "../../../src/patterns/pattern.ts";
import { skipPastLast, skipToNext } from "../../../src/patterns/skip.ts";
import { type Letter, letter, PatternHarness } from "../../../src/testing/pattern-harness.ts";

const isB = letter("b");
const a = () => patternOf<Letter>().begin("a").where(letter("a"));
const aThenB = a().followedBy("b").where(isB);
const latest = skipPastLast({ evidence: "latest" });

describe("unbounded state", () => {
  it("is a step that waits without an end in time", () => {
    const { unboundedState, statePerKey } = inspectPattern(aThenB);
    expect(unboundedState).toEqual(["step a waits for what follows without end in time: add within(ms)"]);
    expect(statePerKey).toEqual({ kind: "unbounded" });
  });

  it("is a loop without an end, strict or not", () => {
    expect(inspectPattern(a().oneOrMore().consecutive()).unboundedState).toEqual([
      "step a is a loop without end in time: add within(ms)",
    ]);
    expect(inspectPattern(a().oneOrMore().withinGap(5)).statePerKey).toEqual({ kind: "unbounded" });
  });

  it("is none with within, with a gap at every step, or when the next event decides", () => {
    expect(inspectPattern(aThenB.within(10)).unboundedState).toEqual([]);
    expect(inspectPattern(aThenB.withinGap(10)).unboundedState).toEqual([]);
    expect(inspectPattern(a().next("b")).unboundedState).toEqual([]);
  });
});

describe("state per key", () => {
  it("grows within the time, by as many powers as events can be chosen freely", () => {
    const within = (degree: number | "exponential") => ({ kind: "within", withinMs: 10, degree });
    expect(inspectPattern(aThenB.within(10)).statePerKey).toEqual(within(1));
    const loop = aThenB.oneOrMore();
    expect(inspectPattern(loop.followedBy("c").within(10)).statePerKey).toEqual(within(2));
    expect(inspectPattern(loop.allowCombinations().followedBy("c").within(10)).statePerKey).toEqual(
      within("exponential"),
    );
    expect(inspectPattern(loop.followedBy("c").within(10).afterMatch(skipPastLast())).statePerKey).toEqual(
      within(1),
    );
  });

  it("is constant for the constant form, for strict patterns and for bounded ones with latest evidence", () => {
    const cardTesting = a().timesOrMore(3).followedBy("b").where(isB).within(10).afterMatch(latest);
    expect(inspectPattern(cardTesting)).toMatchObject({
      constantState: true,
      statePerKey: { kind: "constant", partials: 3, events: 3 },
    });
    expect(inspectPattern(a().next("b").next("c")).statePerKey).toEqual({
      kind: "constant",
      partials: 9,
      events: 3,
    });
    expect(inspectPattern(aThenB.followedBy("c").afterMatch(latest)).statePerKey.kind).toBe("constant");
  });

  it("is never more than it says when it is constant", () => {
    for (const pattern of [
      a().or(isB).next("b").times(2).consecutive().optional().next("c").where(isB),
      a()
        .times(1, 3)
        .followedByAny("b")
        .where(isB)
        .followedBy("c")
        .where(letter("c"))
        .within(99)
        .afterMatch(latest),
    ]) {
      const { statePerKey } = inspectPattern(pattern);
      const harness = new PatternHarness(pattern);
      for (let i = 0; i < 60; i++) {
        harness.feed(["a1", "b1", "b2", "a2", "a3"][(i * 7) % 5] ?? "a1");
        const { state } = harness;
        if (state?.form !== "automaton" || statePerKey.kind !== "constant") continue;
        expect(state.partials.length).toBeLessThanOrEqual(statePerKey.partials);
        expect(state.buffer.events.length).toBeLessThanOrEqual(statePerKey.events);
      }
      expect(statePerKey.kind).toBe("constant");
    }
  });
});

describe("unreachable steps", () => {
  it("are those behind a complete match whose strategy discards what goes on", () => {
    const optional = aThenB.optional();
    expect(inspectPattern(optional.afterMatch(skipPastLast())).unreachableSteps).toEqual([
      'b: the match is complete with "a", and skipPastLast discards what goes on',
    ]);
    expect(inspectPattern(optional.afterMatch(skipToNext())).unreachableSteps).toHaveLength(1);
    expect(inspectPattern(optional).unreachableSteps).toEqual([]);
  });

  it("are those that notNext forbids, or a greedy loop takes away", () => {
    const forbidden = a().notNext("n").where(isB).next("b").where(isB);
    expect(inspectPattern(forbidden).unreachableSteps).toEqual([
      'b: notNext "n" forbids the only event it could take',
    ]);
    const swallowed = a().followedBy("many").where(isB).oneOrMore().greedy().followedBy("b").where(isB);
    expect(inspectPattern(swallowed.within(9)).unreachableSteps).toEqual([
      'b: the greedy loop "many" takes every event that would fit',
    ]);
  });

  it("are none in a pattern that can match", () => {
    expect(inspectPattern(aThenB.within(10)).unreachableSteps).toEqual([]);
    const between = a().notFollowedBy("n").where(isB).next("b").where(isB);
    expect(inspectPattern(between).unreachableSteps).toEqual([]);
  });
});

describe("buffering", () => {
  it("is needed by all patterns but those of one single event", () => {
    expect(inspectPattern(a()).needsBuffering).toBe(false);
    expect(inspectPattern(a().times(2)).needsBuffering).toBe(true);
    expect(inspectPattern(aThenB.within(10)).needsBuffering).toBe(true);
  });
});
