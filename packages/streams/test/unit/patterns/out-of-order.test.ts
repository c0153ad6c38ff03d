// A bug here makes an alert depend on which of two transactions was quicker through the network, or leaves an alert
// standing that a late transaction has refuted.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PatternEvent } from "../../../src/patterns/event.ts";
import { patternOf } from "../../../src/patterns/pattern.ts";
import { PatternError } from "../../../src/patterns/pattern-error.ts";
import {
  type Letter,
  letter,
  OperatorHarness,
  PatternHarness,
} from "../../../src/testing/pattern-harness.ts";
import { type AnyPattern, describePattern, inputs, patterns } from "./random-patterns.ts";

const aThenB = patternOf<Letter>()
  .begin("a")
  .where(letter("a"))
  .followedBy("b")
  .where(letter("b"))
  .within(10);
const aWithoutB = patternOf<Letter>()
  .begin("a")
  .where(letter("a"))
  .notFollowedBy("b")
  .where(letter("b"))
  .within(10);

const withGrace = (pattern: typeof aThenB | typeof aWithoutB, graceMs: number) =>
  new OperatorHarness(pattern as AnyPattern, { graceMs, reportTimedOut: true });

describe("a record out of order, on time", () => {
  it("makes the match that it would have made in order", () => {
    const harness = withGrace(aThenB, 5);
    expect(harness.feed("b1@9")).toEqual([]);
    expect(harness.feed("a1@6")).toEqual(["a1 b1"]);
  });

  it("withdraws the match that it breaks, then gives the one it makes", () => {
    const harness = withGrace(aThenB, 5);
    expect(harness.feed("a1@1 b1@9")).toEqual(["a1 b1"]);
    expect(harness.feed("b2@6")).toEqual(["-a1 b1", "a1 b2"]);
    expect(harness.standing).toEqual(["a1 b2"]);
  });

  it("withdraws an absence that was given out at its deadline", () => {
    const harness = withGrace(aWithoutB, 5);
    expect(harness.feed("a1@1")).toEqual([]);
    expect(harness.advance(11)).toEqual([]);
    expect(harness.advance(12)).toEqual(["a1"]);
    expect(harness.feed("b1@11")).toEqual(["-a1"]);
  });

  it("withdraws a time-out, when it completes what had timed out", () => {
    const harness = withGrace(aThenB, 5);
    expect([...harness.feed("a1@1"), ...harness.advance(12)]).toEqual(["timed out a1"]);
    expect(harness.feed("b1@11")).toEqual(["-timed out a1", "a1 b1"]);
  });

  it("that changes nothing gives nothing out", () => {
    const harness = withGrace(aThenB, 5);
    expect(harness.feed("a1@1 b1@5")).toEqual(["a1 b1"]);
    expect(harness.feed("c1@3 b2@7 b3@6")).toEqual([]);
  });

  it("comes after another of the same event time, by offset", () => {
    const harness = withGrace(aThenB, 5);
    expect(harness.feed("b1@4 a1@4 b2@4")).toEqual(["a1 b2"]);
  });
});

describe("grace", () => {
  it("ends one millisecond after: a record grace behind stream time counts, one further behind is late", () => {
    const harness = withGrace(aThenB, 5);
    expect(harness.feed("b1@10 a1@5")).toEqual(["a1 b1"]);
    expect(harness.feed("a2@4")).toEqual(["late a2"]);
  });

  it("of 0 takes records in order of event time only", () => {
    const harness = withGrace(aThenB, 0);
    expect(harness.feed("a1@3 b1@4 a2@3")).toEqual(["a1 b1", "late a2"]);
  });

  it("that is no whole number of milliseconds is refused", () => {
    expect(() => withGrace(aThenB, 0.5)).toThrow(PatternError);
  });

  it("keeps records that long, and forgets a key that nothing is left of within twice that and two milliseconds", () => {
    const harness = withGrace(aThenB, 5);
    harness.feed("a1@1 b1@2");
    expect(harness.store.get("")?.pending).toHaveLength(2);
    expect(harness.store.get("")?.given).toHaveLength(1);
    for (let ms = 3; ms <= 14; ms++) harness.advance(ms);
    expect(harness.store.size).toBe(0);
  });

  it("taken away while records wait for it loses none of them", () => {
    const before = withGrace(aThenB, 5);
    expect(before.feed("a1@1 b1@3")).toEqual(["a1 b1"]);
    const after = before.withGrace(0);
    expect(after.feed("b2@3")).toEqual([]);
    expect(after.feed("a2@4 b3@5")).toEqual(["a2 b3"]);
  });
});

