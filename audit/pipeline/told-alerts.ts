// Notifications: which outcome each alert owes to each channel, and which are there, as lines that compare; and what a
// webhook's receiver must have been told.
//
//   TL1. The outcomes are what alerts.v1 makes of them, whatever the model says of the alerts themselves.
//   TL2. A webhook is compared whole: type, time, place among the account's messages, alert.
//   TL3. Of attempts it is compared that the last one reached somebody, with which status, and that none before it had. How
//        many there were, when, and for how long, is the machine's.

import { isDeepStrictEqual } from "node:util";
import { type Alert, type DeliveryAttempt, type Notification, notificationId } from "@riffle/contracts";
import { type ComparedRecord, notificationLine } from "../model/record-lines.ts";
import { compare } from "./multisets.ts";
import type { WebhookMessage, WebhookReceiver } from "./webhook-receiver.ts";

/** A channel that takes everything, and the status with which it does; null for one that has none. */
export interface ToldChannel {
  readonly name: string;
  readonly status: number | null;
}

/** What attempts come to (TL3). */
const attemptsText = (attempts: readonly DeliveryAttempt[]): string => {
  const [last, ...before] = attempts.toReversed();
  if (last === undefined) return "never tried";
  const why = last.error === undefined ? `status ${last.status}` : `failed: ${last.error}`;
  return before.every(({ error }) => error !== undefined) ? why : `${why}, though an earlier one had arrived`;
};

/** The line of an outcome that is there. */
export const foundNotification = ({ value, ...rest }: ComparedRecord<Notification>): string =>
  notificationLine({ ...rest, value: { ...value, attempts: attemptsText(value.attempts) } });

/** Numbers the messages of each account, in the order of its alerts, from 1. */
const sequences = (): ((accountId: string) => number) => {
  const told = new Map<string, number>();
  return (accountId) => {
    const sequence = (told.get(accountId) ?? 0) + 1;
    told.set(accountId, sequence);
    return sequence;
  };
};

/** The lines of what a partition's alerts owe to the channels. */
export const owedNotifications = (
  alerts: readonly ComparedRecord<Alert>[],
  channels: readonly ToldChannel[],
): string[] => {
  const sequenceOf = sequences();
  return alerts.flatMap(({ value, ...rest }) => {
    const { id: alertId, status: alertStatus, changedBy, accountId } = value;
    const sequence = sequenceOf(accountId);
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

/** The messages that a partition's alerts owe to a webhook, by their ids. */
const owedMessages = (
  alerts: readonly ComparedRecord<Alert>[],
  channel: string,
): (readonly [id: string, message: WebhookMessage])[] => {
  const sequenceOf = sequences();
  return alerts.map(({ value: data }) => {
    const { id: alertId, status: alertStatus, changedBy, accountId, lastAt: timestamp } = data;
    const id = notificationId({ alertId, alertStatus, changedBy, channel });
    return [id, { type: `alert.${alertStatus}`, timestamp, sequence: sequenceOf(accountId), data }];
  });
};

/** The first few, to look for. */
export const sample = (ids: readonly string[]): string => ids.slice(0, 3).join(", ");

/** Where a webhook's receiver was not told what the alerts of all partitions owe to it (TL2). */
export const webhookFaults = (
  alerts: readonly (readonly ComparedRecord<Alert>[])[],
  channel: string,
  { messages, changed, unsigned }: Pick<WebhookReceiver, "messages" | "changed" | "unsigned">,
): string[] => {
  const owed = new Map(alerts.flatMap((ofPartition) => owedMessages(ofPartition, channel)));
  const untold = [...owed].filter(([id]) => !messages.has(id)).map(([, { data }]) => data.id);
  const others = [...messages]
    .filter(([id, message]) => !isDeepStrictEqual(message, owed.get(id)))
    .map(([id]) => id);
  return [
    ...(untold.length > 0
      ? [`${untold.length} alerts never reached the webhook, such as ${sample(untold)}`]
      : []),
    ...(others.length > 0
      ? [`${others.length} webhooks of no alert, or with another content, such as ${sample(others)}`]
      : []),
    ...(changed > 0 ? [`${changed} webhooks repeated with other bytes`] : []),
    ...(unsigned > 0 ? [`${unsigned} webhooks without a valid signature`] : []),
  ];
};
