// A bug here would look like this: a transaction falls into the wrong window, or a date that does not exist becomes
// another day without anyone noticing.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ContractError } from "../../src/errors.ts";
import {
  eventAgeMaxMs,
  eventTimeAheadMaxMs,
  formatEventTime,
  parseEventTime,
  tryParseEventTime,
} from "../../src/event-time.ts";
import { eventTimeArbitrary } from "../../src/testing/arbitraries.ts";
import { checkEventTime } from "../../src/violations.ts";

describe("an event time is the instant it names", () => {
  it.each([
    ["1970-01-01T00:00:00Z", 0],
    ["2026-03-01T12:00:00Z", Date.UTC(2026, 2, 1, 12)],
    ["2026-03-01T12:00:00.5+01:00", Date.UTC(2026, 2, 1, 11, 0, 0, 500)],
    ["2026-03-01T12:00:00.05Z", Date.UTC(2026, 2, 1, 12, 0, 0, 50)],
    ["2026-03-01T12:00:00.005-00:30", Date.UTC(2026, 2, 1, 12, 30, 0, 5)],
    ["2024-02-29T23:59:59.999Z", Date.UTC(2024, 1, 29, 23, 59, 59, 999)],
    ["2000-02-29T00:00:00Z", Date.UTC(2000, 1, 29)],
    ["1969-12-31T23:00:00-01:00", 0],
    ["9999-12-31T23:59:59.999Z", 253402300799999],
    ["2026-01-01T00:00:00+23:59", Date.UTC(2025, 11, 31, 0, 1)],
  ])("%s", (text, instant) => {
    expect(parseEventTime(text)).toBe(instant);
  });

  it("as the platform's own parser reads it", () => {
    fc.assert(
      fc.property(eventTimeArbitrary, (text) => {
        expect(parseEventTime(text)).toBe(Date.parse(text));
      }),
    );
  });

  it("and formats back to it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253402300799999 }), (instant) => {
        expect(parseEventTime(formatEventTime(instant))).toBe(instant);
      }),
    );
  });
});

describe("what names no real instant is refused", () => {
  it.each([
    ["a leap second", "2016-12-31T23:59:60Z"],
    ["24 o'clock", "2026-03-01T24:00:00Z"],
    ["30 February", "2024-02-30T00:00:00Z"],
    ["29 February of a common year", "2026-02-29T00:00:00Z"],
    ["29 February of a century", "2100-02-29T00:00:00Z"],
    ["31 April", "2026-04-31T00:00:00Z"],
    ["day 0", "2026-04-00T00:00:00Z"],
    ["month 0", "2026-00-01T00:00:00Z"],
    ["month 13", "2026-13-01T00:00:00Z"],
    ["minute 60", "2026-03-01T12:60:00Z"],
    ["an offset of 24 hours", "2026-03-01T12:00:00+24:00"],
    ["an offset of 60 minutes", "2026-03-01T12:00:00+01:60"],
    ["microseconds", "2026-03-01T12:00:00.000001Z"],
    ["nanoseconds", "2026-03-01T12:00:00.000000000Z"],
    ["a point without digits", "2026-03-01T12:00:00.Z"],
    ["no offset", "2026-03-01T12:00:00"],
    ["lower case", "2026-03-01t12:00:00z"],
    ["a space", "2026-03-01 12:00:00Z"],
    ["a short offset", "2026-03-01T12:00:00+0100"],
    ["a date alone", "2026-03-01"],
    ["a line end", "2026-03-01T12:00:00Z\n"],
    ["one millisecond before 1970", "1969-12-31T23:59:59.999Z"],
    ["an offset that leads before 1970", "1970-01-01T00:00:00+00:01"],
    ["an offset that leads beyond 9999", "9999-12-31T23:59:59Z".replace("Z", "-00:01")],
    ["year 0", "0000-01-01T00:00:00Z"],
    ["nothing", ""],
  ])("%s", (_, text) => {
    expect(tryParseEventTime(text)).toBeUndefined();
    expect(() => parseEventTime(text)).toThrow(expect.objectContaining({ code: "EVENT_TIME_INVALID" }));
  });

  it.each([-1, 0.5, Number.NaN, 253402300800000])("formatting %d", (instant) => {
    expect(() => formatEventTime(instant)).toThrow(ContractError);
  });
});

describe("an event time against the clock", () => {
  const now = Date.UTC(2026, 2, 1);

  it.each([
    ["now", now, undefined],
    ["exactly 5 minutes ahead", now + eventTimeAheadMaxMs, undefined],
    ["one millisecond more", now + eventTimeAheadMaxMs + 1, "too-far-ahead"],
    ["exactly 7 days ago", now - eventAgeMaxMs, undefined],
    ["one millisecond more than 7 days ago", now - eventAgeMaxMs - 1, "too-old"],
  ])("%s", (_, instant, code) => {
    expect(checkEventTime(instant, now)?.code).toBe(code);
  });
});
