// Which notifications are dead-lettered now: told so, and not delivered since.

import type { Notification } from "@riffle/contracts";
import type { NotifierLog, RecordedNotification } from "./notifier-log.ts";

/** Which are meant. */
export interface NotificationCriteria {
  readonly channel?: string | undefined;
  readonly reason?: string | undefined;
  /** Event time of the alert from which on, epoch milliseconds. */
  readonly sinceMs?: number | undefined;
}

/** Whether an outcome is one of those meant. */
export const fitsNotification = (
  { notification, timestampMs }: RecordedNotification,
  { channel, reason, sinceMs }: NotificationCriteria,
): boolean =>
  (channel === undefined || notification.channel === channel) &&
  (reason === undefined || notification.reason === reason) &&
  (sinceMs === undefined || timestampMs >= sinceMs);

/** Those whose last outcome is `dead-lettered`, by id. */
export const deadLettered = async (
  log: NotifierLog,
  criteria: NotificationCriteria,
): Promise<Map<string, RecordedNotification>> => {
  const found = new Map<string, RecordedNotification>();
  await log.eachNotification((recorded) => {
    const { id, outcome } = recorded.notification;
    if (outcome === "dead-lettered" && fitsNotification(recorded, criteria)) found.set(id, recorded);
    else found.delete(id);
  });
  return found;
};

/** What the last attempt was answered, on one line. */
export const lastAnswer = ({ attempts }: Notification): string => {
  const last = attempts.at(-1);
  return last === undefined ? "not tried" : (last.error ?? `answered ${last.status ?? "nothing"}`);
};
