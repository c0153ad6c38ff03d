// A bug here lets the test of a pattern pass or fail for another reason than its pattern.

import { describe, expect, it } from "vitest";
import { patternOf } from "../../../src/patterns/pattern.ts";
import {
  type Letter,
  letter,
  lettersOf,
  OperatorHarness,
  PatternHarness,
  resultsOf,
  textOf,
} from "../../../src/testing/index.ts";

const aThenB = patternOf<Letter>()
  .begin("a")
  .where(letter("a"))
  .followedBy("b")
  .where(letter("b"))
  .within(10);

const nothing = { matches: [], timedOut: [], withdrawn: [], timedOutWithdrawn: [], late: [], standing: [] };

describe("events as text", () => {
  it("come one millisecond after the one before, or at the time they say", () => {
    expect(lettersOf("a b2@7 cd3").map(({ eventTimeMs, offset }) => [eventTimeMs, offset])).toEqual([
      [1, 0],
      [7, 1],
      [8, 2],
    ]);
    expect(lettersOf("cd3")[0]?.value).toEqual({ kind: "cd", number: 3, text: "cd3" });
  });

  it("are refused when they are none, with the way out", () => {
    expect(() => lettersOf("a1 1a")).toThrow('"1a" is no event; write letters, a number and @time, as b1@12');
  });
});

describe("the results of a text", () => {
  it("are those of the example in the doc comment", () => {
    expect(resultsOf(aThenB, "a1@1 b1@9 b2@6 a2@12", { graceMs: 5, endMs: 23 })).toEqual({
      matches: ["a1 b1", "a1 b2"],
      withdrawn: ["a1 b1"],
      standing: ["a1 b2"],
      timedOut: ["a2"],
      timedOutWithdrawn: [],
      late: [],
    });
  });

  it("name what came too late, and what had timed out and then had not", () => {
    expect(resultsOf(aThenB, "a1@1 x1@12 b1@11", { graceMs: 5 })).toEqual({
      ...nothing,
      matches: ["a1 b1"],
      standing: ["a1 b1"],
      timedOut: ["a1"],
      timedOutWithdrawn: ["a1"],
    });
    expect(resultsOf(aThenB, "a1@5 b1@4")).toEqual({ ...nothing, late: ["b1"] });
  });

  it("let nothing run out of time unless they are told how far time goes, nor when it is not to be reported", () => {
    expect(resultsOf(aThenB, "a1@1")).toEqual(nothing);
    expect(resultsOf(aThenB, "a1@1", { endMs: 11 })).toEqual(nothing);
    expect(resultsOf(aThenB, "a1@1", { endMs: 12 }).timedOut).toEqual(["a1"]);
    expect(resultsOf(aThenB, "a1@1", { endMs: 12, reportTimedOut: false })).toEqual(nothing);
  });
});

describe("harnesses", () => {
  it("give a match as the text of its events in order, whichever steps took them", () => {
    const [a1, b1, b2] = lettersOf("a1 b1 b2");
    if (a1 === undefined || b1 === undefined || b2 === undefined)
      throw new TypeError("three events are needed");
    expect(textOf({ events: { late: [b2], early: [a1, b1] } })).toBe("a1 b1 b2");
  });

  it("keep the lines of several keys apart", () => {
    const harness = new OperatorHarness(aThenB, { graceMs: 5 });
    harness.feed("a1@1", "k");
    expect(harness.feed("a1@2 b1@3", "l")).toEqual(["l: a1 b1"]);
    expect(harness.feed("b1@4", "k")).toEqual(["k: a1 b1"]);
    expect(harness.results).toEqual({
      ...nothing,
      matches: ["l: a1 b1", "k: a1 b1"],
      standing: ["k: a1 b1", "l: a1 b1"],
    });
  });

  it("go on after a restart with what was written", () => {
    const harness = new PatternHarness(aThenB);
    harness.feed("a1@1");
    harness.restart();
    expect(harness.feed("b1@11")).toEqual(["a1 b1"]);
    expect(harness.state).toBeUndefined();
  });
});
