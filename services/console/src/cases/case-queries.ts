// What is asked of the cases in the read model.

import { type AsOf, type CaseView, caseView, eventsAsOf, fold } from "@riffle/cases";
import type { CaseEvent, CaseSnapshot, CaseStatus } from "@riffle/contracts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import { given } from "../read-model/given-filters.ts";
import { pageOf } from "../routes/query.ts";
import { stateEveryEvents } from "./case-projection.ts";

/** Events of a case that one answer has at most. */
export const caseEventsMax = 200;

/** Which cases, newest change first. */
export interface CaseFilter {
  readonly status?: CaseStatus | null;
  readonly assignee?: string | null;
  readonly accountId?: string | null;
  readonly limit: number;
  /** Where the page before ended: time of the last change, id. */
  readonly after?: readonly (number | string)[] | undefined;
}

/** One page of cases. */
export interface CasePage {
  readonly items: readonly CaseView[];
  readonly next: string | null;
}

/** Which part of a case's history. */
export interface HistoryChoice {
  /** Up to where. @default now */
  readonly asOf?: AsOf | undefined;
  /** Version of the first event. @default such that the newest are shown */
  readonly from?: number | undefined;
}

/** A case with the events that made it, or {@link caseEventsMax} of them. */
export interface CaseHistory {
  readonly case: CaseView;
  /** In order, without a gap. */
  readonly events: readonly CaseEvent[];
  /** The `from` of the events after these; null where there are none. */
  readonly next: number | null;
  /** Why its events are not folded further, if they are not. */
  readonly fault?: string;
}

interface StoredCase {
  readonly state: string;
  readonly fault: string | null;
}

interface CaseRow {
  readonly id: string;
  readonly updatedAtMs: number;
  readonly state: string;
}

const viewOf = (state: string): CaseView => caseView(JSON.parse(state) as CaseSnapshot);

/** One page of the cases that fit. */
export function listCases(database: ReadModelDatabase, filter: CaseFilter): CasePage {
  const { status = null, assignee = null, accountId = null, limit, after = [] } = filter;
  const [updatedAtMs = Number.MAX_SAFE_INTEGER, id = ""] = after;
  const { conditions, values } = given([
    ["account_id", accountId],
    ["assignee", assignee],
    ["status", status],
  ]);
  const rows = database.iterate<CaseRow>(
    `SELECT id, updated_at_ms AS updatedAtMs, state FROM cases
     WHERE ${conditions} (updated_at_ms, id) < (?, ?)
     ORDER BY updated_at_ms DESC, id DESC LIMIT ?`,
    ...values,
    updatedAtMs,
    id,
    limit + 1,
  );
  return pageOf(rows, {
    limit,
    item: ({ state }) => viewOf(state),
    place: (row) => [row.updatedAtMs, row.id],
    text: ({ state }) => state,
  });
}

/** A case with its events, as it is or as it was; undefined when it is not there, or was not yet. */
export function caseHistory(
  database: ReadModelDatabase,
  id: string,
  { asOf, from }: HistoryChoice = {},
): CaseHistory | undefined {
  const stored = database.get<StoredCase>("SELECT state, fault FROM cases WHERE id = ?", id);
  if (stored === undefined) return undefined;
  const state = asOf === undefined ? (JSON.parse(stored.state) as CaseSnapshot) : stateAt(database, id, asOf);
  if (state === undefined) return undefined;
  const { version } = state;
  const first = from ?? Math.max(1, version - caseEventsMax + 1);
  const last = Math.min(version, first + caseEventsMax - 1);
  const { fault } = stored;
  return {
    case: caseView(state),
    events: eventsOf(database, id, first, last),
    next: last < version ? last + 1 : null,
    ...(fault === null ? {} : { fault }),
  };
}

/** The case as it was, from the last state before that was kept (J3 of case-projection.ts). */
function stateAt(database: ReadModelDatabase, id: string, asOf: AsOf): CaseSnapshot | undefined {
  const [condition, bound] = "version" in asOf ? ["version <= ?", asOf.version] : ["at_ms <= ?", asOf.atMs];
  const kept = database.get<{ readonly state: string }>(
    `SELECT state FROM case_states WHERE case_id = ? AND ${condition} ORDER BY version DESC LIMIT 1`,
    id,
    bound,
  );
  const state = kept && (JSON.parse(kept.state) as CaseSnapshot);
  const version = state?.version ?? 0;
  return fold(eventsAsOf(eventsOf(database, id, version + 1, version + stateEveryEvents), asOf), state);
}

const eventsOf = (database: ReadModelDatabase, id: string, first: number, last: number): CaseEvent[] =>
  database
    .all<{ readonly event: string }>(
      "SELECT event FROM case_events WHERE case_id = ? AND version BETWEEN ? AND ? ORDER BY version",
      id,
      first,
      last,
    )
    .map(({ event }) => JSON.parse(event) as CaseEvent);

/** One event of a case; undefined when it is not applied yet. */
export function caseEventAt(database: ReadModelDatabase, id: string, version: number): CaseEvent | undefined {
  const row = database.get<{ event: string }>(
    "SELECT event FROM case_events WHERE case_id = ? AND version = ?",
    id,
    version,
  );
  return row && (JSON.parse(row.event) as CaseEvent);
}

/** Whether the read model has the case. */
export function isCaseKnown(database: ReadModelDatabase, id: string): boolean {
  return database.get("SELECT 1 FROM cases WHERE id = ?", id) !== undefined;
}

/** All cases of an account, newest change first. */
export function casesOfAccount(
  database: ReadModelDatabase,
  accountId: string,
  limit = 100,
): readonly CaseView[] {
  return listCases(database, { accountId, limit }).items;
}

/** The newest case that an alert joined; null when it is in none. */
export function caseOfAlert(database: ReadModelDatabase, alertId: string): string | null {
  const row = database.get<{ id: string }>(
    "SELECT case_id AS id FROM case_alerts WHERE alert_id = ?",
    alertId,
  );
  return row?.id ?? null;
}