describe("time that passes because of other keys", () => {
  it("is given out before the record that moved it, by deadline and then by key", () => {
    const harness = withGrace(aWithoutB, 5);
    harness.feed("a1@2", "k2");
    harness.feed("a1@2", "k1");
    harness.feed("a1@1", "k3");
    expect(harness.feed("a1@50", "k0")).toEqual(["k3: a1", "k1: a1", "k2: a1"]);
  });
});

const endMs = 10_000;
const inOrder = (pattern: AnyPattern, input: readonly PatternEvent<Letter>[]): string[] => {
  const harness = new PatternHarness(pattern);
  return [...harness.feedEvents(input), ...harness.advance(endMs)].toSorted();
};

/** Longer ones, a little out of order: many records wait at once, are settled together, and some come in between. */
const longArrivals = inputs(60, 30).chain((events) =>
  fc.record({
    events: fc.constant(events),
    order: fc
      .array(fc.tuple(fc.nat(9), fc.integer({ min: 0, max: 25 })), {
        minLength: events.length,
        maxLength: events.length,
      })
      .map((delays) =>
        events
          .map((event, i) => {
            const [dice, delayMs] = delays[i] ?? [1, 0];
            return { event, at: event.eventTimeMs + (dice === 0 ? delayMs : 0) };
          })
          .toSorted((x, y) => x.at - y.at)
          .map(({ event }) => event),
      ),
    restartAt: fc.nat(60),
  }),
);

/** Inputs with a random order of arrival, some of them far enough apart for records to settle in between. */
const arrivals = inputs(7, 2).chain((events) =>
  fc.record({
    events: fc.constant(events),
    order: fc.shuffledSubarray(events, { minLength: events.length }),
    restartAt: fc.nat(7),
  }),
);

const arrive = (
  pattern: AnyPattern,
  order: readonly PatternEvent<Letter>[],
  { graceMs, restartAt }: { readonly graceMs: number; readonly restartAt: number },
): { readonly standing: string[]; readonly late: Set<string>; readonly keys: number } => {
  const harness = new OperatorHarness(pattern, { graceMs });
  const lines = order.flatMap((event, i) => {
    if (i === restartAt) harness.restart();
    return harness.feedEvent(event);
  });
  harness.advance(endMs);
  const late = new Set(lines.filter((line) => line.startsWith("late ")).map((line) => line.slice(5)));
  return { standing: harness.standing, late, keys: harness.store.size };
};

/** PATTERN_RUNS=100000 searches longer. */
const numRuns = Number(process.env["PATTERN_RUNS"] ?? 1_500);

describe("for random patterns", { timeout: 60_000 + 20 * numRuns }, () => {
  it("any order of arrival within grace leaves the same matches standing", () => {
    const property = fc.property(patterns(), arrivals, (pattern, { events, order, restartAt }) => {
      const { standing, late } = arrive(pattern, order, { graceMs: 40, restartAt });
      expect(late.size).toBe(0);
      expect(standing, describePattern(pattern)).toEqual(inOrder(pattern, events));
    });
    fc.assert(property, { numRuns });
  });

  it("state that is written and read at every step changes nothing that is given out", () => {
    const property = fc.property(patterns(), arrivals, (pattern, { order }) => {
      const lines = (restarts: boolean): string[] => {
        const harness = new OperatorHarness(pattern, { graceMs: 3, reportTimedOut: true });
        const given = order.flatMap((event) => {
          if (restarts) harness.restart();
          return harness.feedEvent(event);
        });
        if (restarts) harness.restart();
        return [...given, ...harness.advance(endMs)];
      };
      expect(lines(true), describePattern(pattern)).toEqual(lines(false));
    });
    fc.assert(property, { numRuns });
  });

  it("it leaves them standing when many records wait at once and are settled together", () => {
    const bounded = patterns().filter(({ spec }) => spec.withinMs !== undefined);
    const property = fc.property(bounded, longArrivals, (pattern, { events, order, restartAt }) => {
      const { standing, late, keys } = arrive(pattern, order, { graceMs: 25, restartAt });
      expect(late.size).toBe(0);
      expect(standing, describePattern(pattern)).toEqual(inOrder(pattern, events));
      expect(keys).toBe(0);
    });
    fc.assert(property, { numRuns: Math.ceil(numRuns / 5) });
  });

  it("what stands is what the records on time give in order, with little grace and some of them late", () => {
    const property = fc.property(patterns(), arrivals, (pattern, { events, order, restartAt }) => {
      const { standing, late, keys } = arrive(pattern, order, { graceMs: 3, restartAt });
      const onTime = events.filter(({ value }) => !late.has(value.text));
      expect(standing, describePattern(pattern)).toEqual(inOrder(pattern, onTime));
      const isBounded = pattern.spec.withinMs !== undefined;
      if (isBounded) expect(keys).toBe(0);
    });
    fc.assert(property, { numRuns });
  });
});
