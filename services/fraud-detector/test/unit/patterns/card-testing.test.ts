// A bug here lets a tested card be emptied, or blocks one at the baker's.

import type { Transaction } from "@riffle/contracts";
import { describe, expect, it } from "vitest";
import { type CardTestingState, stepCardTesting } from "../../../src/patterns/card-testing.ts";
import { defaultRules, letter, noonMs, placed } from "../purchases.ts";

/** Feeds transactions in this order of arrival; gives the evidence of each match as ids: `s1 s2 s3 l1`. */
const matches = (...transactions: Transaction[]): string[] => run(transactions).found;

const run = (transactions: readonly Transaction[]) => {
  let state: CardTestingState | undefined;
  const found: string[] = [];
  for (const [offset, transaction] of transactions.entries()) {
    const step = stepCardTesting(defaultRules, state, placed(offset, transaction));
    state = step.state;
    if (step.evidence) found.push(step.evidence.map(({ id }) => id).join(" "));
  }
  return { found, state };
};

const smalls = [letter("s1", 0), letter("s2", 1_000), letter("s3", 2_000)];

describe("card testing", () => {
  it("three smalls and a large match", () => {
    expect(matches(...smalls, letter("l1", 3_000))).toEqual(["s1 s2 s3 l1"]);
  });

  it("two smalls and a large do not", () => {
    expect(matches(...smalls.slice(1), letter("l1", 3_000))).toEqual([]);
  });

  it("a large before the third small does not match", () => {
    expect(matches(letter("s1", 0), letter("s2", 1), letter("l1", 2), letter("s3", 3))).toEqual([]);
  });

  it("other transactions may stand between", () => {
    const between = [
      letter("m1", 500, { amount: 50_000 }),
      letter("d1", 600),
      letter("l0", 700, { type: "transfer" }),
    ];
    expect(
      matches(letter("s1", 0), ...between, letter("s2", 800), letter("s3", 900), letter("l1", 950)),
    ).toEqual(["s1 s2 s3 l1"]);
  });

  it("a large that is too early for three smalls does not end the pattern", () => {
    expect(
      matches(letter("s1", 0), letter("l1", 1), letter("s2", 2), letter("s3", 3), letter("l2", 4)),
    ).toEqual(["s1 s2 s3 l2"]);
  });

  it("the latest three smalls count, so earlier ones do not hold it back", () => {
    expect(matches(letter("s0", -299_000), ...smalls, letter("l1", 300_000))).toEqual(["s1 s2 s3 l1"]);
  });

  it.each(["withdrawal", "transfer", "deposit", "refund"] as const)(
    "a %s is neither small nor large",
    (type) => {
      expect(matches(...smalls.slice(1), letter("x1", 2_500, { type }), letter("l1", 3_000))).toEqual([]);
      expect(matches(...smalls, letter("l1", 3_000, { type }))).toEqual([]);
    },
  );
});

describe("card testing: boundaries", () => {
  it("exactly 5 minutes from the first small is within, one millisecond more is not", () => {
    expect(matches(...smalls, letter("l1", 300_000))).toEqual(["s1 s2 s3 l1"]);
    expect(matches(...smalls, letter("l1", 300_001))).toEqual([]);
  });

  it("99.99 is small, 100.00 is not", () => {
    const third = (amount: number) =>
      matches(...smalls.slice(1), letter("s9", 2_500, { amount }), letter("l1", 3_000));
    expect(third(9_999)).toEqual(["s2 s3 s9 l1"]);
    expect(third(10_000)).toEqual([]);
  });

  it("1,000.01 is large, 1,000.00 is not", () => {
    const large = (amount: number) => matches(...smalls, letter("l1", 3_000, { amount }));
    expect(large(100_001)).toEqual(["s1 s2 s3 l1"]);
    expect(large(100_000)).toEqual([]);
  });

  it("each purchase is judged in units of its own currency: 99 yen, 99.999 dinars and 1,001 yen", () => {
    const mixed = (yen: number, dinars: number) =>
      matches(
        letter("s1", 0, { amount: yen, currency: "JPY" }),
        letter("s2", 1, { amount: dinars, currency: "KWD" }),
        letter("s3", 2),
        letter("l1", 3, { amount: 1_001, currency: "JPY" }),
      );
    expect(mixed(99, 99_999)).toEqual(["s1 s2 s3 l1"]);
    expect(mixed(100, 99_999)).toEqual([]);
    expect(mixed(99, 100_000)).toEqual([]);
  });
});

