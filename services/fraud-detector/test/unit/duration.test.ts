// A bug here tells an analyst the wrong story.

import { expect, it } from "vitest";
import { formatAfter, formatDuration, formatLater, formatWithin } from "../../src/duration.ts";

it.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1_000, "1 s"],
  [59_999, "59 s"],
  [60_000, "1 min"],
  [130_000, "2 min 10 s"],
  [3_600_000, "1 h"],
  [3_605_000, "1 h"],
  [7_500_000, "2 h 5 min"],
  [86_399_000, "23 h 59 min"],
  [86_400_000, "1 d"],
  [8_049_600_000, "93 d 4 h"],
])("%d ms is told as %s", (durationMs, text) => {
  expect(formatDuration(durationMs)).toBe(text);
});

it.each([
  [0, "at the same moment", "at the same moment", "at the same moment as"],
  [1, "within 1 ms", "1 ms later", "1 ms after"],
  [130_000, "within 2 min 10 s", "2 min 10 s later", "2 min 10 s after"],
])("events %d ms apart are %s", (durationMs, within, later, after) => {
  expect([formatWithin(durationMs), formatLater(durationMs), formatAfter(durationMs)]).toEqual([
    within,
    later,
    after,
  ]);
});
