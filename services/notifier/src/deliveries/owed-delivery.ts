// What is owed: one alert for one channel, as it lies in the task's state until it has come to an outcome.
//
//   O1. An entry is there from the commit that took its alert in to the commit that tells its outcome: whoever owns the
//       task knows from the state alone what to deliver, and how often it was tried.
//   O2. Its key is the notification's id. It holds the alert itself, so that no attempt reads a topic.

import type { Alert, DeliveryAttempt, EndpointState, RecordHeaders } from "@riffle/contracts";
import { keyValueStore } from "@riffle/streams";

/** A delivery that has no outcome yet. */
export interface OwedDelivery {
  readonly channel: string;
  /** Which message of this account to this channel it is, from 1. */
  readonly sequence: number;
  /** Which time it was asked for again, from 1; undefined at the first delivery. */
  readonly redelivery?: number | undefined;
  readonly alert: Alert;
  /** Event time of the alert's record, epoch milliseconds. */
  readonly timestampMs: number;
  /** Headers of the alert's record that the outcome hands on. */
  readonly headers: RecordHeaders;
  /** Wall clock at which it came to be owed, epoch milliseconds. */
  readonly owedSinceMs: number;
  /** Attempts that failed, in order. */
  readonly attempts: readonly DeliveryAttempt[];
  /** Wall clock at which the next attempt is due, epoch milliseconds. */
  readonly dueMs: number;
}

/** A redelivery that was taken in: the same one, asked for again, has no effect. */
export interface TakenRedelivery {
  readonly redelivery: number;
  readonly atMs: number;
}

/** Deliveries without an outcome, by notification id. */
export const owedStore = keyValueStore<OwedDelivery>("owed");
/**
 * Number of the last message by channel, by account. Kept for ever: receivers decide by the highest number that they know,
 * so one that began again would have them drop what is new. It grows with the accounts that ever had an alert.
 */
export const sequenceStore = keyValueStore<Readonly<Record<string, number>>>("sequences");
/** State of every configured endpoint, by channel name; each task has its own copy. */
export const endpointStore = keyValueStore<EndpointState>("endpoints");
/** The last redelivery of a notification, by its id; forgotten when the notification's record is gone as well. */
export const redeliveryStore = keyValueStore<TakenRedelivery>("redeliveries");

/** All stores of the notifier. */
export const deliveryStores = {
  owed: owedStore,
  sequences: sequenceStore,
  endpoints: endpointStore,
  redeliveries: redeliveryStore,
};
