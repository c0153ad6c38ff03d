// A feed without network, database or clock: a log in a list, connections that read when they are told to, and time in the
// test's hand.

import type { Wire } from "../../../src/feed/encoded-event.ts";
import { bufferedBytesMax } from "../../../src/feed/feed-client.ts";
import type { EventKind, EventLog, FeedEvent } from "../../../src/feed/feed-event.ts";
import { type Connection, FeedHub, type FeedHubOptions } from "../../../src/feed/feed-hub.ts";
import type { FeedFilter, FeedStart } from "../../../src/feed/feed-query.ts";
import type { FeedSink } from "../../../src/feed/feed-sink.ts";

/** A message as a client reads it. */
export interface Heard {
  readonly type: "event" | "caught-up" | "reset" | "slow" | "figures";
  readonly cursor: string;
  readonly kind?: EventKind;
  readonly offset?: number;
  readonly reason?: string;
  readonly skipped?: number;
  readonly data?: unknown;
}

/** The journal. */
export class ListLog implements EventLog {
  /** What is kept. */
  readonly events: FeedEvent[] = [];
  /** What there ever was. */
  readonly all: FeedEvent[] = [];
  #next = 1;
  #trimmed = 0;
  #trimmedBefore = 0;

  append(part: Partial<FeedEvent> = {}): FeedEvent {
    const seq = this.#next++;
    const account = part.account ?? "acct-1";
    const event: FeedEvent = {
      kind: "alert",
      topic: "alerts.v1",
      partition: 0,
      offset: seq,
      rule: null,
      severity: null,
      data: JSON.stringify({ accountId: account }),
      ...part,
      account,
      seq,
    };
    this.events.push(event);
    this.all.push(event);
    return event;
  }

  /** Leaves a hole, as a start of the process does where there is something already. */
  skip(places: number): void {
    if (this.events.length > 0) this.#next += places;
  }

  /** Forgets what was removed before, as a process that ends does. */
  forget(): void {
    this.#trimmedBefore = this.#trimmed;
  }

  removedUntil(): number {
    return this.#trimmed > this.#trimmedBefore ? this.#trimmed : 0;
  }

  /** Removes the oldest. */
  trim(count: number): void {
    for (const { seq } of this.events.splice(0, Math.min(count, this.events.length - 1))) this.#trimmed = seq;
  }

  last(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  beforeFirst(): number {
    return this.events.length === 0 ? this.#trimmed : (this.events[0]?.seq ?? 1) - 1;
  }

  has(seq: number): boolean {
    return this.events.some((event) => event.seq === seq);
  }

  after(seq: number, limit: number): FeedEvent[] {
    return this.events.filter((event) => event.seq > seq).slice(0, limit);
  }

  countAfter(seq: number): number {
    return this.events.filter((event) => event.seq > seq).length;
  }
}

/** A connection whose other side reads by the message. */
export class HeldSink implements FeedSink {
  readonly wire: Wire;
  readonly held: Buffer[] = [];
  readonly heard: Heard[] = [];
  closed: number | undefined;
  isAlive = true;
  /** The most that was ever held. */
  heldMax = 0;
  readonly #messagesMax: number;
  readonly #later: (act: () => void) => void;
  #onDrained: (() => void) | undefined;

  /** @param messagesMax so many messages fill the connection */
  constructor(messagesMax: number, later: (act: () => void) => void, wire: Wire = "websocket") {
    this.#messagesMax = messagesMax;
    this.#later = later;
    this.wire = wire;
  }

  get bufferedBytes(): number {
    return Math.ceil((this.held.length * (bufferedBytesMax + 1)) / this.#messagesMax);
  }

  send(bytes: Buffer): void {
    if (this.closed !== undefined) throw new Error("a message was sent to a connection that is closed");
    this.held.push(bytes);
    this.heldMax = Math.max(this.heldMax, this.held.length);
  }

  whenDrained(act: () => void): void {
    this.#onDrained = act;
    if (this.held.length === 0) this.#drained();
  }

  hold(): void {}
  release(): void {}

  beat(): boolean {
    return this.isAlive;
  }

  close(code: number): void {
    this.closed = code;
  }

  /** The other side reads so many messages. */
  read(count = Number.POSITIVE_INFINITY): void {
    for (const bytes of this.held.splice(0, count)) this.heard.push(messageIn(bytes.toString("utf8")));
    if (this.held.length === 0) this.#drained();
  }

  #drained(): void {
    const act = this.#onDrained;
    this.#onDrained = undefined;
    if (act !== undefined) this.#later(act);
  }
}

function messageIn(text: string): Heard {
  const [, id, json] = /^(?:id: (\S+)\n)?data: (.*)\n\n$/.exec(text) ?? [undefined, undefined, text];
  const message = JSON.parse(json ?? "") as Heard;
  if (id !== undefined && message.cursor !== id) throw new Error("an id is not the cursor");
  return message;
}

/** All kinds. */
export const everything: FeedFilter = {
  kinds: new Set<EventKind>(["alert", "aggregate", "transaction", "notification", "dead-letter", "case"]),
  account: undefined,
  rule: undefined,
  severity: undefined,
};

/** A hub with what is around it. */
export class FeedWorld {
  readonly log = new ListLog();
  readonly epoch = "e1";
  readonly faults: unknown[] = [];
  nowMs = 0;
  hub: FeedHub;
  #queue: (() => void)[] = [];
  readonly #hubOptions: Partial<FeedHubOptions>;

  constructor(hubOptions: Partial<FeedHubOptions> = {}) {
    this.#hubOptions = hubOptions;
    this.hub = this.#open();
  }

  readonly later = (act: () => void): void => void this.#queue.push(act);

  /** Things that wait for their turn. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** Runs the next of what waits. */
  step(): void {
    this.#queue.shift()?.();
  }

  /** Runs all that waits. */
  settle(): void {
    while (this.#queue.length > 0) this.step();
  }

  connect(
    start: FeedStart,
    filter: FeedFilter = everything,
    { messagesMax = 1_000_000, wire = "websocket" as Wire } = {},
  ): { readonly sink: HeldSink; readonly connection: Connection } {
    const sink = new HeldSink(messagesMax, this.later, wire);
    const place = this.hub.find(start);
    return { sink, connection: this.hub.connect({ sink, filter, mask: undefined, figures: true }, place) };
  }

  /** The process dies and another begins: what it held is gone. */
  restart(): void {
    this.#queue = [];
    this.log.forget();
    this.hub = this.#open();
  }

  #open(): FeedHub {
    return new FeedHub({
      log: this.log,
      epoch: this.epoch,
      later: this.later,
      nowMs: () => this.nowMs,
      onFault: (error) => this.faults.push(error),
      tail: { eventsMax: 6, charsMax: 100_000, readAtOnce: 4 },
      eventsATurn: 3,
      ...this.#hubOptions,
    });
  }
}
