// Somebody at the other end of the live feed, over a WebSocket or server-sent events.

import { type IncomingMessage, request } from "node:http";
import { WebSocket } from "ws";
import { eventually } from "./eventually.ts";

/** A message of the feed. */
export interface FeedMessage {
  readonly type: string;
  readonly cursor: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason?: string;
  readonly skipped?: number;
  /** Of figures. */
  readonly totals?: { readonly alerts: number };
  readonly data: { readonly accountId: string; readonly id: string };
}

/** One connection. */
export class FeedListener {
  readonly messages: FeedMessage[] = [];
  /** Status of the answer that refused it; 0 while it is not refused. */
  refused = 0;
  isOpen = false;
  /** Code it was closed with; for server-sent events 1000. */
  closed: number | undefined;
  #peer: WebSocket | undefined;
  #response: IncomingMessage | undefined;
  #text = "";

  static webSocket(port: number, query: string, headers: Record<string, string> = {}): FeedListener {
    const listener = new FeedListener();
    const peer = new WebSocket(`ws://127.0.0.1:${port}/v1/feed?${query}`, { headers });
    listener.#peer = peer;
    peer.on("open", () => {
      listener.isOpen = true;
    });
    peer.on("message", (bytes) => void listener.messages.push(JSON.parse(String(bytes)) as FeedMessage));
    peer.on("unexpected-response", (_request, response) => {
      listener.refused = response.statusCode ?? 0;
      response.resume();
    });
    peer.on("error", () => undefined);
    peer.on("close", (code) => {
      listener.closed = code;
    });
    return listener;
  }

  static events(port: number, query: string, headers: Record<string, string> = {}): FeedListener {
    const listener = new FeedListener();
    const asking = request({
      host: "127.0.0.1",
      port,
      path: `/v1/feed/events?${query}`,
      headers,
      agent: false,
    });
    asking.on("response", (response) => {
      listener.#response = response;
      if (response.statusCode !== 200) listener.refused = response.statusCode ?? 0;
      listener.isOpen = response.statusCode === 200;
      response.on("data", (bytes: Buffer) => listener.#take(bytes.toString("utf8")));
      response.on("error", () => undefined);
      response.on("close", () => {
        listener.closed = 1000;
      });
    });
    asking.on("error", () => {
      listener.closed ??= 1006;
    });
    asking.end();
    return listener;
  }

  get events(): FeedMessage[] {
    return this.messages.filter(({ type }) => type === "event");
  }

  /** What was said, without the figures of each second. */
  get said(): FeedMessage[] {
    return this.messages.filter(({ type }) => type !== "figures");
  }

  get cursor(): string {
    return this.said.at(-1)?.cursor ?? "";
  }

  async hears(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    await eventually(what, holds);
  }

  /** Reads nothing any more, though it stays. */
  goDeaf(): void {
    this.#peer?.pause();
    this.#response?.pause();
  }

  /** Reads again. */
  listen(): void {
    this.#peer?.resume();
    this.#response?.resume();
  }

  /** Is cut off, without a word. */
  cut(): void {
    this.#peer?.terminate();
    this.#response?.destroy();
  }

  #take(text: string): void {
    const parts = (this.#text + text).split("\n\n");
    this.#text = parts.pop() ?? "";
    for (const part of parts) {
      const [, id, json] = /^(?:id: (\S+)\n)?data: (.*)$/.exec(part) ?? [];
      if (json === undefined) continue;
      const message = JSON.parse(json) as FeedMessage;
      if (message.type !== "figures" && id !== message.cursor) throw new Error("an id is not the cursor");
      this.messages.push(message);
    }
  }
}
