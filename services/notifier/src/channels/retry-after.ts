// The header `Retry-After` (RFC 9110, 10.2.3).

/**
 * What a `Retry-After` header asks for, in milliseconds from now: seconds, or an HTTP date. `undefined` when there is
 * none or it cannot be read; a date that has passed is 0.
 */
export const parseRetryAfterMs = (header: string | undefined, nowMs: number): number | undefined => {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const atMs = /^[A-Z][a-z]{2}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
};
