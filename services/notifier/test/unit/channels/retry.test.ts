// A bug here hammers a receiver that is down, or waits until nobody cares.

import { describe, expect, it } from "vitest";
import { parseRetryAfterMs, retryDelayMs } from "../../../src/channels/retry.ts";

const policy = { attemptsMax: 9, backoffMs: 500, backoffMsMax: 4_000 };
const delay = (attempt: number, random: number, retryAfterMs?: number): number =>
  retryDelayMs(policy, { attempt, random, retryAfterMs });

describe("the delay before a retry", () => {
  it("doubles up to its bound", () => {
    expect([1, 2, 3, 4, 5, 50].map((attempt) => delay(attempt, 1))).toEqual([
      500, 1_000, 2_000, 4_000, 4_000, 4_000,
    ]);
  });

  it("is at least half of the backoff", () => {
    expect([delay(1, 0), delay(1, 0.5), delay(1, 1)]).toEqual([250, 375, 500]);
  });

  it("is never shorter than asked for, and asking is bounded", () => {
    expect([delay(1, 0, 300), delay(1, 0, 100), delay(1, 0, 60_000)]).toEqual([300, 250, 4_000]);
  });
});

describe("Retry-After", () => {
  const nowMs = Date.UTC(2026, 2, 1, 12);

  it("is seconds or an HTTP date", () => {
    expect(parseRetryAfterMs("120", nowMs)).toBe(120_000);
    expect(parseRetryAfterMs("Sun, 01 Mar 2026 12:00:05 GMT", nowMs)).toBe(5_000);
    expect(parseRetryAfterMs("Sun, 01 Mar 2026 11:00:00 GMT", nowMs)).toBe(0);
  });

  it.each([null, "", "-1", "soon", "1.5", "99999999999", "2026-03-01"])("%j asks for nothing", (header) => {
    expect(parseRetryAfterMs(header, nowMs)).toBeUndefined();
  });
});
