// What a record comes to when it is compared: one line of text, with everything in it that is promised of the record.
//
//   RL1. A line has the key, the event time, the schema, the headers that were handed on, and the whole value, its fields
//        in alphabetical order. The model builds whole values, so a field that is new in the contract is compared too.
//   RL2. A transaction within a value is its id and a digest of its content: a million lines fit.
//   RL3. What is not in a line is no function of the events: the header `processed-at`, and times and durations of attempts
//        to deliver. An alert's sentence is not either: the sentences of six rules are the rules' own tests' to prove.

import { hash } from "node:crypto";
import {
  type AccountAggregate,
  type Alert,
  headerNames,
  type LateRecord,
  type Notification,
  type Rejection,
  type Transaction,
  topics,
} from "@riffle/contracts";

/** A record as it is compared, found in a topic or made by the model. */
export interface ComparedRecord<V> {
  readonly key: string;
  readonly value: V;
  /** Epoch milliseconds. */
  readonly timestampMs: number;
  /** What stands for the headers of its cause: {@link handedOnBy}, {@link nothingHandedOn}. */
  readonly handedOn: string;
}

type Headers = readonly (readonly [name: string, value: Uint8Array | null])[];

const digestLength = 16;
const digestOfText = (text: string): string => hash("sha256", text, "hex").slice(0, digestLength);

/** Of a record that follows from no other. */
export const nothingHandedOn = "nothing";

const digestOfHeaders = (headers: Headers): string =>
  headers.length === 0
    ? nothingHandedOn
    : digestOfText(
        headers.map(([name, value]) => `${name}=${Buffer.from(value ?? []).toString()}`).join("\n"),
      );

/** What a record hands on to what follows from it: the trace of its request, and when ingest took that in. */
export const handedOnBy = (headers: Headers): string =>
  digestOfHeaders(
    [headerNames.traceparent, headerNames.receivedAt].flatMap((wanted) =>
      headers.filter(([name]) => name === wanted),
    ),
  );

/** All that a record has besides its schema and the time at which it was made (RL3): what was handed on, and nothing else. */
export const handedOnTo = (headers: Headers): string =>
  digestOfHeaders(
    headers.filter(([name]) => name !== headerNames.schema && name !== headerNames.processedAt),
  );

const sorted = (value: object): [string, unknown][] =>
  Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** The same text for the same content, whatever the order of its fields. */
export const contentOf = (transaction: Transaction): string =>
  JSON.stringify(sorted(transaction).map(([name, value]) => [name, withSortedFields(value)]));

/** What stands for the content where there are many. */
export const contentDigestOf = (transaction: Transaction): string => digestOfText(contentOf(transaction));

/** Only transactions have a time at which they occurred. */
const isTransaction = (value: object): value is Transaction => "occurredAt" in value;

const withSortedFields = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withSortedFields);
  if (typeof value !== "object" || value === null) return value;
  if (isTransaction(value)) return `${value.id} of content ${contentDigestOf(value)}`;
  return Object.fromEntries(sorted(value).map(([name, field]) => [name, withSortedFields(field)]));
};

/** @param head what a person looks for first; what is compared is behind it */
const lineOf = (
  head: string,
  value: unknown,
  schema: string,
  { key, timestampMs, handedOn }: Omit<ComparedRecord<unknown>, "value">,
): string =>
  `${head} ${JSON.stringify(withSortedFields(value))} key ${key} at ${timestampMs} as ${schema} after ${handedOn}`;

/** A transaction that passed the filter. */
export const screenedLine = ({ value, ...rest }: ComparedRecord<Transaction>): string =>
  lineOf(value.id, value, topics.transactionsScreened.codec.schema, rest);

/** One that did not. */
export const rejectedLine = ({ value, ...rest }: ComparedRecord<Rejection>): string =>
  lineOf(`${value.transactionId} ${value.reason}`, value, topics.transactionsRejected.codec.schema, rest);

/** A figure of a window. */
export const aggregateLine = ({ value, ...rest }: ComparedRecord<AccountAggregate>): string =>
  lineOf(value.window.kind, value, topics.aggregatesAccount.codec.schema, rest);

/** A transaction that missed windows. In which order they are named is not promised. */
export const lateLine = ({ value, ...rest }: ComparedRecord<LateRecord>): string => {
  const windows = value.windows.map((window) => JSON.stringify(withSortedFields(window))).toSorted();
  return lineOf(value.transactionId, { ...value, windows }, topics.aggregatorLate.codec.schema, rest);
};

/** An alert, but for its sentence (RL3). */
export const alertLine = ({ value, ...rest }: ComparedRecord<Omit<Alert, "reason">>): string =>
  lineOf(`${value.status} ${value.rule}`, value, topics.alerts.codec.schema, rest);

/** A notification whose attempts are a text: of them not everything is compared. */
export interface ToldNotification extends Omit<Notification, "attempts"> {
  readonly attempts: string;
}

/** How telling a channel about an alert ended. */
export const notificationLine = ({ value, ...rest }: ComparedRecord<ToldNotification>): string =>
  lineOf(value.id, value, topics.notifications.codec.schema, rest);
