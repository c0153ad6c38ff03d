// What the console's HTTP interface says, as the dashboard reads it. Events are the contracts' own types.

import type { CaseView } from "@riffle/cases";
import type { Alert, CaseDisposition, Notification, Transaction } from "@riffle/contracts";
import type { ModelProgress, Overview, Passport, WindowView } from "../../../src/answers.ts";

// What the routes and the dashboard share has one owner, on their side.
export type {
  DeadLetterView,
  EdgeFigures,
  Hop,
  LedgerMinute,
  Overview,
  Passport,
  PatternStep,
  WindowView,
} from "../../../src/answers.ts";
export type { Alert, Notification, Transaction };

/** GET /v1/status: how far the read model is. */
export interface Status extends ModelProgress {
  readonly epoch: string;
}

/** A service as its group describes it. */
export type ServiceState = Overview["services"][number];

/** Counts since the read model begins. */
export type Totals = Overview["totals"];

/** One of the roles that a reader may have, rising. */
export type Role = "viewer" | "analyst" | "admin";

/** Who is reading. */
export interface Reader {
  readonly name: string;
  readonly roles: readonly string[];
  readonly via: string;
}

/** GET /v1/session. */
export interface Session {
  readonly me: Reader;
  /** Sent back as `x-csrf-token` with what changes something; none for readers without a cookie. */
  readonly csrfToken: string | null;
}

/** A page of a list, and where the next one starts. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** Where a record lies. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | string;
}

/** A transaction in a list. */
export interface TransactionRow {
  readonly id: string;
  readonly accountId: string;
  readonly status: Passport["status"];
  readonly transaction: Transaction;
  readonly partition: number;
  readonly offset: number | string;
  readonly receivedAtMs: number | null;
}

/** An alert in a list. */
export interface AlertRow extends Alert {
  readonly partition: number;
  readonly offset: number | string;
  readonly caseId: string | null;
  readonly atMs: number | null;
}

/** An event of an alert. */
export interface AlertChange {
  readonly status: string;
  readonly changedBy: string | null;
  readonly partition: number;
  readonly offset: number | string;
  readonly eventTime: string;
  readonly atMs: number | null;
}

/** GET /v1/alerts/{id}. */
export interface AlertDetail {
  readonly alert: Alert;
  readonly history: readonly AlertChange[];
  readonly deliveries: readonly Notification[];
  readonly caseId: string | null;
}

/** GET /v1/accounts/{id}. */
export interface Account {
  readonly accountId: string;
  readonly transactions: {
    readonly count: number;
    readonly first: string | null;
    readonly last: string | null;
  };
  readonly windows: readonly WindowView[];
  readonly alerts: readonly AlertRow[];
  readonly cases: readonly Case[];
  readonly deliveries: readonly Notification[];
}

/** One window of a series for the chart. */
export interface WindowPoint {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly sum: number;
  readonly final: boolean;
}

/** A dead letter in a list. */
export interface DeadLetterRow {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | string;
  readonly key: string | null;
  readonly reasonCode: string;
  readonly message: string;
  readonly at: string;
  /** The record that it was made of. */
  readonly original?: RecordPlace | null;
}

/** How a case was judged. */
export type Disposition = CaseDisposition;

/** A case as its events fold. */
export type Case = CaseView;

/** One change of a case. What else it has depends on its type. */
export interface CaseEvent {
  readonly type: string;
  readonly version: number;
  readonly at: string;
  readonly by?: string;
  readonly hash?: string;
  readonly [field: string]: unknown;
}

/** GET /v1/cases/{id}. */
export interface CaseDetail {
  readonly case: Case;
  readonly events: readonly CaseEvent[];
}

/** What a command on a case answers. */
export interface CaseChange {
  readonly case: Case;
  /** null when the command was a repeat whose event is not at hand. */
  readonly event: CaseEvent | null;
}

/** GET /v1/scenario: what the console can play. */
export interface ScenarioOffer {
  readonly available?: boolean;
  readonly ingestUrl?: string;
}
