// The values behind the golden records, one per event and version. A released one never changes: a changed event gets a
// new version and a further value beside the old one.
import { type AccountAggregate, accountAggregateCodec } from "../../src/aggregate.ts";
import { type Alert, alertCodec } from "../../src/alert.ts";
import type { CaseEvent } from "../../src/case-event.ts";
import { caseEventCodec } from "../../src/case-event-codec.ts";
import { type CaseEventVersionOne, caseEventVersionOneCodec } from "../../src/case-event-version-one.ts";
import { type CaseSnapshot, caseSnapshotCodec } from "../../src/case-snapshot.ts";
import type { Codec } from "../../src/envelope.ts";
import { type LateRecord, lateRecordCodec } from "../../src/late.ts";
import { type Notification, notificationCodec } from "../../src/notification.ts";
import { type NotifierCommand, notifierCommandCodec } from "../../src/notifier-command.ts";
import { type Redrive, redriveCodec } from "../../src/redrive.ts";
import { type Rejection, rejectionCodec } from "../../src/rejection.ts";
import { type Transaction, transactionCodec } from "../../src/transaction.ts";

const probe: Transaction = {
  id: "t-1",
  accountId: "acct-1",
  amount: 199,
  currency: "EUR",
  occurredAt: "2026-03-01T12:00:00Z",
  type: "purchase",
};

const full: Transaction = {
  id: "t-2",
  accountId: "acct-1",
  amount: 9007199254740991,
  currency: "JPY",
  occurredAt: "2026-03-01T13:04:59.999+01:00",
  type: "withdrawal",
  channel: "atm",
  merchantId: "Café №5",
  merchantCategory: "0742",
  country: "DE",
  latitude: 52.52,
  longitude: -13.405,
  deviceId: "device 7",
  ipAddress: "2001:db8::1",
  counterpartyId: "acct-9",
  metadata: { note: 'quoted "text" and \u{1F4B6}', order: "" },
};

const alert: Alert = {
  id: "al_0123456789abcdef0123456789abcdef",
  rule: "card-testing",
  ruleVersion: 1,
  severity: "high",
  accountId: "acct-1",
  status: "raised",
  reason: "1 small purchase, then 1,200.00 EUR within 5 minutes.",
  evidence: [probe, full],
  evidenceSteps: ["small", "large"],
  firstAt: "2026-03-01T12:00:00Z",
  lastAt: "2026-03-01T13:04:59.999+01:00",
  amount: 9007199254740991,
  currency: "JPY",
};

const aggregate: AccountAggregate = {
  accountId: "acct-1",
  currency: "EUR",
  window: { kind: "hopping", sizeMs: 60000, advanceMs: 10000, start: 1772366400000, end: 1772366460000 },
  count: 3,
  sum: 301,
  min: 1,
  max: 200,
  average: 100.33333333333333,
  final: false,
};

const rejection: Rejection = {
  transactionId: "t-1",
  accountId: "acct-1",
  reason: "duplicate",
  detail: "The id came before with the same content.",
  transaction: probe,
};

const late: LateRecord = {
  transactionId: "t-1",
  accountId: "acct-1",
  windows: [
    { kind: "tumbling", sizeMs: 60000, start: 1772366400000, end: 1772366460000 },
    { kind: "session", sizeMs: 30000, start: -5, end: 1772366400001 },
  ],
  streamTimeMs: 1772366999999,
  transaction: probe,
};

const notification: Notification = {
  id: "nt_fedcba9876543210fedcba9876543210",
  alertId: "al_0123456789abcdef0123456789abcdef",
  alertStatus: "raised",
  accountId: "acct-1",
  channel: "webhook",
  outcome: "delivered",
  attempts: [
    { at: "2026-03-01T12:05:00.100Z", status: null, durationMs: 2000, error: "no answer within 2000 ms" },
    { at: "2026-03-01T12:05:03.100Z", status: 204, durationMs: 12.5 },
  ],
};

const redrive: Redrive = {
  deadLetter: { topic: "filter.dlq.v1", partition: 3, offset: 17 },
  original: { topic: "transactions.received.v1", partition: 3, offset: 9007199254740991 },
  count: 2,
};

const command: NotifierCommand = {
  kind: "redeliver",
  channel: "webhook",
  notificationId: "nt_fedcba9876543210fedcba9876543210",
  redelivery: 2,
  sequence: 7,
  alert,
};

const caseId = "cs_00112233445566778899aabbccddeeff";

const judged: CaseEventVersionOne = {
  caseId,
  accountId: "acct-1",
  version: 3,
  at: "2026-03-01T12:07:00.000Z",
  by: "Zoë №1",
  change: { type: "judged", verdict: "legitimate" },
  previousHash: "a".repeat(64),
  hash: "b".repeat(64),
};

/** What today's code reads in the golden record of version 1. */
export const judgedUpcast: CaseEvent = {
  caseId,
  accountId: "acct-1",
  version: 3,
  at: "2026-03-01T12:07:00.000Z",
  by: "Zoë №1",
  type: "disposition-set",
  disposition: "false-positive",
  previousHash: "a".repeat(64),
  hash: "b".repeat(64),
  writtenAs: 1,
};

const commented: CaseEvent = {
  caseId,
  accountId: "acct-1",
  version: 4,
  at: "2026-03-01T12:08:00.000Z",
  by: "Zoë №1",
  commandId: "0f8fad5b-d9cb-469f-a165-70867728950e",
  type: "commented",
  text: 'Called; the holder says: "not me".\n\tCard blocked.',
  previousHash: "b".repeat(64),
  hash: "c".repeat(64),
};

const snapshot: CaseSnapshot = {
  id: caseId,
  accountId: "acct-1",
  status: "closed",
  version: 7,
  openedAt: "2026-03-01T12:05:00.000Z",
  updatedAt: "2026-03-01T12:09:00.000Z",
  assignee: "Zoë №1",
  disposition: "false-positive",
  severity: "high",
  alerts: 2,
  alertIds: ["al_0123456789abcdef0123456789abcdef", "al_ffffffffffffffffffffffffffffffff"],
  withdrawnAlertIds: ["al_ffffffffffffffffffffffffffffffff"],
  previousCaseId: null,
  linkedCaseIds: ["cs_ffeeddccbbaa99887766554433221100"],
  comments: 1,
  lastBy: "riffle",
  lastHash: "d".repeat(64),
  recentCommands: [{ id: "c-1", version: 4, fingerprint: "0123456789abcdef" }],
};

/** One golden record: the file it lies in, the codec that owns it, the value it holds. */
export interface GoldenRecord {
  readonly file: string;
  readonly codec: Codec<unknown>;
  readonly value: unknown;
}

function golden<V>(file: string, codec: Codec<V>, value: V): GoldenRecord {
  return { file, codec, value };
}

export const goldenRecords: readonly GoldenRecord[] = [
  golden("transaction.1.json", transactionCodec, full),
  golden("alert.2.json", alertCodec, alert),
  golden("account-aggregate.1.json", accountAggregateCodec, aggregate),
  golden("rejection.1.json", rejectionCodec, rejection),
  golden("late-record.1.json", lateRecordCodec, late),
  golden("notification.1.json", notificationCodec, notification),
  golden("notifier-command.2.json", notifierCommandCodec, command),
  golden("redrive.1.json", redriveCodec, redrive),
  golden("case-event.1.json", caseEventVersionOneCodec, judged),
  golden("case-event.2.json", caseEventCodec, commented),
  golden("case-snapshot.1.json", caseSnapshotCodec, snapshot),
];
