// Matches as they are given out: from a chain of events to steps, identity and times.

import type { PatternEvent, PatternMatch, StepEvents, TimedOutMatch } from "./event.ts";
import type { Program } from "./program.ts";

/** An event and the step that took it. */
export interface Taken<E> {
  readonly step: number;
  readonly event: PatternEvent<E>;
}

/** The match of these events, in order. */
export const matchOf = <E, S extends string>(
  program: Program<E, S>,
  taken: readonly Taken<E>[],
  completedMs: number,
): PatternMatch<E, S> => ({ ...describe(program, taken), completedMs });

/** The match in the making of these events, at its end. */
export const timedOutOf = <E, S extends string>(
  program: Program<E, S>,
  taken: readonly Taken<E>[],
  deadlineMs: number,
): TimedOutMatch<E, S> => ({ ...describe(program, taken), deadlineMs });

const describe = <E, S extends string>(program: Program<E, S>, taken: readonly Taken<E>[]) => {
  const events = Object.fromEntries(
    program.stepNames.map((name) => [name, [] as PatternEvent<E>[]]),
  ) as Record<S, PatternEvent<E>[]>;
  let id = "";
  let step = -1;
  for (const { step: at, event } of taken) {
    const name = program.stepNames[at];
    if (name !== undefined) events[name].push(event);
    id += at === step ? `,${event.offset}` : `${id === "" ? "" : "|"}${at}:${event.offset}`;
    step = at;
  }
  return {
    id,
    events: events as StepEvents<E, S>,
    firstMs: taken[0]?.event.eventTimeMs ?? 0,
    lastMs: taken.at(-1)?.event.eventTimeMs ?? 0,
  };
};
