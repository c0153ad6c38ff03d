// What the live feed says, and how a message of it is read.
//
// A message that cannot be read is no message: a newer console may say more than this page knows.

import type { Overview } from "../api/wire.ts";

/** What an event of the feed is about. */
export type EventKind = "alert" | "aggregate" | "transaction" | "notification" | "dead-letter" | "case";

/** A record of a topic as the feed passes it on. */
export interface FeedEvent {
  readonly type: "event";
  /** `<epoch>.<seq>`: what to resume from. */
  readonly cursor: string;
  readonly kind: EventKind;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly data: unknown;
}

/** The replay has reached the present. */
export interface CaughtUp {
  readonly type: "caught-up";
  readonly cursor: string;
}

/** The overview, each second. */
export interface Figures extends Overview {
  readonly type: "figures";
}

/** What is kept does not reach back to the cursor: what was between is to be read anew. */
export interface Reset {
  readonly type: "reset";
  readonly reason: string;
  readonly cursor: string;
}

/** This client reads too slowly; the server closes after this. */
export interface Slow {
  readonly type: "slow";
  readonly skipped: number;
  readonly cursor: string;
}

/** Everything that the feed says. */
export type FeedMessage = FeedEvent | CaughtUp | Figures | Reset | Slow;

const types: readonly string[] = ["event", "caught-up", "figures", "reset", "slow"];

/** The message in a frame, or undefined when this page does not know it. */
export function readMessage(frame: string): FeedMessage | undefined {
  try {
    const parsed: unknown = JSON.parse(frame);
    if (typeof parsed !== "object" || parsed === null || !("type" in parsed)) return undefined;
    const { type } = parsed;
    return typeof type === "string" && types.includes(type) ? (parsed as FeedMessage) : undefined;
  } catch {
    return undefined;
  }
}
