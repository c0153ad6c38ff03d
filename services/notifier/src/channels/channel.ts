// A channel: one way to tell somebody about an alert.

import type { Alert, DeliveryAttempt, NotificationOutcome } from "@riffle/contracts";

/** How a delivery ended. */
export interface Delivery {
  readonly outcome: NotificationOutcome;
  /** In order; the last one decided. */
  readonly attempts: DeliveryAttempt[];
}

/** An alert on its way to one channel. */
export interface Message {
  /** Derived from alert, status and channel: the same on every attempt and after a crash. */
  readonly notificationId: string;
  readonly alert: Alert;
}

/**
 * One subscribed channel. It takes its own retries and always comes to an outcome: a failure to deliver is a value,
 * and only a broken invariant is thrown. It may be asked to deliver the same message again after a crash.
 */
export interface Channel {
  /** Lower case and dashes; part of the notification's id, so it must not change. */
  readonly name: string;
  deliver(message: Message): Promise<Delivery>;
}

const errorLengthMax = 500;

/** An error as an attempt may record it: one line, no control characters, at most 500 characters. */
export const attemptError = (text: string): string =>
  [...text.replace(/\p{Cc}+/gu, " ").trim()].slice(0, errorLengthMax).join("") || "no reason given";
