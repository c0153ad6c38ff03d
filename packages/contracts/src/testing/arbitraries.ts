// Arbitraries: fast-check generators of every event, for property tests here and in the packages downstream.
//
//   R1. Every value fits its schema, and every limit of a field can come up (shortest, longest, smallest, largest).
//   R2. Derived fields agree with their causes: ids are derived, first and last are those of the evidence, and there
//       are as many steps as evidence.
//
// fast-check is a development dependency on purpose: this entry point, `@riffle/contracts/testing`, is imported by
// tests alone, and no service installs fast-check to run.
import fc, { type Arbitrary } from "fast-check";
import { type AccountAggregate, type EventWindow, windowKinds } from "../aggregate.ts";
import { type Alert, alertSeverities, alertStatuses } from "../alert.ts";
import { type CaseEvent, caseDispositions } from "../case-event.ts";
import { type CaseSnapshot, caseStatuses } from "../case-snapshot.ts";
import { countryCodes } from "../countries.ts";
import { formatEventTime } from "../event-time.ts";
import { alertId, notificationId } from "../ids.ts";
import type { LateRecord } from "../late.ts";
import { amountMax, averageMoney, currencyCodes } from "../money.ts";
import {
  type DeliveryAttempt,
  deadLetterReasons,
  type Notification,
  notificationOutcomes,
} from "../notification.ts";
import type { Redrive } from "../redrive.ts";
import { type Rejection, rejectionReasons } from "../rejection.ts";
import {
  metadataPairsMax,
  type Transaction,
  type TransactionInput,
  toTransaction,
  transactionChannels,
  transactionTypes,
} from "../transaction.ts";

const idCharacters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-"];
const first2020Ms = Date.UTC(2020, 0, 1);
const first2030Ms = Date.UTC(2030, 0, 1);

/** Ids of clients: 1 to 64 of their alphabet. */
export const idArbitrary: Arbitrary<string> = fc.string({
  unit: fc.constantFrom(...idCharacters),
  minLength: 1,
  maxLength: 64,
});

/** Amounts: 1 to 2^53-1 minor units, the small ones more often. */
export const amountArbitrary: Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 200_000 }),
  fc.maxSafeNat().map((amount) => Math.max(1, amount)),
  fc.constantFrom(1, amountMax),
);

/** Currency codes of the list. */
export const currencyArbitrary: Arbitrary<string> = fc.constantFrom(...currencyCodes);

/** Event times between 2020 and 2030: UTC or an offset, with and without a fraction of a second. */
export const eventTimeArbitrary: Arbitrary<string> = fc
  .record({
    epochMs: fc.integer({ min: first2020Ms, max: first2030Ms }),
    offset: fc.constantFrom("Z", "+00:00", "+05:30", "-08:00", "+23:59", "-23:59"),
    digits: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ epochMs, offset, digits }) => {
    const utc = formatEventTime(epochMs);
    const fraction = digits === 0 ? "" : utc.slice(19, 20 + digits);
    return utc.slice(0, 19) + fraction + offset;
  });

const textArbitrary = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .map((text) => [...text].slice(0, 128).join(""))
  .filter((text) => /^[^\p{Cc}]{1,128}$/u.test(text));

const degreesArbitrary = (limit: number): Arbitrary<number> =>
  fc.double({ min: -limit, max: limit, noNaN: true }).map((degrees) => (degrees === 0 ? 0 : degrees));

const metadataArbitrary: Arbitrary<Record<string, string>> = fc.dictionary(
  fc.string({ minLength: 1, maxLength: 64 }),
  fc.string({ maxLength: 256 }),
  { maxKeys: metadataPairsMax, noNullPrototype: true },
);

const locationArbitrary = fc.option(
  fc.record({ latitude: degreesArbitrary(90), longitude: degreesArbitrary(180) }),
  { nil: {} },
);

/** Bodies of requests that ingest accepts, whatever its clock says. */
export const transactionInputArbitrary: Arbitrary<TransactionInput> = fc
  .tuple(
    fc.record(
      {
        id: idArbitrary,
        accountId: idArbitrary,
        amount: amountArbitrary,
        currency: currencyArbitrary,
        occurredAt: eventTimeArbitrary,
        type: fc.constantFrom(...transactionTypes),
        channel: fc.constantFrom(...transactionChannels),
        merchantId: textArbitrary,
        merchantCategory: fc.integer({ min: 0, max: 9999 }).map((code) => String(code).padStart(4, "0")),
        country: fc.constantFrom(...countryCodes),
        deviceId: textArbitrary,
        ipAddress: fc.oneof(fc.ipV4(), fc.ipV6()),
        counterpartyId: textArbitrary,
        metadata: metadataArbitrary,
      },
      { requiredKeys: ["id", "accountId", "amount", "currency", "occurredAt"], noNullPrototype: true },
    ),
    locationArbitrary,
  )
  .map(([fields, location]) => ({ ...fields, ...location }));

