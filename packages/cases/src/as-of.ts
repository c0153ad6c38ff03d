// A case as it was: at a version, or at an instant.
//
//   A1. Times never go back within a case (V3 of the case event), so what was at an instant is a beginning of its events.
import { type CaseEvent, parseEventTime } from "@riffle/contracts";

/** Up to where a case is looked at. */
export type AsOf = { readonly version: number } | { readonly atMs: number };

/** Those of a case's events, in order, that had happened: all up to the version, or up to the instant, itself included. */
export function eventsAsOf(events: readonly CaseEvent[], asOf: AsOf): readonly CaseEvent[] {
  const isLater = (event: CaseEvent): boolean =>
    "version" in asOf ? event.version > asOf.version : parseEventTime(event.at) > asOf.atMs;
  const end = events.findIndex(isLater);
  return end === -1 ? events : events.slice(0, end);
}
