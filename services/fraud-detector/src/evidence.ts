// Evidence: which step of a match took each event, and what reasons say of it.

import { parseEventTime } from "@riffle/contracts";
import type { PatternMatch } from "@riffle/streams";
import type { Finding } from "./alert-of.ts";

/** An event of a match, and the name of the step that took it. */
export interface TakenBy<E, S extends string> {
  readonly step: S;
  readonly value: E;
}

/**
 * The events of a match in order: those of a step come before those of the next.
 *
 * @param stepNames of the pattern's program, in order
 */
export const takenOf = <E, S extends string>(
  { events }: PatternMatch<E, S>,
  stepNames: readonly S[],
): readonly TakenBy<E, S>[] =>
  stepNames.flatMap((step) => events[step].map(({ value }) => ({ step, value })));

/** From the first cause to the last, milliseconds. */
export const tookMs = (evidence: Finding["evidence"]): number => {
  const last = evidence.at(-1) ?? evidence[0];
  return parseEventTime(last.occurredAt) - parseEventTime(evidence[0].occurredAt);
};
