// Notifications: which outcome each alert owes to each channel, and which are there, as lines that compare.
//
//   TL1. The outcomes are what alerts.v1 makes of them, whatever the model says of the alerts themselves.
//   TL2. Of attempts it is compared that the last one reached somebody, with which status, and that none before it had. How
//        many there were, when, and for how long, is the machine's.

import { type Alert, type DeliveryAttempt, type Notification, notificationId } from "@riffle/contracts";
import { type ComparedRecord, notificationLine } from "../model/record-lines.ts";
import { compare } from "./multisets.ts";

/** A channel that takes everything, and the status with which it does; null for one that has none. */
export interface ToldChannel {
  readonly name: string;
  readonly status: number | null;
}

/** What attempts come to (TL2). */
const attemptsText = (attempts: readonly DeliveryAttempt[]): string => {
  const [last, ...before] = attempts.toReversed();
  if (last === undefined) return "never tried";
  const why = last.error === undefined ? `status ${last.status}` : `failed: ${last.error}`;
  return before.every(({ error }) => error !== undefined) ? why : `${why}, though an earlier one had arrived`;
};

/** The line of an outcome that is there. */
export const foundNotification = ({ value, ...rest }: ComparedRecord<Notification>): string =>
  notificationLine({ ...rest, value: { ...value, attempts: attemptsText(value.attempts) } });

/** The lines of what a partition's alerts owe to the channels. */
export const owedNotifications = (
  alerts: readonly ComparedRecord<Alert>[],
  channels: readonly ToldChannel[],
): string[] => {
  const told = new Map<string, number>();
  return alerts.flatMap(({ value, ...rest }) => {
    const { id: alertId, status: alertStatus, changedBy, accountId } = value;
    const sequence = (told.get(accountId) ?? 0) + 1;
    told.set(accountId, sequence);
    return channels.map(({ name: channel, status }) =>
      notificationLine({
        ...rest,
        value: {
          id: notificationId({ alertId, alertStatus, changedBy, channel }),
          alertId,
          alertStatus,
          accountId,
          channel,
          outcome: "delivered",
          sequence,
          attempts: `status ${status}`,
        },
      }),
    );
  });
};

/** Where the outcomes of a partition are not those owed; in which order they come is not promised. */
export const notificationDifferences = (
  partition: number,
  owed: readonly string[],
  found: readonly string[],
): string[] => compare(`notifications/${partition}`, owed.toSorted(), found.toSorted());
