// Event time: what `occurredAt` may say, and the instant it means.
//
//   T1. RFC 3339 with an offset (`Z` or `+hh:mm`), upper-case `T` and `Z`, at most three digits of a second: finer
//       times are refused rather than cut, since two records that differ must not become equal.
//   T2. The date and the time are real: no 30 February, no 24:00, and no leap second, which epoch time cannot hold.
//   T3. The instant is not before 1970, since a Kafka timestamp cannot be negative.
import { ContractError } from "./errors.ts";
import { describeFound } from "./found.ts";

/** The shape of an event time; T2 and T3 are checked beyond it. */
export const eventTimePattern =
  "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,3})?(Z|[+-][0-9]{2}:[0-9]{2})$";

/** How far ahead of the wall clock an event time may be: 5 minutes, for clocks that disagree. */
export const eventTimeAheadMaxMs = 5 * 60 * 1000;

/** How old an event may be when it is accepted: 7 days. The topics keep it for longer (topics.ts says why). */
export const eventAgeMaxMs = 7 * 24 * 60 * 60 * 1000;

const eventTimeExpression = new RegExp(eventTimePattern);
const zero = 48;
const maxYearMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * The instant `occurredAt` names, in epoch milliseconds.
 * `2026-03-01T12:00:00.5+01:00` is 500 ms past 11:00:00 UTC.
 *
 * @throws ContractError `EVENT_TIME_INVALID` for anything else than a real RFC 3339 instant with offset, from 1970 on,
 * no finer than a millisecond
 */
export function parseEventTime(occurredAt: string): number {
  const instant = tryParseEventTime(occurredAt);
  if (instant !== undefined) return instant;
  const found = describeFound(occurredAt);
  const message = `parse an event time: found ${found} that is no real RFC 3339 instant with offset and at most milliseconds; write it as 2026-03-01T12:00:00.000Z`;
  throw new ContractError("EVENT_TIME_INVALID", message, { field: "occurredAt" });
}

/** As {@link parseEventTime}, with `undefined` instead of an error. */
export function tryParseEventTime(value: unknown): number | undefined {
  if (typeof value !== "string" || !eventTimeExpression.test(value)) return undefined;
  const year = pair(value, 0) * 100 + pair(value, 2);
  const month = pair(value, 5);
  const day = pair(value, 8);
  const hour = pair(value, 11);
  const minute = pair(value, 14);
  const second = pair(value, 17);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59 || year < 1969) return undefined;
  const offsetAt = value.endsWith("Z") ? value.length - 1 : value.length - 6;
  const offsetMs = offsetMilliseconds(value, offsetAt);
  if (offsetMs === undefined) return undefined;
  const local = Date.UTC(year, month - 1, day, hour, minute, second, fractionMilliseconds(value, offsetAt));
  const instant = local - offsetMs;
  return instant >= 0 && instant <= maxYearMs ? instant : undefined;
}

/**
 * An instant as an event time in UTC with milliseconds: `2026-03-01T12:00:00.000Z`.
 *
 * @param epochMs whole milliseconds from 1970 to 9999
 * @throws ContractError `EVENT_TIME_INVALID` outside of that
 */
export function formatEventTime(epochMs: number): string {
  if (Number.isInteger(epochMs) && epochMs >= 0 && epochMs <= maxYearMs)
    return new Date(epochMs).toISOString();
  const message = `format an event time: found ${describeFound(epochMs)}; give whole epoch milliseconds from 1970 to 9999`;
  throw new ContractError("EVENT_TIME_INVALID", message, { field: "occurredAt" });
}

/** The number that the two digits at `index` write. */
function pair(text: string, index: number): number {
  return (text.charCodeAt(index) - zero) * 10 + (text.charCodeAt(index + 1) - zero);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function fractionMilliseconds(text: string, offsetAt: number): number {
  return offsetAt === 19 ? 0 : Number(text.slice(20, offsetAt).padEnd(3, "0"));
}

function offsetMilliseconds(text: string, offsetAt: number): number | undefined {
  if (offsetAt === text.length - 1) return 0;
  const hours = pair(text, offsetAt + 1);
  const minutes = pair(text, offsetAt + 4);
  if (hours > 23 || minutes > 59) return undefined;
  const size = (hours * 60 + minutes) * 60_000;
  return text.charCodeAt(offsetAt) === 45 ? -size : size;
}
