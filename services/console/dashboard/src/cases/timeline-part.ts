// Which of a case's events its timeline shows. Pure.
//
// An answer has the newest events of a long case. Whoever looks at a version before them has the answer about that version, with
// the events up to it.

import type { CaseDetail, CaseEvent } from "../api/wire.ts";
import { plural } from "../format/text.ts";

/** The events around a version. @param past the case as it was at that version; undefined while it is not there */
export function eventsAround(
  { events }: CaseDetail,
  past: CaseDetail | undefined,
  version: number,
): readonly CaseEvent[] {
  return version < (events[0]?.version ?? 1) ? (past?.events ?? events) : events;
}

/** How many events there are, and which of them are shown where these are not all. */
export function partText(shown: readonly CaseEvent[], newest: number): string {
  const all = plural(newest, "event");
  const first = shown[0]?.version ?? 1;
  const last = shown.at(-1)?.version ?? newest;
  return first <= 1 && last >= newest ? all : `${first} to ${last} of ${all}`;
}
