// A bug here lets a pattern be written that means nothing, or tells its author off at the wrong call.

import { describe, expect, it } from "vitest";
import { compile } from "../../../src/patterns/compile.ts";
import { patternOf } from "../../../src/patterns/pattern.ts";
import { PatternError, type PatternErrorCode, patternErrors } from "../../../src/patterns/pattern-error.ts";
import { skipToFirst, skipToLast } from "../../../src/patterns/skip.ts";
import { type Letter, letter } from "../../../src/testing/pattern-harness.ts";

const a = () => patternOf<Letter>().begin("a").where(letter("a"));
const optionals = (count: number) => {
  let pattern = a();
  for (let i = 0; i < count; i++) pattern = pattern.followedBy(`s${i}`).optional() as typeof pattern;
  return pattern.followedBy("end");
};
const conditions = (count: number) => {
  let pattern = a();
  for (let i = 0; i < count; i++)
    pattern = pattern.followedBy(`s${i}`).where(({ number }) => number === i) as typeof pattern;
  return pattern;
};

/** What is wrong, the code, and a word of the way out. */
const refused: readonly (readonly [string, PatternErrorCode, RegExp, () => unknown])[] = [
  ["an empty name", "PATTERN_NAME_INVALID", /needs a name/, () => patternOf<Letter>().begin("")],
  ["a name twice", "PATTERN_NAME_DUPLICATE", /choose another/, () => a().next("a")],
  ["a name twice, negated", "PATTERN_NAME_DUPLICATE", /choose another/, () => a().notNext("a")],
  ["times(0)", "PATTERN_TIMES_INVALID", /optional\(\)/, () => a().times(0)],
  ["times(3, 2)", "PATTERN_TIMES_INVALID", /times\(3, 2\)/, () => a().times(3, 2)],
  ["times(1.5)", "PATTERN_TIMES_INVALID", /whole/, () => a().times(1.5)],
  ["timesOrMore(0)", "PATTERN_TIMES_INVALID", /at least 1/, () => a().timesOrMore(0)],
  ["two quantifiers", "PATTERN_SET_TWICE", /one quantifier/, () => a().times(2).oneOrMore()],
  ["greedy on a single step", "PATTERN_NOT_LOOPING", /oneOrMore\(\)/, () => a().greedy()],
  ["consecutive on a single step", "PATTERN_NOT_LOOPING", /oneOrMore\(\)/, () => a().consecutive()],
  ["allowCombinations on a single step", "PATTERN_NOT_LOOPING", /single/, () => a().allowCombinations()],
  ["until on a single step", "PATTERN_NOT_LOOPING", /oneOrMore/, () => a().until(letter("b"))],
  ["until with times(n)", "PATTERN_UNTIL_BOUNDED", /timesOrMore/, () => a().times(2).until(letter("b"))],
  [
    "until twice",
    "PATTERN_SET_TWICE",
    /one function/,
    () => a().oneOrMore().until(letter("b")).until(letter("c")),
  ],
  [
    "consecutive with combinations",
    "PATTERN_SET_TWICE",
    /either/,
    () => a().times(2).consecutive().allowCombinations(),
  ],
  [
    "optional on a negated step",
    "PATTERN_NEGATED",
    /conditions only/,
    () => a().notFollowedBy("b").optional(),
  ],
  ["oneOrMore on a negated step", "PATTERN_NEGATED", /before it/, () => a().notNext("b").oneOrMore()],
  ["greedy on a negated step", "PATTERN_NEGATED", /before it/, () => a().notNext("b").greedy()],
  ["notNext after optional", "PATTERN_NOT_AFTER_OPTIONAL", /mandatory/, () => a().optional().notNext("b")],
  [
    "notFollowedBy after optional",
    "PATTERN_NOT_AFTER_OPTIONAL",
    /mandatory/,
    () => a().optional().notFollowedBy("b"),
  ],
  [
    "or before where",
    "PATTERN_CONDITION_MISSING",
    /where\(\) first/,
    () => patternOf<Letter>().begin("x").or(letter("a")),
  ],
  ["within(-1)", "PATTERN_DURATION_INVALID", /whole milliseconds/, () => a().within(-1)],
  ["within(0.5)", "PATTERN_DURATION_INVALID", /0\.5/, () => a().within(0.5)],
  ["within twice", "PATTERN_SET_TWICE", /has one/, () => a().within(1).next("b").within(2)],
  ["withinGap twice", "PATTERN_SET_TWICE", /has one/, () => a().next("b").withinGap(1).withinGap(2)],
  ["withinGap on a single first step", "PATTERN_GAP_MISPLACED", /second step/, () => a().withinGap(1)],
  [
    "withinGap on a negated step that is not the last",
    "PATTERN_GAP_MISPLACED",
    /follows/,
    () => a().notFollowedBy("b").withinGap(1).next("c"),
  ],
  [
    "a skip to a step that comes later",
    "PATTERN_STEP_UNKNOWN",
    /after that step/,
    () => a().afterMatch(skipToFirst("b") as never),
  ],
  [
    "a skip to a negated step",
    "PATTERN_STEP_UNKNOWN",
    /take events/,
    () =>
      a()
        .notNext("b")
        .afterMatch(skipToLast("b") as never),
  ],
  [
    "two skip strategies",
    "PATTERN_SET_TWICE",
    /has one/,
    () => a().afterMatch(skipToFirst("a")).afterMatch(skipToLast("a")),
  ],
  [
    "notFollowedBy last without within",
    "PATTERN_ABSENCE_UNBOUNDED",
    /within\(ms\)/,
    () => compile(a().notFollowedBy("b")),
  ],
  [
    "the same behind an optional step",
    "PATTERN_ABSENCE_UNBOUNDED",
    /within\(ms\)/,
    () => compile(a().notFollowedBy("b").next("c").optional()),
  ],
  [
    "a greedy loop at the end",
    "PATTERN_GREEDY_LAST",
    /mandatory step/,
    () => compile(a().oneOrMore().greedy()),
  ],
  [
    "a greedy loop before an optional end",
    "PATTERN_GREEDY_LAST",
    /mandatory step/,
    () => compile(a().oneOrMore().greedy().next("b").optional()),
  ],
  [
    "more ways on than there is room for",
    "PATTERN_TOO_LARGE",
    /optional steps/,
    () => compile(optionals(30)),
  ],
  [
    "a version that is no whole number",
    "PATTERN_VERSION_INVALID",
    /whole number of at least 1/,
    () => compile(a(), { version: 0 }),
  ],
  [
    "more conditions than there is room for",
    "PATTERN_TOO_LARGE",
    /conditions/,
    () => compile(conditions(30)),
  ],
];

