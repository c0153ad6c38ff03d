// A WebSocket as a client of the feed.
//
//   W1. A client says nothing that is listened to; messages above 1 KiB end the connection (feed-routes.ts).
//   W2. Who is closed and does not answer that within 5 s is cut off: an unread connection would hold its memory.

import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { FeedSink } from "./feed-sink.ts";

const closeWithinMs = 5_000;
const open = 1;

/** Sends to one WebSocket. */
export class WebSocketSink implements FeedSink {
  readonly wire = "websocket";
  readonly #peer: WebSocket;
  readonly #socket: Socket;
  #unansweredBeats = 0;
  #onDrained: (() => void) | undefined;

  constructor(peer: WebSocket, socket: Socket) {
    this.#peer = peer;
    this.#socket = socket;
    peer.on("pong", () => {
      this.#unansweredBeats = 0;
    });
    // What ends a connection is told by "close".
    peer.on("error", () => undefined);
    socket.on("drain", () => this.#drained());
  }

  get bufferedBytes(): number {
    return this.#peer.bufferedAmount;
  }

  send(bytes: Buffer): void {
    if (this.#peer.readyState === open) this.#peer.send(bytes, textFrame);
  }

  whenDrained(act: () => void): void {
    this.#onDrained = act;
    // With less than the socket's own measure in it no "drain" would come.
    if (!this.#socket.writableNeedDrain) setImmediate(() => this.#drained());
  }

  hold(): void {
    this.#socket.cork();
  }

  release(): void {
    this.#socket.uncork();
  }

  beat(): boolean {
    if (this.#unansweredBeats >= 2) return false;
    this.#unansweredBeats++;
    if (this.#peer.readyState === open) this.#peer.ping();
    return true;
  }

  close(code: number, reason: string): void {
    this.#onDrained = undefined;
    this.#peer.close(code, reason);
    const timer = setTimeout(() => this.#peer.terminate(), closeWithinMs);
    timer.unref();
    this.#peer.once("close", () => clearTimeout(timer));
  }

  #drained(): void {
    const act = this.#onDrained;
    this.#onDrained = undefined;
    act?.();
  }
}

const textFrame = { binary: false, compress: false } as const;
