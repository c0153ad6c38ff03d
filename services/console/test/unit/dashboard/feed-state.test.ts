// A bug here would look like: after a lost connection an alert is on the screen twice, or never; or the page says "live"
// while it shows what was true a minute ago.

import { array, assert, constant, constantFrom, integer, oneof, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import type { FeedEvent, FeedMessage } from "../../../dashboard/src/feed/feed-message.ts";
import { type FeedState, initialFeed, stepFeed } from "../../../dashboard/src/feed/feed-state.ts";

const event = (epoch: string, seq: number): FeedEvent => ({
  type: "event",
  cursor: `${epoch}.${seq}`,
  kind: "alert",
  topic: "alerts.v1",
  partition: 0,
  offset: seq,
  data: {},
});
const said = (state: FeedState, message: FeedMessage) => stepFeed(state, { kind: "message", message });

/** What a server does between two looks of the client, and what the network does to it. */
type Turn =
  | { readonly kind: "append"; readonly count: number }
  | { readonly kind: "deliver"; readonly count: number }
  | { readonly kind: "lose" };

const turns = array(
  oneof(
    record({ kind: constant("append" as const), count: integer({ min: 1, max: 5 }) }),
    record({ kind: constant("deliver" as const), count: integer({ min: 1, max: 5 }) }),
    record({ kind: constantFrom("lose" as const) }),
  ),
  { maxLength: 60 },
);

describe("the feed's state", () => {
  it("passes each event on once and in order, however often the connection is lost", () => {
    assert(
      property(turns, integer({ min: 0, max: 3 }), (played: readonly Turn[], overlap) => {
        let journal = 0;
        let next = 1;
        let state = stepFeed(initialFeed, { kind: "opened" }).state;
        state = said(state, { type: "caught-up", cursor: "e.0" }).state;
        const passedOn: number[] = [];
        const deliver = (upTo: number): void => {
          for (; next <= upTo; next++) {
            const step = said(state, event("e", next));
            state = step.state;
            if (step.event !== undefined) passedOn.push(Number(step.event.offset));
          }
        };
        const resume = (): void => {
          state = stepFeed(state, { kind: "closed", chance: 0 }).state;
          state = stepFeed(state, { kind: "opened" }).state;
          // A server may replay a little of what the client has already: it is told once all the same.
          next = Math.max(1, Number(state.cursor?.split(".")[1] ?? 0) + 1 - overlap);
        };
        for (const turn of played) {
          if (turn.kind === "append") journal += turn.count;
          if (turn.kind === "deliver") deliver(Math.min(journal, next + turn.count - 1));
          if (turn.kind === "lose") resume();
        }
        deliver(journal);
        expect(passedOn).toEqual(Array.from({ length: journal }, (_, i) => i + 1));
      }),
    );
  });

  it("is live only between the mark of having caught up and the loss", () => {
    const opened = stepFeed(initialFeed, { kind: "opened" }).state;
    expect(opened.phase).toBe("catching-up");
    const replayed = said(opened, event("e", 1)).state;
    expect(replayed.phase).toBe("catching-up");
    const live = said(replayed, { type: "caught-up", cursor: "e.1" }).state;
    expect(live.phase).toBe("live");
    expect(stepFeed(live, { kind: "closed", chance: 0 }).state.phase).toBe("disconnected");
  });

  it("takes the server's place after a reset, counts it, and hears events of another epoch", () => {
    const before = said(stepFeed(initialFeed, { kind: "opened" }).state, event("old", 900)).state;
    const reset = said(before, { type: "reset", reason: "epoch-changed", cursor: "new.3" }).state;
    expect(reset).toMatchObject({ cursor: "new.3", resets: 1 });
    expect(said(reset, event("new", 3)).event).toBeUndefined();
    expect(said(reset, event("new", 4)).event).toBeDefined();
  });

  it("stays slow over the reconnection until it has caught up", () => {
    const live = said(initialFeed, { type: "caught-up", cursor: "e.5" }).state;
    const slow = said(live, { type: "slow", skipped: 40, cursor: "e.45" }).state;
    // What was skipped comes with the replay: the cursor stays where the page is.
    expect(slow).toMatchObject({ phase: "slow", skipped: 40, cursor: "e.5" });
    const closed = stepFeed(slow, { kind: "closed", chance: 0 }).state;
    const opened = stepFeed(closed, { kind: "opened" }).state;
    expect(opened.phase).toBe("slow");
    expect(said(opened, { type: "caught-up", cursor: "e.45" }).state).toMatchObject({
      phase: "live",
      skipped: 0,
    });
  });

  it("waits longer with each failure up to 15 s, at most halved by chance, and briefly again once it was live", () => {
    let state: FeedState = initialFeed;
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      state = stepFeed(state, { kind: "closed", chance: 0 }).state;
      waits.push(state.retryInMs);
    }
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
    expect(stepFeed(initialFeed, { kind: "closed", chance: 0.999 }).state.retryInMs).toBe(250);
    const live = said(state, { type: "caught-up", cursor: "e.1" }).state;
    expect(stepFeed(live, { kind: "closed", chance: 0 }).state.retryInMs).toBe(500);
  });

  it("finds the epoch before the last dot, so that an epoch may have dots", () => {
    const state = said(initialFeed, event("2026.a", 10)).state;
    expect(said(state, event("2026.a", 9)).event).toBeUndefined();
    expect(said(state, event("2026.a", 11)).event).toBeDefined();
  });
});
