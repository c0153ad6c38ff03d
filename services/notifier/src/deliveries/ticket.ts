// A ticket: a delivery's place in the queue of its endpoint, and whom to tell how the attempt ended.

import type { AttemptResult, Message } from "../channels/channel.ts";

/** How a turn ended. */
export type TurnResult =
  | { readonly kind: "attempted"; readonly result: AttemptResult }
  /** The endpoint has been out of reach since then, for as long as this delivery may wait; nothing was tried. */
  | { readonly kind: "unreachable"; readonly sinceMs: number };

/** Whose delivery it is: one task. */
export interface TicketOwner {
  /** Aborted when the task is gone; its tickets are worth nothing then. */
  readonly signal: AbortSignal;
  /** What to send, asked when the attempt is about to begin; undefined when it is not to be sent now. */
  messageOf(ticket: Ticket): Message | undefined;
  /**
   * Whether it has been kept waiting for as long as it may be by an endpoint that is out of reach. Time in which it was
   * not owed, or held back by an operator, does not count.
   *
   * @param sinceMs since when the endpoint has been out of reach; wall clock, epoch milliseconds
   */
  isTired(ticket: Ticket, sinceMs: number): boolean;
  /** How the turn ended. The ticket keeps its place until it is released. */
  ended(ticket: Ticket, result: TurnResult): void;
  /** What cannot happen has happened while its ticket was worked on. */
  broke(error: unknown): void;
}

/** A delivery's place in a queue. */
export interface Ticket {
  readonly owner: TicketOwner;
  readonly notificationId: string;
  readonly channel: string;
  readonly accountId: string;
  readonly sequence: number;
  /** Wall clock from which it may begin, epoch milliseconds. */
  readonly dueMs: number;
}
