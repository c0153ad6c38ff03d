// The feed's state machine: what is live, where to resume, what is passed on. Pure.
//
//   F1. An event is passed on once: one at or before the cursor, of the same epoch, was already there.
//   F2. The cursor moves with what was passed on and with the server's marks, never back within an epoch. Resuming from
//       it leaves nothing out.
//   F3. A reset is the one place where events may be missing. It is counted, and pages read anew what they show.
//   F4. Waiting grows from half a second to 15 s, halved at most by chance, and starts again once the feed is live.

import type { FeedEvent, FeedMessage } from "./feed-message.ts";

/** How the feed is doing, for the person who looks at it. */
export type FeedPhase = "connecting" | "catching-up" | "live" | "slow" | "disconnected";

/** All that is known between two messages. */
export interface FeedState {
  readonly phase: FeedPhase;
  /** `<epoch>.<seq>` to resume from; null before the server has named one. */
  readonly cursor: string | null;
  /** Connections lost since the feed was last live. */
  readonly attempt: number;
  /** How long to wait before the next connection, while disconnected. */
  readonly retryInMs: number;
  /** How often what is shown has become unreliable as a whole (F3). */
  readonly resets: number;
  /** Events that the server left out for this client because it read too slowly; they come with the replay. */
  readonly skipped: number;
}

/** What happens to a feed. `chance` is from [0, 1). */
export type FeedInput =
  | { readonly kind: "opened" }
  | { readonly kind: "message"; readonly message: FeedMessage }
  | { readonly kind: "closed"; readonly chance: number };

/** The next state, and the event to pass on if there is one. */
export interface FeedStep {
  readonly state: FeedState;
  readonly event?: FeedEvent;
}

const retryMinMs = 500;
const retryMaxMs = 15_000;

/** Before the first connection. */
export const initialFeed: FeedState = {
  phase: "connecting",
  cursor: null,
  attempt: 0,
  retryInMs: 0,
  resets: 0,
  skipped: 0,
};

/** What an input makes of a state. */
export function stepFeed(state: FeedState, input: FeedInput): FeedStep {
  switch (input.kind) {
    case "opened":
      return { state: { ...state, phase: state.phase === "slow" ? "slow" : "catching-up", retryInMs: 0 } };
    case "closed":
      return { state: afterClose(state, input.chance) };
    case "message":
      return afterMessage(state, input.message);
  }
}

function afterMessage(state: FeedState, message: FeedMessage): FeedStep {
  switch (message.type) {
    case "event":
      return isNew(state.cursor, message.cursor)
        ? { state: { ...state, cursor: message.cursor }, event: message }
        : { state };
    case "caught-up":
      return {
        state: {
          ...state,
          phase: "live",
          attempt: 0,
          skipped: 0,
          cursor: isNew(state.cursor, message.cursor) ? message.cursor : state.cursor,
        },
      };
    case "reset":
      return { state: { ...state, cursor: message.cursor, resets: state.resets + 1 } };
    case "slow":
      return { state: { ...state, phase: "slow", skipped: message.skipped } };
    case "figures":
      return { state };
  }
}

function afterClose(state: FeedState, chance: number): FeedState {
  const grown = Math.min(retryMaxMs, retryMinMs * 2 ** state.attempt);
  return {
    ...state,
    phase: state.phase === "slow" ? "slow" : "disconnected",
    attempt: state.attempt + 1,
    retryInMs: Math.round(grown * (1 - chance / 2)),
  };
}

/** Whether a cursor lies behind the one held. Another epoch is another file of the read model: always new. */
function isNew(held: string | null, offered: string): boolean {
  if (held === null) return true;
  const [heldEpoch, heldSeq] = partsOf(held);
  const [epoch, seq] = partsOf(offered);
  return epoch !== heldEpoch || seq > heldSeq;
}

function partsOf(cursor: string): readonly [epoch: string, seq: number] {
  const dot = cursor.lastIndexOf(".");
  return [cursor.slice(0, dot), Number(cursor.slice(dot + 1))];
}
