// What the console's HTTP interface says, as the dashboard reads it. Events are the contracts' own types.

import type { Alert, EventWindow, LateRecord, Notification, Transaction } from "@riffle/contracts";

export type { Alert, Notification, Transaction };

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

/** GET /v1/status: how far the read model is. */
export interface Status {
  readonly phase: "rebuilding" | "live";
  readonly applied: number;
  readonly total: number;
  readonly percent: number;
  readonly recordsPerSecond: number;
  readonly lagRecords: number;
  readonly epoch: string;
}

/** A topic between two services, with what moved on it in the last minute. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly topic: string;
  readonly ratePerSecond: number;
  /** null where no group reads it, and before the cluster has answered. */
  readonly lagRecords: number | null;
  readonly lagSeconds: number | null;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** A process of a service and the partitions that it holds. */
export interface Replica {
  readonly instance: string;
  readonly partitions: readonly number[];
  readonly ready: boolean;
}

/** A service as its group describes it. */
export interface ServiceState {
  readonly name: string;
  readonly replicas: readonly Replica[];
}

/** Counts since the read model begins. */
export interface Totals {
  readonly received: number;
  readonly screened: number;
  readonly rejected: number;
  readonly deadLettered: number;
  readonly alerts: number;
  readonly notifications: number;
}

/** GET /v1/overview, and the feed's `figures`. */
export interface Overview {
  readonly nowMs: number;
  readonly edges: readonly Edge[];
  readonly services: readonly ServiceState[];
  readonly totals: Totals;
}

/** One minute of GET /v1/ledger; `gap` is received minus what became of it. */
export interface LedgerMinute {
  readonly minute: string;
  readonly received: number;
  readonly screened: number;
  readonly rejected: number;
  readonly deadLettered: number;
  readonly gap: number;
}

/** A page of a list, and where the next one starts. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** One of the places that a transaction came by. */
export interface Hop {
  readonly stage: string;
  readonly service: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | string;
  readonly eventTime: string;
  readonly atMs: number | null;
  readonly sincePreviousMs: number | null;
  /** Why it was rejected or dead-lettered. */
  readonly reason?: string;
  /** The alert that was made or told. */
  readonly alertId?: string;
}

/** A window with its values, as the read model flattens it. */
export interface WindowState extends EventWindow {
  readonly currency: string;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly average: number;
  readonly final: boolean;
}

/** A pattern that a transaction took part in. */
export interface PatternPart {
  readonly alertId: string;
  readonly rule: string;
  readonly ruleVersion: number;
  readonly status: string;
  readonly step: number;
  readonly steps: number;
}

/** Where a record lies. */
export interface RecordPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | string;
}

/** Where a transaction went that could not be processed. */
export interface DeadLetterPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | string;
  readonly reasonCode: string;
  readonly message: string;
}

/** GET /v1/transactions/{id}. */
export interface Passport {
  readonly id: string;
  readonly accountId: string;
  readonly status: "screened" | "rejected" | "dead-lettered" | "received";
  readonly transaction: Transaction | null;
  readonly traceId: string | null;
  readonly hops: readonly Hop[];
  readonly windows: readonly WindowState[];
  readonly patterns: readonly PatternPart[];
  readonly alerts: readonly Alert[];
  readonly deliveries: readonly Notification[];
  readonly deadLetter: DeadLetterPlace | null;
  readonly late: readonly (Pick<LateRecord, "windows" | "streamTimeMs"> & Partial<RecordPlace>)[];
  /** Other accounts that used the same id. */
  readonly others?: readonly { readonly accountId: string }[];
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
  readonly windows: readonly WindowState[];
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
export type Disposition = "confirmed-fraud" | "false-positive";

/** A case as its events fold. */
export interface Case {
  readonly id: string;
  readonly accountId: string;
  readonly status: "open" | "closed";
  readonly version: number;
  readonly openedAt: string;
  readonly updatedAt: string;
  readonly assignee: string | null;
  readonly disposition: Disposition | null;
  readonly severity: string;
  /** The newest 500 that joined. */
  readonly alertIds: readonly string[];
  readonly withdrawnAlertIds?: readonly string[];
  readonly previousCaseId?: string | null;
  readonly alerts?: number;
  readonly linkedCaseIds: readonly string[];
  readonly comments: number;
  readonly lastHash: string;
}

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