/** Transactions in canonical form. */
export const transactionArbitrary: Arbitrary<Transaction> = transactionInputArbitrary.map(toTransaction);

const sentenceArbitrary = textArbitrary;
const nameArbitrary = fc.constantFrom("card-testing", "impossible-travel", "velocity", "a");

/** Alerts, raised and withdrawn, with one to five causes. */
export const alertArbitrary: Arbitrary<Alert> = fc
  .record({
    rule: nameArbitrary,
    ruleVersion: fc.integer({ min: 1, max: 1000 }),
    severity: fc.constantFrom(...alertSeverities),
    status: fc.constantFrom(...alertStatuses),
    changedBy: fc.option(idArbitrary, { nil: undefined }),
    reason: sentenceArbitrary,
    first: transactionArbitrary,
    others: fc.array(transactionArbitrary, { maxLength: 4 }),
    stepNames: fc.array(fc.constantFrom("small", "large", "a", `z${"9".repeat(63)}`), {
      minLength: 5,
      maxLength: 5,
    }),
  })
  .map(({ first, others, changedBy, stepNames, ...fields }) => {
    const evidence = [first, ...others].map((cause) => ({ ...cause, accountId: first.accountId }));
    const last = evidence.at(-1) ?? first;
    return {
      id: alertId(
        fields.rule,
        fields.ruleVersion,
        first.accountId,
        evidence.map((cause) => cause.id),
      ),
      rule: fields.rule,
      ruleVersion: fields.ruleVersion,
      severity: fields.severity,
      accountId: first.accountId,
      status: fields.status,
      ...(changedBy === undefined ? {} : { changedBy }),
      reason: fields.reason,
      evidence,
      evidenceSteps: stepNames.slice(0, evidence.length),
      firstAt: first.occurredAt,
      lastAt: last.occurredAt,
      amount: last.amount,
      currency: last.currency,
    };
  });

/** Windows of every kind. */
export const eventWindowArbitrary: Arbitrary<EventWindow> = fc
  .record({
    kind: fc.constantFrom(...windowKinds),
    sizeMs: fc.integer({ min: 2, max: 86_400_000 }),
    start: fc.integer({ min: -86_400_000, max: first2030Ms }),
    lengthMs: fc.integer({ min: 1, max: 86_400_000 }),
  })
  .map(({ kind, sizeMs, start, lengthMs }): EventWindow => {
    const end = start + (kind === "session" ? lengthMs : sizeMs);
    if (kind === "hopping") return { kind, sizeMs, advanceMs: Math.ceil(sizeMs / 2), start, end };
    return { kind, sizeMs, start, end };
  });

/** Aggregates whose sum, smallest, largest and average agree. */
export const accountAggregateArbitrary: Arbitrary<AccountAggregate> = fc
  .record({
    accountId: idArbitrary,
    currency: currencyArbitrary,
    window: eventWindowArbitrary,
    amounts: fc.array(fc.integer({ min: 1, max: 2 ** 40 }), { minLength: 1, maxLength: 20 }),
    final: fc.boolean(),
  })
  .map(({ amounts, final, ...identity }) => {
    const sum = amounts.reduce((total, amount) => total + amount, 0);
    return {
      ...identity,
      count: amounts.length,
      sum,
      min: Math.min(...amounts),
      max: Math.max(...amounts),
      average: averageMoney(sum, amounts.length),
      final,
    };
  });

/** Rejections for every reason. */
export const rejectionArbitrary: Arbitrary<Rejection> = fc
  .record({
    reason: fc.constantFrom(...rejectionReasons),
    detail: sentenceArbitrary,
    transaction: transactionArbitrary,
  })
  .map(({ reason, detail, transaction }) => ({
    transactionId: transaction.id,
    accountId: transaction.accountId,
    reason,
    detail,
    transaction,
  }));

/** Late records that missed one to three windows. */
export const lateRecordArbitrary: Arbitrary<LateRecord> = fc
  .record({
    windows: fc.array(eventWindowArbitrary, { minLength: 1, maxLength: 3 }),
    streamTimeMs: fc.integer({ min: first2020Ms, max: first2030Ms }),
    transaction: transactionArbitrary,
  })
  .map(({ windows, streamTimeMs, transaction }) => ({
    transactionId: transaction.id,
    accountId: transaction.accountId,
    windows,
    streamTimeMs,
    transaction,
  }));

const attemptArbitrary: Arbitrary<DeliveryAttempt> = fc
  .record({
    at: eventTimeArbitrary,
    status: fc.option(fc.integer({ min: 100, max: 599 })),
    durationMs: fc.nat({ max: 60_000 }),
    error: fc.option(sentenceArbitrary, { nil: undefined }),
  })
  .map(({ error, ...fields }) => (error === undefined ? fields : { ...fields, error }));

