// From events to the case: what each event makes of it.
//
//   E1. `evolve` is a function of the case and the event alone: the same events give the same case, in one go, from a snapshot
//       on, or after upcasting (test/unit/folding.test.ts).
//   E2. An event that does not follow is refused, never skipped: a case is right or it is not there.
import {
  type CaseEvent,
  type CaseSnapshot,
  caseAlertsMax,
  caseCommandsMax,
  caseLinksMax,
  firstPreviousHash,
} from "@riffle/contracts";
import { fingerprintOf } from "./chain.ts";
import { CaseError } from "./errors.ts";

type Severity = CaseSnapshot["severity"];

const rankOf: Readonly<Record<Severity, number>> = { low: 1, medium: 2, high: 3 };

/**
 * The case after `event`.
 *
 * @param state the case before; undefined before its first event
 * @throws CaseError `CASE_SEQUENCE_BROKEN` when the event does not follow (E2)
 */
export function evolve(state: CaseSnapshot | undefined, event: CaseEvent): CaseSnapshot {
  if (state === undefined) return opened(event);
  if (event.caseId !== state.id || event.accountId !== state.accountId)
    throw broken(event, `it belongs to another case than ${state.id}`);
  if (event.version !== state.version + 1) throw broken(event, `the case is at version ${state.version}`);
  if (event.previousHash !== state.lastHash)
    throw broken(event, "the event before it is not the one that it was written after");
  return { ...changed(state, event), ...after(state, event) };
}

/** The case after all of `events`, from `state` on. @throws as {@link evolve} */
export function fold(events: Iterable<CaseEvent>, state?: CaseSnapshot): CaseSnapshot | undefined {
  let current = state;
  for (const event of events) current = evolve(current, event);
  return current;
}

/** What every event changes. */
function after(state: CaseSnapshot, event: CaseEvent): Partial<CaseSnapshot> {
  const { version, at, by, hash, commandId } = event;
  const common = { version, updatedAt: at, lastBy: by, lastHash: hash };
  if (commandId === undefined) return common;
  const command = { id: commandId, version, fingerprint: fingerprintOf(event) };
  return { ...common, recentCommands: newest([...state.recentCommands, command], caseCommandsMax) };
}

function opened(event: CaseEvent): CaseSnapshot {
  if (event.type !== "opened" || event.version !== 1 || event.previousHash !== firstPreviousHash)
    throw broken(event, "a case begins with version 1, opened");
  return {
    id: event.caseId,
    accountId: event.accountId,
    status: "open",
    version: 1,
    openedAt: event.at,
    updatedAt: event.at,
    assignee: null,
    disposition: null,
    severity: event.severity,
    alerts: 1,
    alertIds: [event.alertId],
    withdrawnAlertIds: [],
    previousCaseId: event.previousCaseId ?? null,
    linkedCaseIds: event.previousCaseId === undefined ? [] : [event.previousCaseId],
    comments: 0,
    lastBy: event.by,
    lastHash: event.hash,
    recentCommands: [],
  };
}

function changed(state: CaseSnapshot, event: CaseEvent): CaseSnapshot {
  if (state.status === "closed" && event.type !== "reopened" && event.type !== "alert-withdrawn")
    throw broken(event, "the case is closed");
  switch (event.type) {
    case "opened":
      throw broken(event, "the case is there already");
    case "alert-joined":
      return joined(state, event.alertId, event.severity);
    case "alert-withdrawn":
      if (!state.alertIds.includes(event.alertId)) throw broken(event, "its alert is none of the case");
      return {
        ...state,
        withdrawnAlertIds: [...without(state.withdrawnAlertIds, event.alertId), event.alertId],
      };
    case "assigned":
      return { ...state, assignee: event.assignee };
    case "commented":
      return { ...state, comments: state.comments + 1 };
    case "linked":
      if (state.linkedCaseIds.length >= caseLinksMax) throw broken(event, "the case is full of links");
      return { ...state, linkedCaseIds: [...state.linkedCaseIds, event.linkedCaseId] };
    case "disposition-set":
      return { ...state, disposition: event.disposition };
    case "closed":
      return { ...state, status: "closed" };
    case "reopened":
      if (state.status === "open") throw broken(event, "the case is open");
      return { ...state, status: "open" };
  }
}

/** An alert that joins again holds again; beyond {@link caseAlertsMax} the oldest is forgotten. */
function joined(state: CaseSnapshot, alertId: string, severity: Severity): CaseSnapshot {
  const known = state.alertIds.includes(alertId);
  const alertIds = known ? state.alertIds : newest([...state.alertIds, alertId], caseAlertsMax);
  return {
    ...state,
    severity: rankOf[severity] > rankOf[state.severity] ? severity : state.severity,
    alerts: known ? state.alerts : state.alerts + 1,
    alertIds,
    withdrawnAlertIds: without(state.withdrawnAlertIds, alertId).filter((id) => alertIds.includes(id)),
  };
}

const newest = <T>(list: T[], max: number): T[] => (list.length > max ? list.slice(-max) : list);

const without = (ids: string[], id: string): string[] =>
  ids.includes(id) ? ids.filter((other) => other !== id) : ids;

function broken({ caseId, version, type }: CaseEvent, why: string): CaseError {
  return new CaseError(
    "CASE_SEQUENCE_BROKEN",
    `fold the event ${type} of ${caseId} at version ${version}: ${why}; verify the log of the case`,
  );
}
