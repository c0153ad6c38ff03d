// A bug here keeps something of every account that ever had a small payment, for ever.

import { expect, it } from "vitest";
import { compile } from "../../../src/patterns/compile.ts";
import type { KeyedPatternState } from "../../../src/patterns/keyed-state.ts";
import { PatternOperator } from "../../../src/patterns/operator.ts";
import { type Pattern, patternOf } from "../../../src/patterns/pattern.ts";
import { skipPastLast } from "../../../src/patterns/skip.ts";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { type Letter, letter, lettersOf } from "../../../src/testing/pattern-harness.ts";

const withinMs = 1_000;

const sequence = patternOf<Letter>()
  .begin("a")
  .where(letter("a"))
  .followedBy("b")
  .where(letter("b"))
  .oneOrMore()
  .followedBy("c")
  .where(letter("c"))
  .within(withinMs);
const small = patternOf<Letter>().begin("a").where(letter("a"));

const forms: readonly (readonly [string, Pattern<Letter, string>])[] = [
  [
    "the constant form",
    small
      .timesOrMore(3)
      .followedBy("c")
      .where(letter("c"))
      .within(withinMs)
      .afterMatch(skipPastLast({ evidence: "latest" })),
  ],
  ["latest evidence", sequence.afterMatch(skipPastLast({ evidence: "latest" }))],
  ["earliest evidence, by cohorts", sequence.afterMatch(skipPastLast())],
  ["every match in the making for itself", small.followedBy("c").where(letter("c")).within(withinMs)],
  ["an absence", small.notFollowedBy("b").where(letter("b")).within(withinMs)],
];

const cases = forms.flatMap(([name, pattern]) =>
  [0, 100].map((graceMs) => [name, graceMs, pattern] as const),
);

it.each(cases)(
  "%s, grace %d: the store is flat over 10 x the retention, and empty in the end",
  (_, graceMs, pattern) => {
    const store = new MemoryStore<KeyedPatternState<Letter, string>>();
    const operator = new PatternOperator(store, compile(pattern), { graceMs });
    const retentionMs = withinMs + 2 * graceMs;
    const letters = lettersOf("a1 b1 x1 a2 b2");
    let offset = 0;
    let matches = 0;
    const observe = (key: string, atMs: number, kind?: string): void => {
      const value =
        kind === undefined ? letters[offset % letters.length]?.value : { kind, number: 0, text: kind };
      if (value === undefined) throw new TypeError("there is a letter for each place");
      const outputs = operator.observe(key, { eventTimeMs: atMs, offset: offset++, value }, atMs);
      matches += outputs.filter((output) => output.kind === "match").length;
    };
    /** The largest of each retention time. */
    const keys: number[] = [];
    const bytes: number[] = [];
    for (let t = 0; t < 12 * retentionMs; t += 5) {
      // One account that never rests and never completes, one that completes at times, and guests that never come again.
      observe("busy", t);
      observe("lucky", t, t % 400 === 0 ? "c" : undefined);
      observe(`guest ${1_000 + Math.floor(t / 10)}`, t);
      const period = Math.floor(t / retentionMs);
      keys[period] = Math.max(keys[period] ?? 0, store.size);
      if (t % 50 === 0)
        bytes[period] = Math.max(bytes[period] ?? 0, JSON.stringify([...store.entries()]).length);
    }
    const [, , afterTwo = 0, ...laterKeys] = keys;
    const [, , afterTwoBytes = 0, ...laterBytes] = bytes;
    expect(matches).toBeGreaterThan(5);
    expect(laterKeys).toHaveLength(9);
    expect(Math.max(...laterKeys)).toBeLessThanOrEqual(afterTwo + 2);
    // Times, positions and offsets grow by a digit or two.
    expect(Math.max(...laterBytes)).toBeLessThanOrEqual(afterTwoBytes * 1.15);
    operator.advance(100 * retentionMs);
    expect(store.size).toBe(0);
  },
);
