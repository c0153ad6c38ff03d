// A stream of server-sent events as a client of the feed, written by hand.
//
// Not @fastify/sse: it makes the text of each event for each client, and hides what the connection still holds; here one
// buffer goes to all clients, and the hub goes by what is held.

import type { ServerResponse } from "node:http";
import type { FeedSink } from "./feed-sink.ts";

const closeWithinMs = 5_000;
const comment = Buffer.from(":\n\n");

/** Sends to one response, whose head is written. */
export class SseSink implements FeedSink {
  readonly wire = "sse";
  readonly #response: ServerResponse;
  #onDrained: (() => void) | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on("drain", () => this.#drained());
    response.on("error", () => undefined);
  }

  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  send(bytes: Buffer): void {
    if (!this.#response.writableEnded) this.#response.write(bytes);
  }

  whenDrained(act: () => void): void {
    this.#onDrained = act;
    if (!this.#response.writableNeedDrain) setImmediate(() => this.#drained());
  }

  hold(): void {
    this.#response.cork();
  }

  release(): void {
    this.#response.uncork();
  }

  /** A comment, so that proxies see life; whether anybody reads it TCP says alone. */
  beat(): boolean {
    this.send(comment);
    return !this.#response.destroyed;
  }

  /** Such a stream has no code: a browser comes back by itself, and is told by the answer then. */
  close(): void {
    this.#onDrained = undefined;
    this.#response.end();
    const timer = setTimeout(() => this.#response.destroy(), closeWithinMs);
    timer.unref();
    this.#response.once("close", () => clearTimeout(timer));
  }

  #drained(): void {
    const act = this.#onDrained;
    this.#onDrained = undefined;
    act?.();
  }
}
