// What is asked of the cases in the read model.

import { type AsOf, type CaseView, caseView, eventsAsOf, fold } from "@riffle/cases";
import type { CaseEvent, CaseSnapshot, CaseStatus } from "@riffle/contracts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import { given } from "../read-model/given-filters.ts";
import { pageOf } from "../routes/query.ts";

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

/** A case with the events that made it. */
export interface CaseHistory {
  readonly case: CaseView;
  readonly events: readonly CaseEvent[];
  /** Why its events are not folded further, if they are not. */
  readonly fault?: string;
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
  const rows = database.all<CaseRow>(
    `SELECT id, updated_at_ms AS updatedAtMs, state FROM cases
     WHERE ${conditions} (updated_at_ms, id) < (?, ?)
     ORDER BY updated_at_ms DESC, id DESC LIMIT ?`,
    ...values,
    updatedAtMs,
    id,
    limit + 1,
  );
  return pageOf(
    rows,
    limit,
    ({ state }) => viewOf(state),
    (row) => [row.updatedAtMs, row.id],
  );
}

/** A case with its events, as it is or as it was; undefined when it is not there, or was not yet. */
export function caseHistory(database: ReadModelDatabase, id: string, asOf?: AsOf): CaseHistory | undefined {
  const all = database
    .all<{ event: string }>("SELECT event FROM case_events WHERE case_id = ? ORDER BY version", id)
    .map(({ event }) => JSON.parse(event) as CaseEvent);
  const events = asOf === undefined ? all : eventsAsOf(all, asOf);
  const state = fold(events);
  if (state === undefined) return undefined;
  const stored = database.get<{ fault: string | null }>("SELECT fault FROM cases WHERE id = ?", id);
  const fault = stored?.fault;
  return { case: caseView(state), events, ...(typeof fault === "string" ? { fault } : {}) };
}

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
