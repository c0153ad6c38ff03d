// When a match in the making is over.
//
//   L1. Deadlines are inclusive: at the deadline itself an event still counts, one millisecond later it does not.
//   L2. The whole match ends `within` after its first event; a way on ends its gap after the last event. A match in the
//       making is over when all its ways on are.

import type { PartialMatch } from "./partial-match.ts";
import { absenceBit, type Program, type ProgramState, stateAt } from "./program.ts";
import { neverMs } from "./state.ts";

type Timed = Pick<Program<never, string>, "withinMs" | "hasGaps" | "states">;

/** The last event time at which the match in the making can take an event, or its absence be broken. */
export const endMs = (program: Timed, place: ProgramState, partial: PartialMatch): number => {
  const wholeMs = partial.firstMs + program.withinMs;
  if (!program.hasGaps) return wholeMs;
  let gapMs = (partial.open & absenceBit) !== 0 ? (place.absence?.gapMs ?? 0) : 0;
  for (const [i, transition] of place.transitions.entries())
    if ((partial.open & (1 << i)) !== 0) gapMs = Math.max(gapMs, transition.gapMs);
  return Math.min(wholeMs, partial.lastMs + gapMs);
};

/** The last event time at which the pending absence can be broken; {@link neverMs} when none is pending. */
export const absenceDueMs = (
  program: Timed,
  { absence }: ProgramState,
  { open, firstMs, lastMs }: PartialMatch,
): number =>
  absence === undefined || (open & absenceBit) === 0
    ? neverMs
    : Math.min(firstMs + program.withinMs, lastMs + absence.gapMs);

/** The earliest time at which something of this is over; {@link neverMs} when time ends nothing. */
export const earliestDueMs = (program: Timed, partials: readonly PartialMatch[]): number => {
  // Without gaps a match in the making ends by its first event, and they are in order of those.
  const first = partials[0];
  if (!program.hasGaps)
    return first === undefined ? neverMs : Math.min(neverMs, first.firstMs + program.withinMs);
  let dueMs = neverMs;
  for (const partial of partials) {
    const place = stateAt(program, partial.step);
    dueMs = Math.min(dueMs, endMs(program, place, partial), absenceDueMs(program, place, partial));
  }
  return dueMs;
};
