// The lane of one account to one endpoint: whose turn it is.
//
//   L1. Of the deliveries that are due, the one with the lowest sequence comes first.
//   L2. One at a time: the next begins when the outcome of the one before is committed, or it waits for a retry.

import type { Ticket } from "./ticket.ts";

/** Due deliveries of one account to one endpoint. */
export class Lane {
  readonly #due: Ticket[] = [];
  /** The delivery that is under way. */
  busy: Ticket | undefined;

  /** Whether one could begin. */
  get ready(): boolean {
    return this.busy === undefined && this.#due.length > 0;
  }

  get empty(): boolean {
    return this.busy === undefined && this.#due.length === 0;
  }

  add(ticket: Ticket): void {
    let at = this.#due.length;
    while (at > 0 && (this.#due[at - 1]?.sequence ?? 0) > ticket.sequence) at--;
    this.#due.splice(at, 0, ticket);
  }

  /** Takes the one whose turn it is (L1). */
  take(): Ticket | undefined {
    return this.#due.shift();
  }

  /** Takes out those that match. */
  remove(matches: (ticket: Ticket) => boolean): Ticket[] {
    const removed = this.#due.filter(matches);
    if (removed.length > 0) this.#due.splice(0, this.#due.length, ...this.#due.filter((t) => !matches(t)));
    return removed;
  }
}
