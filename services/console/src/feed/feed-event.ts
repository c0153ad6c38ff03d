// What the feed is made of: a record of a topic, with its place in the journal.

/** What an event is about. */
export const eventKinds = [
  "alert",
  "aggregate",
  "transaction",
  "notification",
  "dead-letter",
  "case",
] as const;

/** One of {@link eventKinds}. */
export type EventKind = (typeof eventKinds)[number];

/** A row of the journal. */
export interface FeedEvent {
  /** Place in the journal: rises by one, but for a hole at each start of the process. */
  readonly seq: number;
  readonly kind: EventKind;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly account: string | null;
  readonly rule: string | null;
  readonly severity: string | null;
  /** JSON in one line. */
  readonly data: string;
}

/** The events in the order in which they were committed to the read model, as far back as they are kept. */
export interface EventLog {
  /** Place of the newest event; 0 when there never was one. */
  last(): number;
  /** Place before the oldest that is kept: a client that stands here misses nothing. */
  beforeFirst(): number;
  /** Place of the newest event that was removed since the process began: who stands before it has lost some. 0 for none. */
  removedUntil(): number;
  /** Whether an event of that place is kept. */
  has(seq: number): boolean;
  /** The next events after a place, in order. */
  after(seq: number, limit: number): readonly FeedEvent[];
  /** How many events there are after a place. */
  countAfter(seq: number): number;
}
