// One attempt over HTTP: what was answered, put on record and judged.
//
//   T1. What an attempt records is made of a status, a code and words of ours. Nothing that the other side wrote, no
//       header, no path and no secret gets into it.

import { type DeliveryAttempt, formatEventTime } from "@riffle/contracts";
import { ConnectError } from "../network/guarded-connector.ts";
import { type HttpAnswer, type HttpPoster, PostEndedError } from "../network/http-poster.ts";
import { type AttemptResult, attemptError, type Verdict } from "./channel.ts";
import { parseRetryAfterMs } from "./retry-after.ts";

/** What is posted, and how its answer is judged. */
export interface HttpAttempt {
  readonly poster: HttpPoster;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What follows from a status that is not 2xx. */
  readonly verdictOf: (status: number) => Exclude<Verdict, "delivered">;
  /** When the attempt began; wall clock, epoch milliseconds. */
  readonly startMs: number;
  readonly nowMs: () => number;
}

/** Posts once. A failure is a value. */
export const attemptPost = async (attempt: HttpAttempt, signal: AbortSignal): Promise<AttemptResult> => {
  const { poster, body, headers } = attempt;
  try {
    return judged(attempt, await poster.post(body, headers, signal));
  } catch (error) {
    return { attempt: recordOf(attempt, null, errorText(error)), verdict: "retry" };
  }
};

const judged = (attempt: HttpAttempt, { status, retryAfter }: HttpAnswer): AttemptResult => {
  if (status >= 200 && status < 300) return { attempt: recordOf(attempt, status), verdict: "delivered" };
  const isRedirect = status >= 300 && status < 400;
  const error = isRedirect ? `answered ${status}; redirects are not followed` : `answered ${status}`;
  const verdict = attempt.verdictOf(status);
  const retryAfterMs = verdict === "retry" ? parseRetryAfterMs(retryAfter, attempt.nowMs()) : undefined;
  return {
    attempt: recordOf(attempt, status, error),
    verdict,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
};

const recordOf = (
  { startMs, nowMs }: HttpAttempt,
  status: number | null,
  error?: string,
): DeliveryAttempt => ({
  at: formatEventTime(startMs),
  status,
  durationMs: Math.max(0, nowMs() - startMs),
  ...(error === undefined ? {} : { error: attemptError(error) }),
});

const errorText = (error: unknown): string => {
  if (error instanceof PostEndedError) return error.message;
  if (error instanceof ConnectError) return error.message;
  return `connection failed: ${codeOf(error)}`;
};

/** The code of a system, TLS or HTTP error. Their messages are left out: some repeat what the other side sent. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "unknown";
