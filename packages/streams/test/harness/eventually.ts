// Waiting for a condition with a deadline: no test sleeps for a time it hopes is long enough.

import { setTimeout as delay } from "node:timers/promises";

const pollMs = 5;

/** Looks until `holds` gives something true, and returns it. @throws when it has not by the deadline */
export const eventually = async <T>(
  what: string,
  holds: () => T | Promise<T>,
  withinMs = 10_000,
): Promise<NonNullable<T>> => {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(pollMs);
  }
};

/** The value, which the test knows to be there. */
export const present = <T>(value: T | undefined | null): T => {
  if (value === undefined || value === null) throw new Error("the test expected a value here");
  return value;
};

/** What the promise rejects with. @throws when it resolves */
export const rejectionOf = async (promise: Promise<unknown>): Promise<unknown> => {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("the promise resolved, and the test expected it to reject");
};
