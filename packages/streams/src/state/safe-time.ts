// Times that stores take: whole milliseconds, exactly held by a number.

import { StreamsError } from "../errors.ts";

/** @throws StreamsError STREAMS_STORE_TIME_INVALID unless it is a whole number that a number holds exactly */
export const safeTime = (what: string, timeMs: number): void => {
  if (Number.isSafeInteger(timeMs)) return;
  throw new StreamsError(
    "STREAMS_STORE_TIME_INVALID",
    `Tried to ${what} at ${timeMs}, which is no whole number of milliseconds.`,
  );
};
