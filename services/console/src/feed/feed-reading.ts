// What is put on record of a feed that shows account ids in full: when it begins, each minute in which it showed some, as
// soon as these were of a thousand accounts, and at its end.
//
//   G1. No feed begins that cannot be put on record.
//   G2. A row has all accounts shown since the row before, and how many events there were, with their places in the journal.

import type { Reader } from "../access/reader.ts";
import type { ReadsAudit } from "../access/reads-audit.ts";
import type { EncodedEvent } from "./encoded-event.ts";

const idsMax = 1_000;
const rowEveryMs = 60_000;

/** The record of one client's reading. */
export class FeedReading {
  readonly #audit: ReadsAudit;
  readonly #reader: Reader;
  readonly #route: string;
  readonly #nowMs: () => number;
  readonly #accountIds = new Set<string>();
  #events = 0;
  #fromSeq = 0;
  #toSeq = 0;
  #rowAtMs: number;

  /** @param path what was asked for @throws Error when it cannot be put on record (G1) */
  constructor(audit: ReadsAudit, reader: Reader, route: string, path: string, nowMs: () => number) {
    this.#audit = audit;
    this.#reader = reader;
    this.#route = route;
    this.#nowMs = nowMs;
    this.#rowAtMs = nowMs() + rowEveryMs;
    audit.record({ reader, route, path: `begins: ${path}`, accountIds: new Set() });
  }

  /** An event is shown. */
  readonly show = (encoded: EncodedEvent): void => {
    this.#events++;
    this.#toSeq = encoded.event.seq;
    if (this.#events === 1) this.#fromSeq = this.#toSeq;
    for (const id of encoded.accountIds) this.#accountIds.add(id);
    if (this.#accountIds.size >= idsMax) this.flush();
    else this.flushIfDue();
  };

  /** Puts on record what was shown, once the minute is over; so it is written though nothing more is shown. */
  flushIfDue(): void {
    if (this.#nowMs() >= this.#rowAtMs) this.flush();
  }

  /** Puts on record what was shown since the last row; nothing, when there was nothing. */
  flush(): void {
    this.#rowAtMs = this.#nowMs() + rowEveryMs;
    if (this.#events === 0) return;
    this.#audit.record({
      reader: this.#reader,
      route: this.#route,
      path: `shown: ${this.#events} events, places ${this.#fromSeq} to ${this.#toSeq}`,
      accountIds: this.#accountIds,
    });
    this.#accountIds.clear();
    this.#events = 0;
  }
}
