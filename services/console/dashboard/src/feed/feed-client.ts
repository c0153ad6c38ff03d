// One connection to the live feed that is always there: opened again after each loss, from where it stood.
//
//   C1. At most one socket is open; what an earlier one still says is not heard.
//   C2. A socket that says nothing for `silenceMaxMs` is closed: figures come each second, so it is dead.
//   C3. After `stop` nothing is opened, waited for or called.

import type { FeedEvent, Figures } from "./feed-message.ts";
import { readMessage } from "./feed-message.ts";
import { type FeedInput, type FeedState, initialFeed, stepFeed } from "./feed-state.ts";

/** An open connection as the client needs it. */
export interface FeedSocket {
  readonly close: () => void;
}

/** What a socket tells the client. */
export interface SocketListener {
  readonly opened: () => void;
  readonly frame: (text: string) => void;
  readonly closed: () => void;
}

/** The world outside: a browser's, or a test's. */
export interface FeedWorld {
  readonly open: (path: string, listener: SocketListener) => FeedSocket;
  /** Runs `task` once after `ms`; what it returns takes that back. */
  readonly after: (ms: number, task: () => void) => () => void;
  readonly chance: () => number;
}

/** What the client tells its page. */
export interface FeedListener {
  readonly event: (event: FeedEvent) => void;
  readonly figures: (figures: Figures) => void;
  readonly changed: (state: FeedState) => void;
}

/** Figures come each second; ten of them missing is no hiccup. */
export const silenceMaxMs = 10_000;

/** A live feed with a memory of where it stood. */
export class FeedClient {
  readonly #query: string;
  readonly #world: FeedWorld;
  readonly #listener: FeedListener;
  #state = initialFeed;
  #socket: FeedSocket | undefined;
  #cancelWait: () => void = () => {};
  #cancelSilence: () => void = () => {};
  #isStopped = false;

  /** @param query what to listen to, `topics=alerts&account=a-1`, without a cursor */
  constructor(query: string, world: FeedWorld, listener: FeedListener) {
    this.#query = query;
    this.#world = world;
    this.#listener = listener;
  }

  /** Opens the connection. */
  start(): void {
    const { cursor } = this.#state;
    const resume = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    let isCurrent = true;
    const heard = (act: () => void) => () => {
      if (isCurrent) act();
    };
    const socket = this.#world.open(`/v1/feed?${this.#query}${resume}`, {
      opened: heard(() => this.#take({ kind: "opened" })),
      frame: (text) => {
        if (isCurrent) this.#hear(text);
      },
      closed: heard(() => {
        isCurrent = false;
        this.#lost();
      }),
    });
    this.#socket = {
      close: () => {
        isCurrent = false;
        socket.close();
      },
    };
    this.#watchSilence();
  }

  /** Closes for good. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelWait();
    this.#cancelSilence();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Connects now instead of after the wait: the browser is online again, or somebody pressed the button. */
  retryNow(): void {
    if (this.#socket !== undefined || this.#isStopped) return;
    this.#cancelWait();
    this.start();
  }

  #hear(text: string): void {
    this.#watchSilence();
    const message = readMessage(text);
    if (message === undefined) return;
    if (message.type === "figures") this.#listener.figures(message);
    else this.#take({ kind: "message", message });
  }

  #take(input: FeedInput): void {
    const { state, event } = stepFeed(this.#state, input);
    const isChanged = state.phase !== this.#state.phase || state.resets !== this.#state.resets;
    this.#state = state;
    if (event !== undefined) this.#listener.event(event);
    if (isChanged || input.kind === "closed") this.#listener.changed(state);
  }

  #lost(): void {
    this.#cancelSilence();
    this.#socket = undefined;
    this.#take({ kind: "closed", chance: this.#world.chance() });
    this.#cancelWait = this.#world.after(this.#state.retryInMs, () => this.start());
  }

  #watchSilence(): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#world.after(silenceMaxMs, () => {
      this.#socket?.close();
      this.#lost();
    });
  }
}
