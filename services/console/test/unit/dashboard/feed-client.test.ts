// A bug here would look like: two sockets at once, a page that waits for a dead one for ever, or one that resumes from
// the wrong place.

import { describe, expect, it } from "vitest";
import {
  FeedClient,
  type FeedWorld,
  type SocketListener,
  silenceMaxMs,
} from "../../../dashboard/src/feed/feed-client.ts";

/** A world in which sockets and time are moved by hand. */
class HandWorld implements FeedWorld {
  readonly opened: { readonly path: string; readonly listener: SocketListener; isClosed: boolean }[] = [];
  #waiting: { atMs: number; task: () => void }[] = [];
  #nowMs = 0;

  open(path: string, listener: SocketListener) {
    const socket = { path, listener, isClosed: false };
    this.opened.push(socket);
    const close = (): void => {
      socket.isClosed = true;
    };
    return { close };
  }

  after(ms: number, task: () => void) {
    const waiting = { atMs: this.#nowMs + ms, task };
    this.#waiting.push(waiting);
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
    };
  }

  chance() {
    return 0;
  }

  pass(ms: number): void {
    this.#nowMs += ms;
    const due = this.#waiting.filter(({ atMs }) => atMs <= this.#nowMs);
    this.#waiting = this.#waiting.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { task } of due) task();
  }

  get newest() {
    const socket = this.opened.at(-1);
    if (socket === undefined) throw new Error("no socket was opened");
    return socket;
  }

  get waiting(): number {
    return this.#waiting.length;
  }
}

const frame = (message: object): string => JSON.stringify(message);
const alert = (seq: number): string =>
  frame({ type: "event", cursor: `e.${seq}`, kind: "alert", offset: seq, data: {} });

function started() {
  const world = new HandWorld();
  const heard: unknown[] = [];
  const phases: string[] = [];
  const client = new FeedClient("topics=alerts", world, {
    event: ({ offset }) => void heard.push(offset),
    figures: ({ nowMs }) => void heard.push(`figures ${nowMs}`),
    changed: ({ phase }) => void phases.push(phase),
  });
  client.start();
  world.newest.listener.opened();
  return { world, heard, phases, client };
}

describe("the feed client", () => {
  it("resumes from the last event after a loss, on one socket at a time", () => {
    const { world, heard } = started();
    expect(world.newest.path).toBe("/v1/feed?topics=alerts");
    const first = world.newest;
    first.listener.frame(alert(7));
    first.listener.closed();
    expect(world.opened).toHaveLength(1);
    world.pass(500);
    expect(world.newest.path).toBe("/v1/feed?topics=alerts&cursor=e.7");
    first.listener.frame(alert(8));
    expect(heard).toEqual([7]);
    world.newest.listener.frame(alert(8));
    expect(heard).toEqual([7, 8]);
  });

  it("closes a socket that says nothing, and opens another", () => {
    const { world, phases } = started();
    world.pass(silenceMaxMs - 1);
    world.newest.listener.frame(frame({ type: "figures", nowMs: 5 }));
    world.pass(silenceMaxMs - 1);
    expect(world.newest.isClosed).toBe(false);
    world.pass(1);
    expect(world.newest.isClosed).toBe(true);
    expect(phases.at(-1)).toBe("disconnected");
    world.pass(500);
    expect(world.opened).toHaveLength(2);
  });

  it("tells figures apart from events, and leaves out what it does not know", () => {
    const { world, heard } = started();
    for (const text of [
      frame({ type: "figures", nowMs: 5 }),
      frame({ type: "new-thing" }),
      "no JSON",
      "null",
    ]) {
      world.newest.listener.frame(text);
    }
    expect(heard).toEqual(["figures 5"]);
  });

  it("connects at once when it is asked to, and not a second time while it is connected", () => {
    const { world, client } = started();
    client.retryNow();
    expect(world.opened).toHaveLength(1);
    world.newest.listener.closed();
    client.retryNow();
    expect(world.opened).toHaveLength(2);
    // The wait that was on is over with it.
    world.pass(500);
    expect(world.opened).toHaveLength(2);
  });

  it("does nothing after it was stopped", () => {
    const { world, client, heard } = started();
    const socket = world.newest;
    client.stop();
    expect(socket.isClosed).toBe(true);
    socket.listener.frame(alert(1));
    socket.listener.closed();
    client.retryNow();
    world.pass(60_000);
    expect(world.opened).toHaveLength(1);
    expect(heard).toEqual([]);
    expect(world.waiting).toBe(0);
  });
});
