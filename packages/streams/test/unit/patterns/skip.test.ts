// A bug here raises one alert ten times, or swallows the second of two.

import { describe, expect, it } from "vitest";
import { patternOf } from "../../../src/patterns/pattern.ts";
import { noSkip, skipPastLast, skipToNext } from "../../../src/patterns/skip.ts";
import { type Letter, letter, matchesIn } from "../../../src/testing/pattern-harness.ts";

// The published tables are in flink-documentation.test.ts; here is what this language adds or decides.

const smalls = patternOf<Letter>()
  .begin("a")
  .where(letter("a"))
  .timesOrMore(3)
  .followedBy("b")
  .where(letter("b"));

describe("matches that complete with the same event", () => {
  it("come earliest first, the longest of those first", () => {
    expect(matchesIn(smalls, "a1 a2 a3 a4 b1")).toEqual(["a1 a2 a3 a4 b1", "a1 a2 a3 b1", "a2 a3 a4 b1"]);
  });

  it("with latest evidence: the latest of them is kept", () => {
    const latest = smalls.afterMatch(skipPastLast({ evidence: "latest" }));
    expect(matchesIn(latest, "a1 a2 a3 a4 b1", { constantForm: false })).toEqual(["a2 a3 a4 b1"]);
    expect(matchesIn(latest, "a1 a2 a3 a4 b1")).toEqual(["a2 a3 a4 b1"]);
  });

  it("with earliest evidence: the earliest of them is kept", () => {
    expect(matchesIn(smalls.afterMatch(skipPastLast()), "a1 a2 a3 a4 b1")).toEqual(["a1 a2 a3 a4 b1"]);
  });
});

describe("what began before the match that is out", () => {
  const overtaken = patternOf<Letter>()
    .begin("a")
    .where(letter("a"))
    .followedBy("b")
    .where((event, match) => event.kind === "b" && event.number === match.events("a")[0]?.value.number);

  it("goes on after skipToNext", () => {
    expect(matchesIn(overtaken.afterMatch(skipToNext()), "a1 a2 b2 b1")).toEqual(["a2 b2", "a1 b1"]);
  });

  it("is discarded after skipPastLast: the key starts afresh, no event is in two matches", () => {
    expect(matchesIn(overtaken.afterMatch(skipPastLast()), "a1 a2 b2 b1 a3 b3")).toEqual(["a2 b2", "a3 b3"]);
  });
});

describe("a pattern without a strategy", () => {
  it("skips nothing", () => {
    const input = "a1 a2 a3 a4 b1";
    expect(matchesIn(smalls, input)).toEqual(matchesIn(smalls.afterMatch(noSkip()), input));
  });
});

describe("pruning", () => {
  it("keeps a match in the making that began later, for the earlier one is over sooner", () => {
    const pattern = patternOf<Letter>()
      .begin("a")
      .where(letter("a"))
      .followedBy("b")
      .where(letter("b"))
      .within(10);
    expect(matchesIn(pattern.afterMatch(skipPastLast()), "a1@0 a2@8 b1@12")).toEqual(["a2 b1"]);
  });

  it("keeps a match in the making whose greedy loop is over by its gap, beside one whose loop is not", () => {
    const loop = patternOf<Letter>()
      .begin("a")
      .where(letter("a"))
      .oneOrMore()
      .allowCombinations()
      .greedy()
      .withinGap(0);
    const pattern = loop
      .followedByAny("b")
      .where(letter("a", "c"))
      .afterMatch(skipPastLast({ evidence: "latest" }));
    const input = "a1@0 a2@4 a3@4 a4@4 c5@4";
    expect(matchesIn(pattern, input)).toEqual(matchesIn(pattern, input, { prune: false }));
    expect(matchesIn(pattern, input)).not.toEqual([]);
  });

  it("keeps a match in the making whose last event is newer, when gaps are bounded", () => {
    const any = patternOf<Letter>().begin("a").where(letter("a")).followedByAny("b").where(letter("b"));
    const pattern = any.followedBy("c").where(letter("c")).withinGap(5).afterMatch(skipPastLast());
    expect(matchesIn(pattern, "a1@0 b1@1 b2@6 c1@8")).toEqual(["a1 b2 c1"]);
  });

  it("keeps a match in the making that may still do what a better one is forbidden", () => {
    const pattern = patternOf<Letter>().begin("a").where(letter("a")).notNext("n").where(letter("b"));
    const latest = pattern
      .followedBy("b")
      .where(letter("b"))
      .afterMatch(skipPastLast({ evidence: "latest" }));
    expect(matchesIn(latest, "a1 a2 b3")).toEqual(["a1 b3"]);
  });
});
