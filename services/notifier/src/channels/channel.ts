// A channel: one way to tell somebody about an alert.

import type { Alert, DeliveryAttempt } from "@riffle/contracts";

/** An alert on its way to one channel. */
export interface Message {
  /** Derived from the alert's event and the channel: the same on every attempt and after a crash. */
  readonly notificationId: string;
  /** 1 for the first message of this account to this channel, then one more with each: a receiver sees gaps and order. */
  readonly sequence: number;
  readonly alert: Alert;
  /** Trace of the request that the alert came from, as a `traceparent` header; where the alert's record has one. */
  readonly traceparent?: string | undefined;
}

/**
 * What follows from an attempt.
 *
 * `delivered`: it arrived. `retry`: it did not, and a later attempt may do better. `give-up`: it did not, and no attempt
 * at this message ever will; others may. `disable`: the receiver wants nothing any more, this message included.
 */
export type Verdict = "delivered" | "retry" | "give-up" | "disable";

/** How an attempt ended. */
export interface AttemptResult {
  /** For the record; its `error` is missing exactly when the verdict is `delivered`. */
  readonly attempt: DeliveryAttempt;
  readonly verdict: Verdict;
  /** How long the receiver asked to be left alone, milliseconds from the end of the attempt. Only with `retry`. */
  readonly retryAfterMs?: number;
}

/**
 * One subscribed channel. It makes a single attempt per call and keeps nothing between calls: when to try again, and
 * whether, is decided by the caller. It may be asked for the same message again after a crash, and for several
 * messages at once.
 */
export interface Channel {
  /** Lower case, digits and dashes; part of the notification's id, so it must not change. */
  readonly name: string;
  /**
   * Makes one attempt, within the channel's own time-outs. A failure to deliver is a value; only a broken invariant is
   * thrown.
   *
   * @param signal aborted when nobody waits for the result any more; the attempt should then end soon, with any result
   */
  attempt(message: Message, signal: AbortSignal): Promise<AttemptResult>;
}

const errorLengthMax = 500;

/** An error as an attempt may record it: one line, no control characters, at most 500 characters. */
export const attemptError = (text: string): string =>
  [...text.replace(/\p{Cc}+/gu, " ").trim()].slice(0, errorLengthMax).join("") || "no reason given";
