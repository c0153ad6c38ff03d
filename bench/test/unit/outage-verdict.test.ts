// A bug here calls an outage well borne in which clients were lied to, left without an answer, or waited too long.

import { describe, expect, it } from "vitest";
import { type Answer, outageFaults, outageFigures } from "../../outage-verdict.ts";

const outage = { cutAtMs: 5_000, healAtMs: 35_000 };

const answer = (id: string, status: number, sentAtMs: number, tookMs = 10): Answer => ({
  id,
  status,
  sentAtMs,
  answeredAtMs: sentAtMs + tookMs,
});

/** An outage that is borne as promised. */
const borne: readonly Answer[] = [
  answer("before", 202, 1_000),
  answer("meanwhile", 503, 10_000, 1_900),
  answer("just-after", 503, 35_500, 1_000),
  answer("after", 202, 36_000),
];

const faultsOf = (answers: readonly Answer[], recorded = ["before", "after"]): string =>
  outageFaults(outageFigures(answers, new Set(recorded), outage)).join();

describe("an outage", () => {
  it("is well borne when every 202 is true, refusals are quick 503s, and acceptance comes back", () => {
    expect(faultsOf(borne)).toBe("");
    const { slowestRefusalMs, firstAcceptedAfterMs, lastRefusedAfterMs } = outageFigures(
      borne,
      new Set(["before", "after"]),
      outage,
    );
    expect([slowestRefusalMs, firstAcceptedAfterMs, lastRefusedAfterMs]).toEqual([1_900, 1_010, 1_500]);
  });

  it.each<[string, readonly Answer[], RegExp]>([
    ["a 202 that is not recorded", [...borne, answer("lie", 202, 2_000)], /1 answered 202 and not recorded/],
    ["a refusal that is a 500", [...borne, answer("x", 500, 10_000)], /no 503: 500: 1/],
    ["no answer at all", [...borne, answer("x", 0, 10_000)], /no 503: no answer: 1/],
    ["a refusal after 2 s", [...borne, answer("x", 503, 10_000, 2_001)], /took 2\.00 s, more than 2 s/],
    ["nothing refused", borne.filter(({ status }) => status === 202), /nothing was refused/],
    ["nothing accepted after it", borne.slice(0, 3), /first 202 came Infinity s/],
    ["a first 202 after 5 s", [...borne.slice(0, 3), answer("after", 202, 40_000)], /first 202 came 5\.01 s/],
    ["refusals after 5 s", [...borne, answer("x", 503, 39_500, 1_000)], /last refusal came 5\.50 s/],
  ])("is not, with %s", (_, answers, says) => {
    expect(faultsOf(answers)).toMatch(says);
  });
});