const caught = (call: () => unknown): PatternError => {
  try {
    call();
  } catch (error) {
    if (error instanceof PatternError) return error;
    throw error;
  }
  throw new TypeError("nothing was thrown");
};

describe("a pattern is refused for", () => {
  it.each(refused)("%s, as %s", (_, code, wayOut, call) => {
    const { code: found, message, name } = caught(call);
    expect([found, name]).toEqual([code, "PatternError"]);
    expect(message).toMatch(wayOut);
  });

  it("nothing that is at the limit", () => {
    expect(() => compile(a().oneOrMore().greedy().notFollowedBy("b").within(1))).not.toThrow();
    expect(() => compile(a().notFollowedBy("b").withinGap(1))).not.toThrow();
    expect(() => compile(a().notNext("b"))).not.toThrow();
    expect(() => compile(a().within(0).times(1))).not.toThrow();
    expect(() => compile(optionals(27))).not.toThrow();
    expect(() => compile(conditions(29))).not.toThrow();
  });
});

describe("a pattern", () => {
  it("is immutable: a beginning can go on in two ways", () => {
    const start = a().within(10);
    const strict = start.next("b");
    const relaxed = start.followedBy("c");
    expect(start.spec.steps.map(({ name }) => name)).toEqual(["a"]);
    expect(strict.spec.steps.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(relaxed.spec.steps.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(relaxed.spec.withinMs).toBe(10);
  });
});

describe("the registry of codes", () => {
  it.each(Object.entries(patternErrors))(
    "%s says what it means and what to do",
    (code, { meaning, remedy }) => {
      expect(code).toMatch(/^PATTERN_[A-Z_]+$/);
      expect(meaning).toMatch(/\.$/);
      expect(remedy).toMatch(/\.$/);
    },
  );

  it("has a test here, in state.test.ts or in crowded-keys.test.ts for each", () => {
    const elsewhere = ["PATTERN_STATE_FOREIGN", "PATTERN_ORDER_BROKEN", "PATTERN_COUNT_INVALID"];
    const tested = new Set([...refused.map(([, code]) => code), ...elsewhere]);
    expect([...tested].toSorted()).toEqual(Object.keys(patternErrors).toSorted());
  });
});
