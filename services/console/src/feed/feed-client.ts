// One client of the feed: where it stands in the journal, and what its connection still holds.
//
//   C1. Its place is the only record of what it was given: an event is sent when the place moves over it, so none is sent
//       twice and none is left out, whether it comes from the log, from memory, or from the log again.
//   C2. Nothing waits for it but what its connection holds, at most `bufferedBytesMax` and one message more.
//   C3. `caught-up` is said once, when its place is first the end of the journal.
//   C4. Events that the journal removed before it was given them are lost to it, and it is told so (`reset`) before anything
//       that comes after them.

import type { AccountMask } from "@riffle/service-kit/process";
import { cursorText } from "./cursor.ts";
import { EncodedEvent, encodeMessage } from "./encoded-event.ts";
import type { EventLog } from "./feed-event.ts";
import { type FeedFilter, passes } from "./feed-query.ts";
import type { FeedSink } from "./feed-sink.ts";
import type { Tail } from "./tail.ts";

/** A connection may hold so much before it is left alone until it has drained. */
export const bufferedBytesMax = 256 << 10;
/** What stands behind a client. */
export interface FeedSource {
  readonly log: EventLog;
  readonly tail: Tail;
  readonly epoch: string;
  /** Events looked at before the others have their turn. */
  readonly eventsATurn: number;
}

/** Who a client is, and what it wants. */
export interface ClientOptions {
  readonly sink: FeedSink;
  readonly filter: FeedFilter;
  /** Masks account ids; undefined shows them. */
  readonly mask: AccountMask | undefined;
  /** Whether it is given figures. */
  readonly figures: boolean;
  /** Told of each event that is sent with account ids in full. */
  readonly onShown?: ((event: EncodedEvent) => void) | undefined;
}

/** Why events may be missing: the journal does not reach back to the place, or it has no such place. */
export type ResetReason = "cursor-expired" | "epoch-changed";

/** How a turn ended: at the end of the journal, with more to come, or with a connection that is full. */
export type TurnEnd = "at-end" | "more" | "blocked";

/** A client that is connected. */
export class FeedClient {
  readonly sink: FeedSink;
  readonly wantsFigures: boolean;
  /** Since when its full connection has taken nothing; undefined while it is not full. */
  blockedSinceMs: number | undefined;
  /** What it held then. */
  blockedBytes = 0;
  isClosed = false;
  readonly #options: ClientOptions;
  readonly #source: FeedSource;
  #place: number;
  #hasCaughtUp = false;

  constructor(options: ClientOptions, source: FeedSource, place: number) {
    this.sink = options.sink;
    this.wantsFigures = options.figures;
    this.#options = options;
    this.#source = source;
    this.#place = place;
  }

  /** Place of the last event that it was given, or that it did not want. */
  get place(): number {
    return this.#place;
  }

  /** Whether it was at the end of the journal once. */
  get hasCaughtUp(): boolean {
    return this.#hasCaughtUp;
  }

  get cursor(): string {
    return cursorText(this.#source.epoch, this.#place);
  }

  /** Says something that is no event. */
  say(message: Readonly<Record<string, unknown>>): void {
    const { cursor } = this;
    this.sink.send(encodeMessage(this.sink.wire, JSON.stringify({ ...message, cursor }), cursor));
  }

  /** Goes on from another place, and says that what lies between may be missing. */
  beginAnew(place: number, reason: ResetReason): void {
    this.#place = place;
    this.say({ type: "reset", reason });
  }

  /** Sends what comes next, as far as the connection takes it and the others can wait. */
  takeTurn(): TurnEnd {
    const { sink } = this;
    if (sink.bufferedBytes > bufferedBytesMax) return "blocked";
    sink.hold();
    try {
      const { tail } = this.#source;
      const index = tail.indexAfter(this.#place);
      const isFull = index === undefined ? this.#replay() : this.#follow(index);
      if (isFull) return "blocked";
      if (this.#place < tail.end) return "more";
      if (!this.#hasCaughtUp) {
        this.#hasCaughtUp = true;
        this.say({ type: "caught-up" });
      }
      return "at-end";
    } finally {
      sink.release();
    }
  }

  /** From memory. @returns whether the connection is full */
  #follow(first: number): boolean {
    const { tail, eventsATurn } = this.#source;
    for (let index = first; index < first + eventsATurn; index++) {
      const encoded = tail.at(index);
      if (encoded === undefined) return false;
      if (this.#pass(encoded)) return true;
    }
    return false;
  }

  /** From the log. @returns whether the connection is full */
  #replay(): boolean {
    const { log, tail, epoch, eventsATurn } = this.#source;
    if (this.#place < log.removedUntil()) this.beginAnew(log.beforeFirst(), "cursor-expired");
    const events = log.after(this.#place, eventsATurn);
    // Nothing comes after its place: that is the end, wherever the end is said to be.
    if (events.length === 0) this.#place = Math.max(this.#place, tail.end);
    for (const event of events) {
      if (this.#pass(new EncodedEvent(event, epoch))) return true;
    }
    return false;
  }

  /** Moves over an event, and sends it if it was asked for (C1). @returns whether the connection is full */
  #pass(encoded: EncodedEvent): boolean {
    const { sink, filter, mask, onShown } = this.#options;
    this.#place = encoded.event.seq;
    if (!passes(filter, encoded.event)) return false;
    sink.send(encoded.bytes(sink.wire, mask));
    onShown?.(encoded);
    return sink.bufferedBytes > bufferedBytesMax;
  }
}
