// What can be followed, and how a record of it reads on one line.

import {
  type AccountAggregate,
  type Alert,
  allTopics,
  type CaseEvent,
  deadLetterHeaderNames,
  formatMoney,
  headerNames,
  type LateRecord,
  type Notification,
  type Rejection,
  type Topic,
  type Transaction,
  topics,
} from "@riffle/contracts";
import type { RawRecord } from "@riffle/streams";
import { lastHeader, readDeadLetter } from "../dead-letters/dead-letter.ts";
import { placeText, serviceOf } from "../dead-letters/place.ts";
import { lastAnswer } from "../notifications/dead-lettered.ts";
import { printable, printableTime } from "../terminal/printable.ts";
import type { Paint } from "../terminal/terminal.ts";
import type { Fields } from "./expression.ts";
import { celValue, fieldsOf } from "./schema-fields.ts";

/** Words on a line, some of them to stand out. */
export type LineParts = readonly (string | readonly [Paint, string])[];

/** One kind of thing to follow. */
export interface Tailed {
  /** Every one of them that the cluster has is read. */
  readonly topics: readonly string[];
  /** The fields of its values. */
  readonly fields: Fields;
  /** The value, @throws an Error when the record is none of the topic. */
  decode(topic: string, partition: number, record: RawRecord): unknown;
  /** The value as an expression sees it. */
  forExpression(value: unknown): unknown;
  /** What a person wants to see of it. */
  line(value: unknown): LineParts;
}

const decoded = <V>(topic: Topic<V>, line: (value: V) => LineParts): Tailed => ({
  topics: [topic.name],
  fields: fieldsOf(topic.codec.jsonSchema),
  decode: (_topic, _partition, { value, headers }) =>
    topic.codec.decode(value, lastHeader(headers, headerNames.schema)),
  forExpression: (value) => celValue(value, topic.codec.jsonSchema),
  line: (value) => line(value as V),
});

const money = (amount: number, currency: string): string => formatMoney(amount, currency);

const transactionLine = ({
  id,
  accountId,
  amount,
  currency,
  type,
  channel,
  country,
}: Transaction): LineParts => [
  ["bold", id],
  accountId,
  money(amount, currency),
  type,
  ...(channel === undefined ? [] : [channel]),
  ...(country === undefined ? [] : [country]),
];

const aggregateLine = ({ accountId, window, count, sum, currency, final }: AccountAggregate): LineParts => [
  accountId,
  ["bold", window.kind],
  `${printableTime(window.start)} to ${printableTime(window.end)}`,
  `${count} of ${money(sum, currency)}`,
  final ? "final" : "open",
];

const severityPaint = { low: "cyan", medium: "yellow", high: "red" } as const;

const alertLine = (alert: Alert): LineParts => [
  [severityPaint[alert.severity], alert.severity],
  alert.status,
  ["bold", alert.rule],
  alert.accountId,
  money(alert.amount, alert.currency),
  alert.id,
  printable(alert.reason),
];

const rejectionLine = ({ transactionId, accountId, reason, detail }: Rejection): LineParts => [
  ["yellow", reason],
  ["bold", transactionId],
  accountId,
  printable(detail),
];

const lateLine = ({ transactionId, accountId, windows, streamTimeMs }: LateRecord): LineParts => [
  ["bold", transactionId],
  accountId,
  `missed ${windows.map(({ kind }) => kind).join(", ")}`,
  `at stream time ${printableTime(streamTimeMs)}`,
];

const notificationLine = (notification: Notification): LineParts => [
  [notification.outcome === "delivered" ? "green" : "red", notification.outcome],
  ["bold", notification.channel],
  notification.accountId,
  `${notification.alertId} ${notification.alertStatus}`,
  printable(lastAnswer(notification)),
];

const caseLine = ({ caseId, accountId, version, type, by }: CaseEvent): LineParts => [
  ["bold", caseId],
  `v${version}`,
  ["cyan", type],
  accountId,
  `by ${printable(by)}`,
];

/** A dead letter as it is shown: never its value, which is as sensitive as the input. */
interface ShownLetter {
  readonly service: string;
  readonly reason: string;
  readonly original: string | null;
  readonly exception: string | null;
  readonly redriveCount: number;
}

const deadLetters: Tailed = {
  topics: allTopics.map(({ name }) => name).filter((name) => serviceOf(name) !== undefined),
  fields: {
    service: "string",
    reason: "string",
    original: "string",
    exception: "string",
    redriveCount: "int",
  },
  decode: (topic, partition, record): ShownLetter => {
    const letter = readDeadLetter(topic, partition, record);
    return {
      service: serviceOf(topic) ?? topic,
      reason: letter.reasonCode,
      original: letter.original === undefined ? null : placeText(letter.original),
      exception: lastHeader(record.headers, deadLetterHeaderNames.exceptionMessage) ?? null,
      redriveCount: letter.redriveCount,
    };
  },
  forExpression: (value) => {
    const known = Object.entries(value as ShownLetter).filter(([, of]) => of !== null);
    return celValue(Object.fromEntries(known), { properties: { redriveCount: { type: "integer" } } });
  },
  line: (value) => {
    const { service, reason, original, exception } = value as ShownLetter;
    return [
      ["red", printable(reason)],
      ["bold", service],
      printable(original ?? "unknown record"),
      printable(exception ?? ""),
    ];
  },
};

/** What can be followed, by its word. */
export const tailed = {
  received: decoded(topics.transactionsReceived, transactionLine),
  screened: decoded(topics.transactionsScreened, transactionLine),
  rejected: decoded(topics.transactionsRejected, rejectionLine),
  aggregates: decoded(topics.aggregatesAccount, aggregateLine),
  alerts: decoded(topics.alerts, alertLine),
  notifications: decoded(topics.notifications, notificationLine),
  cases: decoded(topics.casesEvents, caseLine),
  dlq: deadLetters,
  late: decoded(topics.aggregatorLate, lateLine),
} as const satisfies Readonly<Record<string, Tailed>>;

/** The words of {@link tailed}. */
export const tailedNames = Object.keys(tailed) as (keyof typeof tailed)[];
