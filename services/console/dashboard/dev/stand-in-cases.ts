// How the stand-in's cases fold: as much of it as a page needs to show something.

import type { Case, CaseEvent, Disposition } from "../src/api/wire.ts";

const text = (value: unknown, otherwise = ""): string => (typeof value === "string" ? value : otherwise);

/** 64 hex digits that look like a hash and are none. */
export function hashLike(number: number): string {
  return Array.from({ length: 8 }, (_, i) =>
    (((number + 1) * 2_654_435_761 * (i + 3)) >>> 0).toString(16).padStart(8, "0"),
  ).join("");
}

/** The case after these events. */
export function caseAfter(events: readonly CaseEvent[]): Case {
  const [opened] = events;
  const last = events.at(-1);
  const newest = <T>(type: string, field: string, otherwise: T): T => {
    const found = events.findLast((event) => event.type === type);
    return found === undefined ? otherwise : (found[field] as T);
  };
  const state = events.findLast(({ type }) => ["opened", "closed", "reopened"].includes(type))?.type;
  const alertIds = events.map((event) => text(event["alertId"])).filter((id) => id !== "");
  return {
    id: text(opened?.["caseId"]),
    accountId: text(opened?.["accountId"]),
    status: state === "closed" ? "closed" : "open",
    version: events.length,
    openedAt: opened?.at ?? "",
    updatedAt: last?.at ?? "",
    assignee: newest<string | null>("assigned", "assignee", null),
    disposition: newest<Disposition | null>("disposition-set", "disposition", null),
    severity: text(opened?.["severity"], "medium") as Case["severity"],
    alerts: alertIds.length,
    alertIds,
    withdrawnAlertIds: [],
    previousCaseId: null,
    linkedCaseIds: events.map((event) => text(event["linkedCaseId"])).filter((id) => id !== ""),
    comments: events.filter(({ type }) => type === "commented").length,
    lastBy: last?.by ?? "",
    lastHash: last?.hash ?? "",
  };
}

/** An event before it has its place in its case. */
export interface CaseChange {
  readonly type: string;
  readonly at: string;
  readonly [field: string]: unknown;
}

const typeOf: Readonly<Record<string, string>> = {
  assign: "assigned",
  comment: "commented",
  link: "linked",
  "set-disposition": "disposition-set",
  close: "closed",
  reopen: "reopened",
};

/** The event that a command asks for. */
export function eventOf(
  { command, expectedVersion: _, commandId: __, caseId, ...data }: Readonly<Record<string, unknown>>,
  by: string,
  at: string,
): CaseChange {
  const linked = caseId === undefined ? {} : { linkedCaseId: caseId };
  return { type: typeOf[text(command)] ?? "commented", by, at, ...linked, ...data };
}
