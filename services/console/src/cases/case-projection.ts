// Cases in the read model: every event, the case as its events make it, and which case an alert is in.
//
//   J1. A case here is the fold of its events as far as they were applied: never more, never by another rule than `evolve`.
//   J2. An event that does not follow ends the folding of its case, which carries the fault from then on. The others go on.
//   J3. At every `stateEveryEvents`th event the case as it was then is kept, so that how it was at any time is folded from no more
//       events than that.

import { CaseError, evolve } from "@riffle/cases";
import { type CaseEvent, type CaseSnapshot, parseEventTime, topics } from "@riffle/contracts";
import type { ReadModelDatabase } from "../read-model/database.ts";
import type { ModelRecord, Projection } from "../read-model/projection.ts";

/** Between two states of a case that are kept (J3). */
export const stateEveryEvents = 200;

const schema = `
CREATE TABLE cases (
  id TEXT PRIMARY KEY, account_id TEXT NOT NULL, status TEXT NOT NULL, assignee TEXT, version INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL, state TEXT NOT NULL, fault TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX cases_by_update ON cases (updated_at_ms, id);
CREATE INDEX cases_by_account ON cases (account_id, updated_at_ms, id);
CREATE INDEX cases_by_assignee ON cases (assignee, updated_at_ms, id);
CREATE INDEX cases_by_status ON cases (status, updated_at_ms, id);
CREATE TABLE case_events (
  case_id TEXT NOT NULL, version INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (case_id, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE case_states (
  case_id TEXT NOT NULL, version INTEGER NOT NULL, at_ms INTEGER NOT NULL, state TEXT NOT NULL,
  PRIMARY KEY (case_id, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE case_alerts (alert_id TEXT PRIMARY KEY, case_id TEXT NOT NULL) STRICT, WITHOUT ROWID;`;

/** Keeps every case for ever, as its topic does. */
export const caseProjection: Projection = {
  name: "cases",
  topics: [topics.casesEvents.name],
  schema,
  apply: (database, records) => {
    for (const record of records) apply(database, record);
  },
};

interface StoredCase {
  readonly state: string;
  readonly fault: string | null;
}

function apply(database: ReadModelDatabase, { value }: ModelRecord): void {
  if (value === undefined) return;
  // Decoded by the codec of this topic.
  const event = value as CaseEvent;
  const stored = database.get<StoredCase>("SELECT state, fault FROM cases WHERE id = ?", event.caseId);
  if (typeof stored?.fault === "string") return;
  const before = stored && (JSON.parse(stored.state) as CaseSnapshot);
  try {
    keep(database, event, evolve(before, event));
  } catch (error) {
    if (!(error instanceof CaseError)) throw error;
    database.statement("UPDATE cases SET fault = ? WHERE id = ?").run(error.message, event.caseId);
  }
}

function keep(database: ReadModelDatabase, event: CaseEvent, state: CaseSnapshot): void {
  const updatedAtMs = parseEventTime(state.updatedAt);
  const stateText = JSON.stringify(state);
  database
    .statement("INSERT INTO case_events VALUES (?, ?, ?)")
    .run(event.caseId, event.version, JSON.stringify(event));
  database
    .statement(
      `INSERT INTO cases VALUES (?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO UPDATE SET status = excluded.status,
       assignee = excluded.assignee, version = excluded.version, updated_at_ms = excluded.updated_at_ms, state = excluded.state`,
    )
    .run(state.id, state.accountId, state.status, state.assignee, state.version, updatedAtMs, stateText);
  if (state.version % stateEveryEvents === 0)
    database
      .statement("INSERT INTO case_states VALUES (?, ?, ?, ?)")
      .run(state.id, state.version, updatedAtMs, stateText);
  if (event.type === "opened" || event.type === "alert-joined")
    database
      .statement("INSERT INTO case_alerts VALUES (?, ?) ON CONFLICT DO UPDATE SET case_id = excluded.case_id")
      .run(event.alertId, event.caseId);
}
