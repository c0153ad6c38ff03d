// What the console answers over HTTP, as types: the routes make it, and the dashboard reads it (dashboard/src/api/wire.ts).
//
//   W1. Types alone, and of the contracts and cases alone: the dashboard is built for browsers.

import type { CaseView } from "@riffle/cases";
import type {
  Alert,
  AlertStatus,
  LateRecord,
  Notification,
  ServiceName,
  Transaction,
  WindowKind,
} from "@riffle/contracts";

// ---- Who reads ----

/** GET and POST /v1/session: who is signed in. */
export interface SessionAnswer {
  readonly me: {
    readonly name: string;
    /** The highest role and those it includes, rising. */
    readonly roles: readonly ("viewer" | "analyst" | "admin")[];
    readonly via: "key" | "token" | "session" | "none";
  };
  /** Sent back as `x-csrf-token` with what changes something; none for readers without a cookie. */
  readonly csrfToken: string | null;
}

/** By what a person may sign in: the OpenID provider, or an API key or token that is pasted. */
export type SignInWay = "oidc" | "key";

/** GET /v1/session/ways: how a person may sign in; none where nobody is asked. */
export interface SignInWays {
  readonly ways: readonly SignInWay[];
}

/** DELETE /v1/session, where the session began at a provider that has a page to sign out on. */
export interface SignedOut {
  /** Where the browser goes next. */
  readonly endSessionUrl: string;
}

// ---- A transaction ----

/** The stages of a transaction's way. */
export type HopStage =
  | "received"
  | "screened"
  | "rejected"
  | "counted"
  | "matched"
  | "notified"
  | "dead-lettered";

/** One record on a transaction's way. */
export interface Hop {
  readonly stage: HopStage;
  /** The service that wrote the record. */
  readonly service: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** RFC 3339. */
  readonly eventTime: string;
  /** When the service handled what it made the record of, epoch milliseconds; null where nobody wrote it down. */
  readonly atMs: number | null;
  /** Milliseconds since the hop that this one follows from; null where one of the two times is not known. */
  readonly sincePreviousMs: number | null;
  /** Why it was rejected or dead-lettered. */
  readonly reason?: string;
  /** The alert that was made or told. */
  readonly alertId?: string;
}

/** A window with its values; times in epoch milliseconds, amounts in minor units. */
export interface WindowView {
  readonly kind: WindowKind;
  readonly sizeMs: number;
  readonly advanceMs?: number;
  readonly start: number;
  readonly end: number;
  readonly currency: string;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly average: number;
  readonly final: boolean;
}

/**
 * A pattern that a transaction took part in: it is cause `step` of `steps`, in the order of the evidence, from 1, and
 * `stepName` is the step of the rule that took it.
 */
export interface PatternStep {
  readonly alertId: string;
  readonly rule: string;
  readonly ruleVersion: number;
  readonly status: AlertStatus;
  readonly step: number;
  readonly steps: number;
  readonly stepName: string;
}

/** Where a dead letter is, and why it is one. */
export interface DeadLetterView {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly reasonCode: string;
  readonly message: string;
}

/** What became of a transaction. */
export type TransactionStatus = "screened" | "rejected" | "dead-lettered" | "received";

/** Windows that a transaction missed. */
export interface LateView extends Pick<LateRecord, "windows" | "streamTimeMs"> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Everything about one transaction. */
export interface Passport {
  readonly id: string;
  readonly accountId: string;
  readonly status: TransactionStatus;
  /** null where no record of it could be read. */
  readonly transaction: Transaction | null;
  /** 32 hexadecimal digits of the W3C trace. */
  readonly traceId: string | null;
  readonly hops: readonly Hop[];
  readonly windows: readonly WindowView[];
  readonly patterns: readonly PatternStep[];
  readonly alerts: readonly Alert[];
  readonly deliveries: readonly Notification[];
  readonly deadLetter: DeadLetterView | null;
  readonly late: readonly LateView[];
  /** Other accounts that used the same id. */
  readonly others: readonly { readonly accountId: string }[];
}

// ---- Lists and things ----

/** A page of a list, and where the next one starts. */
export interface Page<T> {
  readonly items: readonly T[];
  /** The `after` of the next page; null on the last one. */
  readonly next: string | null;
}

/** GET /v1/transactions: a transaction in the list. */
export interface TransactionItem {
  readonly id: string;
  readonly accountId: string;
  readonly status: TransactionStatus;
  readonly transaction: Transaction;
  readonly partition: number;
  readonly offset: number;
  /** When ingest took it in, epoch milliseconds. */
  readonly receivedAtMs: number | null;
}