describe("card testing: after a match", () => {
  it("the account starts afresh: a second large alone does not match", () => {
    expect(matches(...smalls, letter("l1", 3_000), letter("l2", 4_000))).toEqual(["s1 s2 s3 l1"]);
  });

  it("three new smalls and a large match again", () => {
    const again = [letter("s4", 5_000), letter("s5", 6_000), letter("s6", 7_000), letter("l2", 8_000)];
    expect(matches(...smalls, letter("l1", 3_000), ...again)).toEqual(["s1 s2 s3 l1", "s4 s5 s6 l2"]);
  });

  it("a small from before the match that comes late does not count for the next", () => {
    const late = [letter("s0", 2_500), letter("s4", 5_000), letter("s5", 6_000), letter("l2", 7_000)];
    expect(matches(...smalls, letter("l1", 3_000), ...late)).toEqual(["s1 s2 s3 l1"]);
  });
});

describe("card testing: order", () => {
  it("smalls that come out of order are taken in event-time order", () => {
    expect(matches(letter("s3", 2_000), letter("s1", 0), letter("s2", 1_000), letter("l1", 3_000))).toEqual([
      "s1 s2 s3 l1",
    ]);
  });

  it("an older small that comes late does not push out a newer one", () => {
    expect(matches(...smalls, letter("s0", -1), letter("l1", 3_000))).toEqual(["s1 s2 s3 l1"]);
  });

  it("smalls and a large of one millisecond are in order of their offsets", () => {
    const at = (id: string) => letter(id, 0);
    expect(matches(at("s1"), at("s2"), at("s3"), at("l1"))).toEqual(["s1 s2 s3 l1"]);
    expect(matches(at("s1"), at("s2"), at("l1"), at("s3"))).toEqual([]);
  });

  it("a small later than the large in event time does not count, though it came first", () => {
    expect(matches(letter("s1", 0), letter("s2", 1), letter("s3", 3), letter("l1", 2))).toEqual([]);
  });

  it("a small that comes after the large which it precedes does not complete the pattern (known limit)", () => {
    expect(matches(letter("s1", 0), letter("s2", 1), letter("l1", 3), letter("s3", 2))).toEqual([]);
  });
});

describe("card testing: state", () => {
  it("is three smalls, however many there were", () => {
    const many = Array.from({ length: 1_000 }, (_, i) => letter(`s${i}`, i));
    expect(run(many).state?.smalls.map(({ transaction }) => transaction.id)).toEqual([
      "s997",
      "s998",
      "s999",
    ]);
  });

  it("is none for an account without smalls", () => {
    expect(
      run([letter("l1", 0), letter("d1", 1), letter("m1", 2, { amount: 50_000 })]).state,
    ).toBeUndefined();
  });

  it("is the very same object after a transaction that changes nothing", () => {
    const { state } = run(smalls);
    expect(stepCardTesting(defaultRules, state, placed(9, letter("d1", 5_000))).state).toBe(state);
    expect(stepCardTesting(defaultRules, state, placed(9, letter("l1", 900_000))).state).toBe(state);
  });

  it("after a match is where it ended", () => {
    expect(run([...smalls, letter("l1", 3_000)]).state).toEqual({
      smalls: [],
      matchedAt: { eventTimeMs: noonMs + 3_000, offset: 3 },
    });
  });
});
