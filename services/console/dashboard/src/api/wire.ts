// What the console's HTTP interface says, as the dashboard reads it. Events are the contracts' own types.

import type { CaseView } from "@riffle/cases";
import type { Alert, CaseDisposition, Notification, Transaction } from "@riffle/contracts";
import type { ModelProgress, Overview } from "../../../src/answers.ts";

// What the routes and the dashboard share has one owner, on their side.
export type {
  AccountDetail as Account,
  AlertDetail,
  AlertItem as AlertRow,
  DeadLetterItem as DeadLetterRow,
  DeadLetterView,
  EdgeFigures,
  Hop,
  LedgerMinute,
  Overview,
  Page,
  Passport,
  PatternStep,
  ScenarioOffer,
  SessionAnswer as Session,
  SignedOut,
  SignInWay,
  SignInWays,
  TransactionItem as TransactionRow,
  WindowPoint,
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
  /** In order; of a long case the newest, or those that were asked for. */
  readonly events: readonly CaseEvent[];
  /** Version of the event after these; null where there is none. */
  readonly next: number | null;
}

/** What a command on a case answers. */
export interface CaseChange {
  readonly case: Case;
  /** null when the command was a repeat whose event is not at hand. */
  readonly event: CaseEvent | null;
}
