// When to try again. Pure.
//
//   R1. Attempt n + 1 is due after the n-th wait of the schedule, a fifth less or more by chance, so that receivers that
//       failed together are not asked together. The chance is derived from the notification's id and n: the same after
//       a restart.
//   R2. A receiver that names a later time (`Retry-After`) is left alone until then, for a day at the longest.

const jitter = 0.2;
const dayMs = 24 * 60 * 60 * 1_000;

/** Waits after the first failed attempt, the second, and so on, milliseconds. One attempt more than waits is made. */
export type RetryWaits = readonly number[];

/** What is known when an attempt has failed. */
export interface FailedAttempt {
  /** `nt_` and hexadecimal digits. */
  readonly notificationId: string;
  /** How many attempts there were, this one included. */
  readonly attempts: number;
  /** What the receiver asked for, milliseconds. */
  readonly retryAfterMs?: number | undefined;
}

/** How long to wait for the next attempt, milliseconds; undefined when the attempts are used up. */
export const retryDelayMs = (
  waits: RetryWaits,
  { notificationId, attempts, retryAfterMs = 0 }: FailedAttempt,
): number | undefined => {
  const waitMs = waits[attempts - 1];
  if (waitMs === undefined) return undefined;
  const jitteredMs = Math.round(waitMs * (1 - jitter + 2 * jitter * chanceOf(notificationId, attempts)));
  return Math.max(jitteredMs, Math.min(retryAfterMs, dayMs));
};

/**
 * How long a delivery may be kept waiting by an endpoint that cannot be reached, milliseconds: as long as its schedule
 * lasts at the most, and a minute at the least. When that begins, see `TaskDeliveries.isTired`.
 */
export const unreachableMsMax = (waits: RetryWaits): number =>
  Math.max(60_000, waits.reduce((sum, waitMs) => sum + waitMs, 0) * (1 + jitter));

/** From 0 up to 1: the id is a hash, and each attempt takes eight other digits of it. */
const chanceOf = (notificationId: string, attempts: number): number => {
  const at = "nt_".length + ((attempts * 5) % 24);
  return Number.parseInt(notificationId.slice(at, at + 8), 16) / 2 ** 32;
};
