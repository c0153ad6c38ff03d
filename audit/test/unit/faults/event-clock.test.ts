// A bug here has a campaign send transactions of tomorrow, or of last month, and call it a violation that they are refused.

import { eventAgeMaxMs } from "@riffle/contracts";
import { expect, it } from "vitest";
import {
  attackMinutesMax,
  campaignMinutesMax,
  eventTimeFactor,
  firstEventMs,
  roundMinutesMax,
} from "../../../faults/event-clock.ts";

const minuteMs = 60_000;
const nowMs = Date.UTC(2026, 2, 1, 12, 0, 30);

it.each([0, 0.1, 5, 30, roundMinutesMax, campaignMinutesMax])(
  "the events of a campaign of %d minutes are of the past when they are sent, and ingest takes the first",
  (minutes) => {
    const startMs = firstEventMs(minutes, nowMs);
    // Faults end somewhat late, and answers come later still.
    for (const atMinute of [0, attackMinutesMax(minutes), attackMinutesMax(minutes) + 10])
      expect(startMs + atMinute * minuteMs * eventTimeFactor).toBeLessThanOrEqual(
        nowMs + atMinute * minuteMs,
      );
    expect(startMs).toBeGreaterThan(nowMs - eventAgeMaxMs);
  },
);

it("a campaign of one round has an end as well, and the longest is of hours", () => {
  expect(attackMinutesMax(0)).toBe(roundMinutesMax);
  expect(campaignMinutesMax).toBeGreaterThan(10 * 60);
});
