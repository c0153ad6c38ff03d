// A bug here makes an optional step or loop mean something else than in Flink, whose word it is.
//
// Inputs and outputs are those of flink-cep's NFAITCase (the tests that its documentation's rules on optional loops come
// from); each row is named after its test there. Facts only: no sentence and no code is taken over.

import { describe, expect, it } from "vitest";
import { type Pattern, patternOf } from "../../../src/patterns/pattern.ts";
import { type Letter, letter, matchesIn } from "../../../src/testing/pattern-harness.ts";

const begin = (name: string) => patternOf<Letter>().begin(name).where(letter(name));
const a = letter("a");
const b = letter("b");
const d = letter("d");
const e = letter("e");

const rows: readonly (readonly [string, Pattern<Letter, string>, string, readonly string[]])[] = [
  [
    "testZeroOrMore",
    begin("c")
      .followedByAny("a")
      .where(a)
      .oneOrMore()
      .allowCombinations()
      .optional()
      .followedBy("b")
      .where(b),
    "c a1 a2 b",
    ["c a1 a2 b", "c a1 b", "c a2 b", "c b"],
  ],
  [
    "testEagerZeroOrMore",
    begin("c").followedBy("a").where(a).oneOrMore().optional().followedBy("b").where(b),
    "c a1 a2 d a3 b",
    ["c a1 a2 a3 b", "c a1 a2 b", "c a1 b", "c b"],
  ],
  [
    "testBeginWithZeroOrMore",
    begin("a").oneOrMore().optional().followedBy("b").where(b),
    "a1 a2 a3 b",
    ["a1 a2 a3 b", "a1 a2 b", "a2 a3 b", "a1 b", "a2 b", "a3 b", "b"],
  ],
  [
    "testZeroOrMoreAfterZeroOrMore",
    begin("c")
      .followedByAny("a")
      .where(a)
      .oneOrMore()
      .allowCombinations()
      .optional()
      .followedBy("d")
      .where(d)
      .oneOrMore()
      .allowCombinations()
      .optional()
      .followedBy("e")
      .where(e),
    "c a1 d2 d3 e",
    ["c a1 d2 d3 e", "c a1 d2 e", "c d2 d3 e", "c d2 e", "c a1 e", "c e"],
  ],
  [
    "testZeroOrMoreAfterBranching",
    begin("c")
      .followedByAny("a")
      .where(a)
      .followedByAny("f")
      .where(letter("f"))
      .followedByAny("d")
      .where(d)
      .oneOrMore()
      .allowCombinations()
      .optional()
      .followedBy("e")
      .where(e),
    "c a1 a2 f d1 d2 e",
    [
      "c a1 f e",
      "c a1 f d1 e",
      "c a1 f d2 e",
      "c a1 f d1 d2 e",
      "c a2 f e",
      "c a2 f d1 e",
      "c a2 f d2 e",
      "c a2 f d1 d2 e",
    ],
  ],
  [
    "testStrictContinuityNoResultsAfterZeroOrMore",
    begin("d").followedBy("a").where(a).oneOrMore().optional().next("b").where(b),
    "d a1 a2 c b",
    [],
  ],
  [
    "testStrictContinuityResultsAfterZeroOrMore",
    begin("d").followedByAny("a").where(a).oneOrMore().optional().allowCombinations().next("b").where(b),
    "d a1 a2 b",
    ["d a1 a2 b", "d a2 b"],
  ],
];

describe("NFAITCase: optional loops", () => {
  it.each(rows)("%s", (_, pattern, input, out) => {
    expect(matchesIn(pattern, input).toSorted()).toEqual([...out].toSorted());
  });
});
