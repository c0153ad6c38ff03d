// The newest alerts as they come: what was read, and what the feed has added. Pure.
//
//   N1. An alert stands once, with its newest event. An alert has one partition, so the higher offset is the newer one.
//   N2. Newest first, at most `most`: what is older is on the page of alerts.

import type { Alert, AlertRow } from "../api/wire.ts";
import type { FeedEvent } from "../feed/feed-message.ts";

/** The alert that an event of the feed carries, or undefined when it is about something else. */
export function alertOf(event: FeedEvent, nowMs: number): AlertRow | undefined {
  if (event.kind !== "alert") return undefined;
  const { partition, offset } = event;
  return { ...(event.data as Alert), partition, offset, caseId: null, atMs: nowMs };
}

/** `known` with `more`, by alert. */
export function mergeAlerts(
  known: readonly AlertRow[],
  more: readonly AlertRow[],
  most: number,
): readonly AlertRow[] {
  const byId = new Map<string, AlertRow>();
  for (const alert of [...known, ...more]) {
    const other = byId.get(alert.id);
    if (other === undefined || Number(alert.offset) > Number(other.offset)) {
      byId.set(alert.id, { ...alert, caseId: alert.caseId ?? other?.caseId ?? null });
    } else if (other.caseId === null && alert.caseId !== null) {
      byId.set(alert.id, { ...other, caseId: alert.caseId });
    }
  }
  return [...byId.values()].sort((a, b) => momentOf(b) - momentOf(a)).slice(0, most);
}

/** When it was raised as far as is known, in epoch milliseconds. */
export function momentOf({ atMs, lastAt }: AlertRow): number {
  return atMs ?? Date.parse(lastAt);
}
