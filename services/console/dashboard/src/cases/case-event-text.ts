// What an event of a case says, in one line. Pure.
//
// An event of a type that this page does not know is named as it is: a newer console may write more.

import type { CaseEvent } from "../api/wire.ts";

/** The line, and the id or the text that belongs to it. */
export interface EventText {
  readonly line: string;
  readonly alertId?: string;
  readonly caseId?: string;
  /** What a person wrote. */
  readonly words?: string;
}

const textOf = (event: CaseEvent, field: string): string | undefined => {
  const value = event[field];
  return typeof value === "string" && value !== "" ? value : undefined;
};

/** What happened. */
export function describeCaseEvent(event: CaseEvent): EventText {
  const alertId = textOf(event, "alertId");
  const ofAlert = alertId === undefined ? {} : { alertId };
  const reason = textOf(event, "reason");
  const because = reason === undefined ? {} : { words: reason };
  switch (event.type) {
    case "opened":
      return { line: `opened by ${textOf(event, "rule") ?? "an alert"}`, ...ofAlert };
    case "alert-joined":
      return { line: `joined by ${textOf(event, "rule") ?? "an alert"}`, ...ofAlert };
    case "alert-withdrawn":
      return { line: "an alert was withdrawn", ...ofAlert };
    case "assigned":
      return { line: assignedLine(textOf(event, "assignee")) };
    case "commented":
      return { line: "commented", words: textOf(event, "text") ?? "" };
    case "linked":
      return { line: "linked to", caseId: textOf(event, "linkedCaseId") ?? "" };
    case "disposition-set":
      return { line: `judged ${textOf(event, "disposition") ?? "anew"}`, ...because };
    case "closed":
    case "reopened":
      return { line: event.type, ...because };
    default:
      return { line: event.type };
  }
}

const assignedLine = (assignee: string | undefined): string =>
  assignee === undefined ? "assigned to nobody" : `assigned to ${assignee}`;
