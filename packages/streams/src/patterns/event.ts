// Events as patterns see them, and matches as they leave.

/** One event of a key. Events of a key are ordered by event time, ties by offset. */
export interface PatternEvent<E> {
  /** Event time, epoch milliseconds. */
  readonly eventTimeMs: number;
  /** Offset in the partition: unique within a task, and the tie-break of the order. */
  readonly offset: number;
  readonly value: E;
}

/** The events of a match by step. A step that was left out (optional) has an empty list. */
export type StepEvents<E, S extends string> = { readonly [Name in S]: readonly PatternEvent<E>[] };

/** A pattern that completed. */
export interface PatternMatch<E, S extends string> {
  /**
   * The identity of the match: its steps and the offsets of their events, `0:4,5|1:9`. The same events matched the
   * same way have the same identity, in every run.
   */
  readonly id: string;
  readonly events: StepEvents<E, S>;
  /** Event time of its first event. */
  readonly firstMs: number;
  /** Event time of its last event. */
  readonly lastMs: number;
  /** Event time at which it was complete: `lastMs`, or later for a pattern that ends with an absence. */
  readonly completedMs: number;
}

/** A match that was begun and can no longer be completed, because its time is over. */
export interface TimedOutMatch<E, S extends string> {
  readonly id: string;
  readonly events: StepEvents<E, S>;
  readonly firstMs: number;
  readonly lastMs: number;
  /** The last event time at which it could have gone on. */
  readonly deadlineMs: number;
}

/** Where an event stands in a key's history. */
export type EventPlace = Pick<PatternEvent<unknown>, "eventTimeMs" | "offset">;

/** Whether `a` comes before `b` in a key's history. */
export const isBefore = (a: EventPlace, b: EventPlace): boolean =>
  a.eventTimeMs < b.eventTimeMs || (a.eventTimeMs === b.eventTimeMs && a.offset < b.offset);
