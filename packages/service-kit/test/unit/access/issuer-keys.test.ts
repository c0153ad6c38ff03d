// A bug here takes a key that its issuer withdrew, lets nobody in for an outage of minutes, or asks a dead issuer at each token.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freshForMs, IssuerKeys } from "../../../src/access/issuer-keys.ts";
import { createLogger } from "../../../src/logger.ts";

const startMs = Date.parse("2026-03-01T12:00:00.000Z");
const minuteMs = 60_000;
const ageMsMax = 60 * minuteMs;

/** Keys whose issuer can be switched off. */
const rig = () => {
  const lines: string[] = [];
  const issuer = { isUp: true, asked: 0 };
  const log = createLogger({
    service: "edge",
    instance: "test",
    to: { write: (line) => void lines.push(line) },
  });
  const fetchKeys = (): Promise<void> => {
    issuer.asked += 1;
    const error = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });
    return issuer.isUp ? Promise.resolve() : Promise.reject(error);
  };
  const keys = new IssuerKeys({ fetchKeys, ageMsMax, log });
  /** Whether there are keys that may be taken. */
  const at = (afterMs: number): Promise<boolean> =>
    keys.bringUpToDate(startMs + afterMs).then(
      () => true,
      () => false,
    );
  const told = () => lines.map((line) => JSON.parse(line)).map(({ level, msg }) => `${level}: ${msg}`);
  return { issuer, keys, at, lines, told };
};

describe("while the issuer answers", () => {
  it("it is asked at the first token and when the keys are ten minutes old, and not before", async () => {
    const { issuer, at, lines } = rig();
    expect([await at(0), await at(freshForMs - 1)]).toEqual([true, true]);
    expect(issuer.asked).toBe(1);
    expect(await at(freshForMs)).toBe(true);
    expect(issuer.asked).toBe(2);
    expect(lines).toEqual([]);
  });
});

describe("while it does not", () => {
  it("the keys of before are taken until they are an hour old, and it is asked twice a minute", async () => {
    const { issuer, at } = rig();
    await at(0);
    issuer.isUp = false;
    expect(await at(freshForMs)).toBe(true);
    expect([await at(freshForMs + 1), await at(freshForMs + 29_999)]).toEqual([true, true]);
    expect(issuer.asked).toBe(2);
    expect(await at(freshForMs + 30_000)).toBe(true);
    expect(issuer.asked).toBe(3);
    expect([await at(ageMsMax - 1), await at(ageMsMax)]).toEqual([true, false]);
  });

  it("there are none where none were fetched; each token asks", async () => {
    const { issuer, at } = rig();
    issuer.isUp = false;
    expect([await at(0), await at(1)]).toEqual([false, false]);
    expect(issuer.asked).toBe(2);
    issuer.isUp = true;
    expect(await at(2)).toBe(true);
  });

  it("a clock that was set back makes no key younger", async () => {
    const { issuer, at } = rig();
    await at(0);
    issuer.isUp = false;
    expect([await at(-20 * minuteMs), await at(-ageMsMax)]).toEqual([true, false]);
  });

  it("the log is told when it begins, when the keys are too old and when it ends, each once", async () => {
    const { issuer, at, lines, told } = rig();
    await at(0);
    issuer.isUp = false;
    for (const minutes of [10, 11, 12, 59, 60, 61]) await at(minutes * minuteMs);
    issuer.isUp = true;
    await at(62 * minuteMs);
    await at(63 * minuteMs);
    expect(told()).toEqual([
      expect.stringMatching(/^warn: .*those of before are taken/),
      expect.stringMatching(/^error: .*there are none that may be taken/),
      expect.stringMatching(/^info: .*were fetched again/),
    ]);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      reason: "fetch failed: connect ECONNREFUSED",
      minutesMax: 60,
    });
  });
});

it("at any time, keys are taken that the issuer gave just now, or gave within the hour while it cannot be reached", async () => {
  const steps = fc.array(
    fc.record({ waitMs: fc.integer({ min: 0, max: 25 * minuteMs }), isUp: fc.boolean() }),
  );
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const { issuer, keys, at } = rig();
      let afterMs = 0;
      let givenMs = Number.NEGATIVE_INFINITY;
      let refusedMs = Number.NEGATIVE_INFINITY;
      for (const { waitMs, isUp } of sequence) {
        afterMs += waitMs;
        issuer.isUp = isUp;
        const askedBefore = issuer.asked;
        const isTaken = await at(afterMs);
        const isAsked = issuer.asked > askedBefore;
        if (isAsked && isUp) givenMs = afterMs;
        if (isAsked && !isUp) refusedMs = afterMs;
        const ageMs = afterMs - givenMs;
        expect(isTaken).toBe(ageMs < ageMsMax);
        // Old ones are taken of an issuer alone that did not answer within the last half minute.
        if (isTaken && ageMs >= freshForMs) expect(afterMs - refusedMs).toBeLessThan(30_000);
        if (givenMs >= 0) expect(keys.fetchedAtMs).toBe(startMs + givenMs);
      }
    }),
    { numRuns: 300 },
  );
});
