// What a client asks of the feed: which events, and from where.
//
//   Q1. An event passes when its topic was asked for and it has the account, rule and severity that were asked for; what
//       has no rule is not of that rule.
//   Q2. What cannot be understood is refused: a filter that is ignored would show too much.

import { alertSeverities } from "@riffle/contracts";
import { type Cursor, parseCursor } from "./cursor.ts";
import type { EventKind, FeedEvent } from "./feed-event.ts";

const kindsByName: ReadonlyMap<string, EventKind> = new Map<string, EventKind>([
  ["alerts", "alert"],
  ["aggregates", "aggregate"],
  ["transactions", "transaction"],
  ["notifications", "notification"],
  ["cases", "case"],
  ["deadletters", "dead-letter"],
  ["dead-letters", "dead-letter"],
]);
/** Without `topics=`: all but the two that carry everything. */
const kindsDefault: readonly EventKind[] = ["alert", "notification", "case", "dead-letter"];

/** Which events a client wants. */
export interface FeedFilter {
  readonly kinds: ReadonlySet<EventKind>;
  readonly account: string | undefined;
  readonly rule: string | undefined;
  readonly severity: string | undefined;
}

/** From where. Without a cursor: from now on. */
export type FeedStart = Cursor | "earliest" | "now";

/** What a client asks for. */
export interface FeedQuery {
  readonly filter: FeedFilter;
  readonly start: FeedStart;
  /** Whether the figures of each second come along. */
  readonly figures: boolean;
}

/** What is wrong with a query. */
export interface QueryFault {
  readonly code: "invalid-cursor" | "invalid-feed-query";
  readonly detail: string;
}

const parameters = ["topics", "account", "rule", "severity", "cursor", "figures"];
const textShape = /^[A-Za-z0-9._:-]{1,64}$/;

/** Reads a query string's values. @param lastEventId what a browser's EventSource sends when it comes back; it counts before `cursor=` */
export function readFeedQuery(query: unknown, lastEventId?: unknown): FeedQuery | QueryFault {
  const given = typeof query === "object" && query !== null ? Object.entries(query) : [];
  for (const [name, value] of given) {
    if (!parameters.includes(name))
      return fault(`has no parameter ${name}; it takes ${parameters.join(", ")}`);
    if (typeof value !== "string") return fault(`takes ${name} once`);
  }
  const values = new Map<string, string>(given);
  const kinds = kindsOf(values.get("topics"));
  if (kinds === undefined) return fault(`takes topics of ${[...kindsByName.keys()].join(", ")}`);
  for (const name of ["account", "rule"]) {
    if (!textShape.test(values.get(name) ?? "a"))
      return fault(`takes as ${name} 1 to 64 of A-Z a-z 0-9 . _ : -`);
  }
  const severity = values.get("severity");
  if (severity !== undefined && !alertSeverities.some((known) => known === severity)) {
    return fault(`takes as severity one of ${alertSeverities.join(", ")}`);
  }
  if (!["0", "1"].includes(values.get("figures") ?? "1")) return fault("takes as figures 0 or 1");
  const at = typeof lastEventId === "string" && lastEventId !== "" ? lastEventId : values.get("cursor");
  const start = at === undefined ? "now" : parseCursor(at);
  if (start === undefined) {
    return { code: "invalid-cursor", detail: "A cursor is one that the feed gave, or `earliest`." };
  }
  const filter = { kinds, account: values.get("account"), rule: values.get("rule"), severity };
  return { filter, start, figures: values.get("figures") !== "0" };
}

/** Whether an event is one that was asked for (Q1). */
export function passes({ kinds, account, rule, severity }: FeedFilter, event: FeedEvent): boolean {
  return (
    kinds.has(event.kind) &&
    (account === undefined || account === event.account) &&
    (rule === undefined || rule === event.rule) &&
    (severity === undefined || severity === event.severity)
  );
}

function kindsOf(names: string | undefined): ReadonlySet<EventKind> | undefined {
  if (names === undefined) return new Set(kindsDefault);
  const kinds = names.split(",").map((name) => kindsByName.get(name));
  return kinds.every((kind) => kind !== undefined) ? new Set(kinds) : undefined;
}

const fault = (what: string): QueryFault => ({ code: "invalid-feed-query", detail: `The feed ${what}.` });
