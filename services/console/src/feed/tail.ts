// The newest events of the journal, in memory: what clients that keep up are served from, encoded once for all of them.
//
//   T1. It has every event of the log with a place in (`after`, `end`], and no other: where the log lost some before they
//       were read, it forgets what it has and begins behind them.
//   T2. It is bounded by number and bytes; the oldest go first. Who stands further back reads the log itself.

import { EncodedEvent } from "./encoded-event.ts";
import type { EventLog } from "./feed-event.ts";

/** How much is kept, and read at once. */
export interface TailBounds {
  readonly eventsMax: number;
  readonly charsMax: number;
  readonly readAtOnce: number;
}

/** The end of the log. */
export class Tail {
  readonly #log: EventLog;
  readonly #epoch: string;
  readonly #bounds: TailBounds;
  #events: EncodedEvent[] = [];
  #chars = 0;
  #after = 0;
  #end = 0;

  constructor(log: EventLog, epoch: string, bounds: TailBounds) {
    this.#log = log;
    this.#epoch = epoch;
    this.#bounds = bounds;
    this.restart();
  }

  /** Place of the newest event it knows. */
  get end(): number {
    return this.#end;
  }

  /** Forgets all, and begins at the end of the log. */
  restart(): void {
    this.#beginAt(this.#log.last());
  }

  /** Reads what was written to the log since. @returns whether there may be more */
  follow(): boolean {
    const { readAtOnce } = this.#bounds;
    if (this.#end < this.#log.removedUntil()) this.#beginAt(this.#log.beforeFirst());
    const events = this.#log.after(this.#end, readAtOnce);
    for (const event of events) {
      this.#events.push(new EncodedEvent(event, this.#epoch));
      this.#chars += event.data.length;
      this.#end = event.seq;
    }
    this.#trim();
    return events.length === readAtOnce;
  }

  /** Events after a place that are here; undefined when some of them are not. The index of the first, for {@link at}. */
  indexAfter(seq: number): number | undefined {
    if (seq < this.#after) return undefined;
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle]?.event.seq ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  at(index: number): EncodedEvent | undefined {
    return this.#events[index];
  }

  #beginAt(place: number): void {
    this.#events = [];
    this.#chars = 0;
    this.#end = place;
    this.#after = place;
  }

  #trim(): void {
    let gone = 0;
    let chars = this.#chars;
    const { eventsMax, charsMax } = this.#bounds;
    while (this.#events.length - gone > eventsMax || chars > charsMax) {
      const event = this.#events[gone]?.event;
      if (event === undefined) break;
      chars -= event.data.length;
      this.#after = event.seq;
      gone++;
    }
    if (gone === 0) return;
    this.#events.splice(0, gone);
    this.#chars = chars;
  }
}
