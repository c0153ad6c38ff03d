// Where a client's bytes go: a WebSocket, a stream of server-sent events, or a test.

import type { Wire } from "./encoded-event.ts";

/** One client's connection. After `close` or `cut` nothing is sent. */
export interface FeedSink {
  readonly wire: Wire;
  /** Bytes that the network has not taken yet. */
  readonly bufferedBytes: number;
  /** The next message; never blocks. */
  send(bytes: Buffer): void;
  /** Calls `act` once, when the network has taken what is buffered; replaces what was to be called before. */
  whenDrained(act: () => void): void;
  /** Holds the following messages together for one write. Ends with `release`. */
  hold(): void;
  release(): void;
  /** A sign of life. @returns whether the other side has given one since the last but one */
  beat(): boolean;
  /** Ends the connection in good order, and by force when that takes long. */
  close(code: number, reason: string): void;
}
