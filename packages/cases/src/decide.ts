// Decisions: from a case and a command to the event that it makes, or why it makes none.
//
//   D1. Nothing here has an effect, and nothing is read: the same case and command give the same decision.
//   D2. A command that comes again under its id, with what it said before, has no second effect and is answered as the first
//       time. The newest 32 of a case are known again; an older one is refused by its expected version, so it has no second
//       effect either.
//   D3. A command at another version than the case has is refused with the version it has: of two people at once one wins.
//   D4. An account has one open case at a time: an alert joins it, or opens another one linked to the closed case before.
//   D5. A case is closed with a disposition; a closed one takes `reopen` and its alerts' withdrawals, nothing else.
import {
  type CaseEvent,
  type CaseSnapshot,
  caseId,
  caseLinksMax,
  caseMachine,
  firstPreviousHash,
  formatEventTime,
  parseEventTime,
} from "@riffle/contracts";
import { fingerprintOf, sealed, type UnsealedEvent } from "./chain.ts";
import type { AlertCommand, PersonChange, PersonCommand } from "./command.ts";

/** Why a case does not do what it is asked, each with one sentence. */
export const caseRefusals = {
  "case-closed": "The case is closed. Reopen it first.",
  "case-open": "The case is open already.",
  "no-disposition": "A case is closed with a disposition. Set one first.",
  "another-case-open": "The account has another open case. Work that one, or close it first.",
  "no-change": "The case is so already.",
  "already-linked": "The case is linked to that one already.",
  "links-full": `The case has ${caseLinksMax} links, which is the most.`,
  "link-to-itself": "A case is not linked to itself.",
  "command-id-reused": "This commandId came before with another command. Give each command an id of its own.",
  "name-reserved": `"${caseMachine}" is the name of the service. A person needs another one.`,
} as const;

/** A stable code of {@link caseRefusals}. */
export type CaseRefusal = keyof typeof caseRefusals;

/** What comes of a command. */
export type Decision =
  | { readonly kind: "events"; readonly events: readonly CaseEvent[] }
  /** The command came before and made that version (D2). */
  | { readonly kind: "repeated"; readonly version: number }
  | { readonly kind: "conflict"; readonly currentVersion: number; readonly by: string }
  | { readonly kind: "refused"; readonly refusal: CaseRefusal };

const refused = (refusal: CaseRefusal): Decision => ({ kind: "refused", refusal });

/** Decides on a person's command. */
export function decide(state: CaseSnapshot, command: PersonCommand): Decision {
  const { change, by, commandId, expectedVersion, otherOpenCaseId } = command;
  if (by === caseMachine) return refused("name-reserved");
  const draft = drafted(state, by, change, command);
  const before = state.recentCommands.find(({ id }) => id === commandId);
  if (before !== undefined) {
    if (before.fingerprint !== fingerprintOf(draft)) return refused("command-id-reused");
    return { kind: "repeated", version: before.version };
  }
  if (expectedVersion !== state.version)
    return { kind: "conflict", currentVersion: state.version, by: state.lastBy };
  const refusal = refusalOf(state, change, otherOpenCaseId);
  return refusal === undefined ? { kind: "events", events: [sealed(draft)] } : refused(refusal);
}

/**
 * Decides on an event of an alert. No event comes of what the case knows already.
 *
 * @param state the open case of the account; for a withdrawal the case that the alert is in; undefined when there is none
 */
export function decideOnAlert(state: CaseSnapshot | undefined, alert: AlertCommand): readonly CaseEvent[] {
  const { alertId, rule, severity, status } = alert;
  if (status === "withdrawn") {
    if (state === undefined || !holds(state, alertId)) return [];
    return [sealed({ ...next(state, alert.atMs, caseMachine), type: "alert-withdrawn", alertId })];
  }
  if (state === undefined || state.status === "closed") return [opening(alert)];
  if (holds(state, alertId)) return [];
  return [sealed({ ...next(state, alert.atMs, caseMachine), type: "alert-joined", alertId, rule, severity })];
}

/** Whether the alert is in the case and not withdrawn. */
export const holds = (state: CaseSnapshot, alertId: string): boolean =>
  state.alertIds.includes(alertId) && !state.withdrawnAlertIds.includes(alertId);

function opening({ accountId, alertId, rule, severity, atMs, previousCaseId }: AlertCommand): CaseEvent {
  return sealed({
    caseId: caseId(accountId, alertId, previousCaseId),
    accountId,
    version: 1,
    at: formatEventTime(atMs),
    by: caseMachine,
    type: "opened",
    alertId,
    rule,
    severity,
    ...(previousCaseId === undefined ? {} : { previousCaseId }),
    previousHash: firstPreviousHash,
  });
}

/** What the next event of a case begins with; its time is not before the last one's. */
function next(state: CaseSnapshot, atMs: number, by: string) {
  return {
    caseId: state.id,
    accountId: state.accountId,
    version: state.version + 1,
    at: formatEventTime(Math.max(atMs, parseEventTime(state.updatedAt))),
    by,
    previousHash: state.lastHash,
  };
}

function drafted(
  state: CaseSnapshot,
  by: string,
  change: PersonChange,
  { atMs, commandId }: PersonCommand,
): UnsealedEvent {
  const head = { ...next(state, atMs, by), commandId };
  switch (change.command) {
    case "assign":
      return { ...head, type: "assigned", assignee: change.assignee };
    case "comment":
      return { ...head, type: "commented", text: change.text };
    case "link":
      return { ...head, type: "linked", linkedCaseId: change.caseId };
    case "set-disposition":
      return {
        ...head,
        type: "disposition-set",
        disposition: change.disposition,
        ...reasonOf(change.reason),
      };
    case "close":
      return { ...head, type: "closed", ...reasonOf(change.reason) };
    case "reopen":
      return { ...head, type: "reopened", ...reasonOf(change.reason) };
  }
}

const reasonOf = (reason: string | undefined): { readonly reason?: string } =>
  reason === undefined ? {} : { reason };

function refusalOf(
  state: CaseSnapshot,
  change: PersonChange,
  otherOpenCaseId: string | undefined,
): CaseRefusal | undefined {
  if (change.command === "reopen") {
    if (state.status === "open") return "case-open";
    return otherOpenCaseId === undefined ? undefined : "another-case-open";
  }
  if (state.status === "closed") return "case-closed";
  switch (change.command) {
    case "assign":
      return change.assignee === state.assignee ? "no-change" : undefined;
    case "comment":
      return undefined;
    case "link":
      return refusalOfLink(state, change.caseId);
    case "set-disposition":
      return change.disposition === state.disposition ? "no-change" : undefined;
    case "close":
      return state.disposition === null ? "no-disposition" : undefined;
  }
}

function refusalOfLink(state: CaseSnapshot, to: string): CaseRefusal | undefined {
  if (to === state.id) return "link-to-itself";
  if (state.linkedCaseIds.includes(to)) return "already-linked";
  return state.linkedCaseIds.length >= caseLinksMax ? "links-full" : undefined;
}
