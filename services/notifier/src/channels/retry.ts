// When to try again. Pure: randomness and the clock are given.

/** How often and how long. */
export interface RetryPolicy {
  /** Attempts, the first included; at least 1. */
  readonly attemptsMax: number;
  /** Wait after the first failed attempt, milliseconds; doubles with each further one. */
  readonly backoffMs: number;
  /** Longest wait, milliseconds; also bounds what a receiver may ask for. */
  readonly backoffMsMax: number;
}

/** What is known when a wait begins. */
export interface FailedAttempt {
  /** 1 for the first. */
  readonly attempt: number;
  /** What the receiver asked for with `Retry-After`, milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** From 0 up to 1, evenly. */
  readonly random: number;
}

/**
 * How long to wait before the next attempt, milliseconds: half of the backoff and up to as much again by chance, so
 * that receivers which failed together are not asked together; never less than the receiver asked for, within the
 * bound.
 */
export const retryDelayMs = (
  policy: RetryPolicy,
  { attempt, retryAfterMs, random }: FailedAttempt,
): number => {
  const backoffMs = Math.min(policy.backoffMs * 2 ** (attempt - 1), policy.backoffMsMax);
  const jitteredMs = Math.round(backoffMs * (0.5 + random / 2));
  return Math.max(jitteredMs, Math.min(retryAfterMs ?? 0, policy.backoffMsMax));
};

/**
 * What a `Retry-After` header asks for, in milliseconds from now: seconds, or an HTTP date. `undefined` when there is
 * none or it cannot be read; a date that has passed is 0.
 */
export const parseRetryAfterMs = (header: string | null, nowMs: number): number | undefined => {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const atMs = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
};