/** Notifications with up to five attempts. */
export const notificationArbitrary: Arbitrary<Notification> = fc
  .record({
    alert: alertArbitrary,
    channel: fc.constantFrom("webhook", "mail", "log"),
    outcome: fc.constantFrom(...notificationOutcomes),
    attempts: fc.array(attemptArbitrary, { maxLength: 5 }),
    reason: fc.constantFrom(...deadLetterReasons),
    sequence: fc.integer({ min: 1 }),
    redelivery: fc.option(fc.integer({ min: 1 }), { nil: undefined }),
  })
  .map(({ alert, channel, outcome, attempts, reason, sequence, redelivery }) => ({
    id: notificationId({ alertId: alert.id, alertStatus: alert.status, changedBy: alert.changedBy, channel }),
    alertId: alert.id,
    alertStatus: alert.status,
    accountId: alert.accountId,
    channel,
    outcome,
    ...(outcome === "dead-lettered" ? { reason } : {}),
    sequence,
    ...(redelivery === undefined ? {} : { redelivery }),
    attempts,
  }));

const placeArbitrary = fc.record(
  {
    topic: fc.constantFrom("filter.dlq.v1", "transactions.received.v1"),
    partition: fc.nat({ max: 11 }),
    offset: fc.maxSafeNat(),
  },
  { noNullPrototype: true },
);

/** Redrives, of dead letters that went round once or more often. */
export const redriveArbitrary: Arbitrary<Redrive> = fc.record(
  { deadLetter: placeArbitrary, original: placeArbitrary, count: fc.integer({ min: 1, max: 1000 }) },
  { noNullPrototype: true },
);

const hexArbitrary = (digits: number): Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: digits, maxLength: digits });
const caseIdArbitrary = hexArbitrary(32).map((digits) => `cs_${digits}`);
const alertIdArbitrary = hexArbitrary(32).map((digits) => `al_${digits}`);
const personArbitrary = sentenceArbitrary.map((name) => name.slice(0, 100));
const dispositionArbitrary = fc.constantFrom(...caseDispositions);

/** What each type of case event says besides what all of them say. */
const caseChangeArbitrary = fc.oneof(
  fc.record({
    type: fc.constantFrom("opened" as const, "alert-joined" as const),
    alertId: alertIdArbitrary,
    rule: nameArbitrary,
    severity: fc.constantFrom(...alertSeverities),
  }),
  fc.record({ type: fc.constant("alert-withdrawn" as const), alertId: alertIdArbitrary }),
  fc.record({ type: fc.constant("assigned" as const), assignee: fc.option(personArbitrary) }),
  fc.record({
    type: fc.constant("commented" as const),
    text: sentenceArbitrary.map((text) => `${text}\n\t.`),
  }),
  fc.record({ type: fc.constant("linked" as const), linkedCaseId: caseIdArbitrary }),
  fc.record({ type: fc.constant("disposition-set" as const), disposition: dispositionArbitrary }),
  fc.record({ type: fc.constantFrom("closed" as const, "reopened" as const), reason: sentenceArbitrary }),
);

/** Case events of every type. Their hashes are not those of their content. */
export const caseEventArbitrary: Arbitrary<CaseEvent> = fc
  .record({
    caseId: caseIdArbitrary,
    accountId: idArbitrary,
    version: fc.integer({ min: 1 }),
    at: eventTimeArbitrary,
    by: personArbitrary,
    commandId: fc.option(idArbitrary, { nil: undefined }),
    change: caseChangeArbitrary,
    previousHash: hexArbitrary(64),
    hash: hexArbitrary(64),
  })
  .map(({ commandId, change, ...event }) => ({
    ...event,
    ...(commandId === undefined ? {} : { commandId }),
    ...change,
  }));

/** Case snapshots: any case, whether or not events could make it. */
export const caseSnapshotArbitrary: Arbitrary<CaseSnapshot> = fc.record(
  {
    id: caseIdArbitrary,
    accountId: idArbitrary,
    status: fc.constantFrom(...caseStatuses),
    version: fc.integer({ min: 1 }),
    openedAt: eventTimeArbitrary,
    updatedAt: eventTimeArbitrary,
    assignee: fc.option(personArbitrary),
    disposition: fc.option(dispositionArbitrary),
    severity: fc.constantFrom(...alertSeverities),
    alerts: fc.nat(),
    alertIds: fc.array(alertIdArbitrary, { maxLength: 5 }),
    withdrawnAlertIds: fc.array(alertIdArbitrary, { maxLength: 5 }),
    previousCaseId: fc.option(caseIdArbitrary),
    linkedCaseIds: fc.array(caseIdArbitrary, { maxLength: 5 }),
    comments: fc.nat(),
    lastBy: personArbitrary,
    lastHash: hexArbitrary(64),
    recentCommands: fc.array(
      fc.record(
        { id: idArbitrary, version: fc.integer({ min: 1 }), fingerprint: hexArbitrary(16) },
        { noNullPrototype: true },
      ),
      { maxLength: 5 },
    ),
  },
  { noNullPrototype: true },
);