/** GET /v1/alerts: an alert in the list, as it stands now, and where its newest event is. */
export interface AlertItem extends Alert {
  readonly partition: number;
  readonly offset: number;
  readonly caseId: string | null;
  /** When the fraud detector made that event, epoch milliseconds. */
  readonly atMs: number | null;
}

/** An event of an alert. */
export interface AlertChange {
  readonly status: AlertStatus;
  readonly changedBy: string | null;
  readonly partition: number;
  readonly offset: number;
  /** RFC 3339. */
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
export interface AccountDetail {
  readonly accountId: string;
  readonly transactions: {
    /** Of the newest 10,000 records. */
    readonly count: number;
    /** Whether there may be more: so many records there are. */
    readonly isAtLeast: boolean;
    /** RFC 3339; null where there is none. */
    readonly first: string | null;
    readonly last: string | null;
  };
  /** The newest of each kind, size and currency. */
  readonly windows: readonly WindowView[];
  /** The newest 50. */
  readonly alerts: readonly AlertItem[];
  /** The 100 that changed last. */
  readonly cases: readonly CaseView[];
  /** The newest 50. */
  readonly deliveries: readonly Notification[];
}

/** GET /v1/accounts/{id}/windows: one window of the series; an answer has the newest 2,000, in order of time. */
export type WindowPoint = Pick<
  WindowView,
  "start" | "end" | "count" | "sum" | "final" | "kind" | "sizeMs" | "currency"
>;

/** GET /v1/dead-letters: a dead letter in the list. */
export interface DeadLetterItem extends DeadLetterView {
  readonly key: string | null;
  /** Event time of the record, RFC 3339. */
  readonly at: string;
  /** The record that it was made of; null where it does not say. */
  readonly original: {
    readonly topic: string;
    readonly partition: number | null;
    readonly offset: number | null;
  } | null;
}

/** GET /v1/scenario: the demonstration that can be sent, where there is one. */
export type ScenarioOffer =
  | { readonly available: false }
  | {
      readonly available: true;
      /** Ingest as the reader reaches it. */
      readonly ingestUrl: string;
      readonly names: readonly string[];
    };

// ---- The pipeline ----

/** How far the read model is. */
export interface ModelProgress {
  readonly phase: "rebuilding" | "live";
  /** Records applied since the start of this process. */
  readonly applied: number;
  /** Offsets that there were to apply at the start of this process; markers and aborted records count. */
  readonly total: number;
  /** Of these, how many have been passed: 0 to 100, and 100 once live. */
  readonly percent: number;
  readonly recordsPerSecond: number;
  /** Offsets between what is applied and the ends of the topics, as last seen. */
  readonly lagRecords: number;
  /** Why it stands still, a code of docs/errors.md; null while it follows the topics. */
  readonly failure: "CONSOLE_DISK_FULL" | "CONSOLE_NOT_FOLLOWING" | null;
}

/** A topic between two services. */
export interface PipelineEdge {
  readonly from: ServiceName;
  /** The service whose group reads it; `channels` and `readers` are people's side of it. */
  readonly to: ServiceName | "channels" | "readers";
  readonly topic: string;
}

/** A process of a service. */
export interface Replica {
  readonly instance: string;
  readonly partitions: readonly number[];
  /** Whether it has its share: false while its group rebalances. */
  readonly ready: boolean;
}

/** An edge of the map. */
export interface EdgeFigures extends PipelineEdge {
  /** Records of the topic in the last minute, by the second. */
  readonly ratePerSecond: number;
  /** Records that the group at its end has not read; null where no group is, and before the cluster has answered. */
  readonly lagRecords: number | null;
  /** Age of the oldest of them; 0 where there is none, null where it is not known. */
  readonly lagSeconds: number | null;
  /** From the acceptance of a transaction to the service that wrote the record; null for what ingest writes. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** What the overview answers. */
export interface Overview {
  readonly nowMs: number;
  /** When the cluster last answered for lags and replicas, epoch milliseconds; null when it has not yet. */
  readonly clusterAtMs: number | null;
  readonly edges: readonly EdgeFigures[];
  readonly services: readonly { readonly name: string; readonly replicas: readonly Replica[] }[];
  /** Records since the database was made, as far back as the topics reached then. */
  readonly totals: {
    readonly received: number;
    readonly screened: number;
    readonly rejected: number;
    readonly deadLettered: number;
    readonly alerts: number;
    readonly notifications: number;
  };
}

/** A minute of the ledger. */
export interface LedgerMinute {
  /** RFC 3339, its beginning. */
  readonly minute: string;
  readonly received: number;
  readonly screened: number;
  readonly rejected: number;
  readonly deadLettered: number;
  /** Received, less what became of it. */
  readonly gap: number;
}
