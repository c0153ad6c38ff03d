// The hub: all clients of the feed, and the turns in which they are served.
//
//   H1. A client that reads slowly costs the others nothing: what it has not taken stays in the journal, and its turn ends
//       where its connection is full. Of those that have more to come one has its turn, and then everything else of the
//       process: many that read the journal from its beginning make each other slow, and nobody else.
//   H2. Whose full connection takes nothing for 10 s, or is full and 20,000 events (never more than half the journal) behind
//       after having caught up, is told so with its cursor and closed (1013): it may come back and go on from there. What fills
//       a connection, events or figures, is the same.
//   H3. Without clients nothing is read.
//   H4. A client whose turn or sign of life fails is closed (1011), and no other knows of it. Where the journal cannot be read all
//       are, and come back to where they stood.
//   H5. What a newcomer needs of the journal is read by `find`, while it can still be refused; `connect` itself never fails.
//
// Pure but for what it is given: the log, the clock's readings, and a way to go on later.

import { encodeMessage, type Wire } from "./encoded-event.ts";
import {
  bufferedBytesMax,
  type ClientOptions,
  FeedClient,
  type FeedSource,
  type ResetReason,
  type TurnEnd,
} from "./feed-client.ts";
import type { EventLog } from "./feed-event.ts";
import type { FeedStart } from "./feed-query.ts";
import { Tail, type TailBounds } from "./tail.ts";

/** Takes nothing for so long: slow. */
export const stalledMsMax = 10_000;
/** So many events behind after having caught up, with a full connection: slow. */
export const behindEventsMax = 20_000;
const beatEveryMs = 15_000;
const eventsATurnDefault = 500;
const tailBounds: TailBounds = { eventsMax: 8_192, charsMax: 8 << 20, readAtOnce: 1_000 };

/** What the hub is made of. */
export interface FeedHubOptions {
  readonly log: EventLog;
  readonly epoch: string;
  /** Runs `act` soon, after what waits already: `setImmediate`. */
  readonly later: (act: () => void) => void;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  /** Told what made a client's turn fail. */
  readonly onFault: (error: unknown) => void;
  /** What is kept in memory for all. @default 8,192 events, 8 Mi characters */
  readonly tail?: TailBounds;
  /** Events that a full connection may be behind after having caught up (H2). @default {@link behindEventsMax} */
  readonly behindEventsMax?: number;
  /** Events that one client is given before the others have their turn. @default 500 */
  readonly eventsATurn?: number;
}

/** Where a client begins. */
export interface FeedPlace {
  readonly place: number;
  /** Why it is not the place that was asked for. */
  readonly reset?: ResetReason;
}

/** A client, as who connected it knows it. */
export interface Connection {
  /** Where it stands. */
  readonly cursor: string;
  /** The other side has gone, or is sent away: nothing more is sent. */
  leave(): void;
}

/** A client to be connected. */
export interface Newcomer extends ClientOptions {
  /** With whose other clients it is counted (`clientsOf`). @default nobody's */
  readonly holder?: string;
  /** Asked with each sign of life; a client for whom it does not hold is closed. @default nobody is asked */
  readonly isStillIn?: () => boolean;
  /** Called with each sign of life; a client for whom it throws is closed (H4). */
  readonly onBeat?: () => void;
  /** Called once, when it is served no more. */
  readonly onLeft?: () => void;
}

interface Seat {
  readonly client: FeedClient;
  readonly newcomer: Newcomer;
  /** Whether it has its turn coming. */
  isWaiting: boolean;
}

/** Serves the clients. */
export class FeedHub {
  readonly #source: FeedSource;
  readonly #options: FeedHubOptions;
  readonly #seats = new Set<Seat>();
  /** Those with more to come, in the order of their turns. */
  readonly #unfinished: Seat[] = [];
  #isFinishing = false;
  #isFollowing = false;
  #beatAtMs: number;
  #slowClients = 0;

  constructor(options: FeedHubOptions) {
    const { log, epoch, tail = tailBounds, eventsATurn = eventsATurnDefault } = options;
    this.#options = options;
    this.#source = { log, epoch, tail: new Tail(log, epoch, tail), eventsATurn };
    this.#beatAtMs = options.nowMs() + beatEveryMs;
  }

  get clients(): number {
    return this.#seats.size;
  }

  /** Clients that were closed because they read too slowly. */
  get slowClients(): number {
    return this.#slowClients;
  }

  /** How many clients are of one holder. */
  clientsOf(holder: string): number {
    let count = 0;
    for (const { newcomer } of this.#seats) if (newcomer.holder === holder) count++;
    return count;
  }

  /** Where a start is in the journal at this moment, for `connect` (H5). @throws what the journal cannot be read for */
  find(start: FeedStart): FeedPlace {
    const { tail } = this.#source;
    if (this.#seats.size === 0) tail.restart();
    else while (tail.follow());
    return this.#placeOf(start);
  }

  /** Connects a client and serves it from its place on. Where that fails it is closed (H4). */
  connect(newcomer: Newcomer, { place, reset }: FeedPlace): Connection {
    const client = new FeedClient(newcomer, this.#source, place);
    const seat: Seat = { client, newcomer, isWaiting: false };
    this.#seats.add(seat);
    try {
      if (reset !== undefined) client.beginAnew(place, reset);
    } catch (error) {
      this.#fail(seat, error);
    }
    this.#serve(seat);
    return {
      get cursor() {
        return client.cursor;
      },
      leave: () => this.#remove(seat),
    };
  }

  /** Says that something was committed to the log. */
  wake(): void {
    if (this.#seats.size === 0 || this.#isFollowing) return;
    this.#isFollowing = true;
    this.#follow();
  }

  /** Sends what is no event to all who want figures, and take more. */
  broadcast(json: string): void {
    const encoded = new Map<Wire, Buffer>();
    for (const seat of this.#seats) {
      const { client } = seat;
      if (!client.wantsFigures || client.blockedSinceMs !== undefined) continue;
      const { sink } = client;
      if (sink.bufferedBytes > bufferedBytesMax) {
        // Full of figures, with no event that would have told: a turn finds that out (H2).
        if (!seat.isWaiting) this.#serve(seat);
        continue;
      }
      const bytes = encoded.get(sink.wire) ?? encodeMessage(sink.wire, json);
      encoded.set(sink.wire, bytes);
      sink.send(bytes);
    }
  }

  /** Looks after the clients; about once a second. */
  tick(): void {
    const nowMs = this.#options.nowMs();
    for (const seat of this.#seats) if (this.#isSlow(seat.client, nowMs)) this.#sendAwaySlow(seat);
    if (nowMs < this.#beatAtMs) return;
    this.#beatAtMs = nowMs + beatEveryMs;
    for (const seat of this.#seats) this.#beat(seat);
  }

  /** Ends all connections: the service stops. */
  close(): void {
    for (const seat of this.#seats) this.#sendAway(seat, 1012, "the console restarts");
  }

  #beat(seat: Seat): void {
    const { newcomer, client } = seat;
    try {
      newcomer.onBeat?.();
      if (newcomer.isStillIn?.() === false) this.#sendAway(seat, 4401, "the session has ended");
      else if (!client.sink.beat()) this.#sendAway(seat, 1001, "no sign of life");
    } catch (error) {
      this.#fail(seat, error);
    }
  }

  /** Where a start is in the journal, and why not where it was asked for. */
  #placeOf(start: FeedStart): FeedPlace {
    const { log, tail, epoch } = this.#source;
    if (start === "now") return { place: tail.end };
    const beforeFirst = log.beforeFirst();
    if (start === "earliest") return { place: beforeFirst };
    if (start.epoch !== epoch) return { place: tail.end, reset: "epoch-changed" };
    if (start.seq === beforeFirst || log.has(start.seq)) return { place: start.seq };
    if (start.seq < beforeFirst) return { place: beforeFirst, reset: "cursor-expired" };
    return { place: tail.end, reset: "epoch-changed" };
  }

  #follow(): void {
    let hasMore: boolean;
    try {
      hasMore = this.#source.tail.follow();
    } catch (error) {
      this.#isFollowing = false;
      for (const seat of this.#seats) this.#fail(seat, error);
      return;
    }
    for (const seat of this.#seats) if (!seat.isWaiting) this.#serve(seat);
    if (hasMore && this.#seats.size > 0) this.#options.later(() => this.#follow());
    else this.#isFollowing = false;
  }

  #serve(seat: Seat): void {
    const { client } = seat;
    if (client.isClosed) return;
    const end = this.#turnOf(seat);
    if (end === undefined) return;
    if (end === "at-end") {
      client.blockedSinceMs = undefined;
      return;
    }
    seat.isWaiting = true;
    if (end === "more") {
      this.#goOnLater(seat);
      return;
    }
    client.blockedSinceMs = this.#options.nowMs();
    client.blockedBytes = client.sink.bufferedBytes;
    client.sink.whenDrained(() => this.#goOn(seat));
  }

  #goOn(seat: Seat): void {
    seat.isWaiting = false;
    seat.client.blockedSinceMs = undefined;
    this.#serve(seat);
  }

  /** H1. */
  #goOnLater(seat: Seat): void {
    this.#unfinished.push(seat);
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    this.#options.later(() => this.#giveTurn());
  }

  #giveTurn(): void {
    const seat = this.#unfinished.shift();
    if (seat !== undefined) this.#goOn(seat);
    this.#isFinishing = this.#unfinished.length > 0;
    if (this.#isFinishing) this.#options.later(() => this.#giveTurn());
  }

  /** H4. @returns undefined when it failed */
  #turnOf(seat: Seat): TurnEnd | undefined {
    try {
      return seat.client.takeTurn();
    } catch (error) {
      this.#fail(seat, error);
      return undefined;
    }
  }

  #fail(seat: Seat, error: unknown): void {
    this.#options.onFault(error);
    this.#sendAway(seat, 1011, "the feed failed");
  }

  /** H2. */
  #isSlow(client: FeedClient, nowMs: number): boolean {
    const { blockedSinceMs, place, hasCaughtUp } = client;
    if (blockedSinceMs === undefined) return false;
    const { bufferedBytes } = client.sink;
    if (bufferedBytes < client.blockedBytes) {
      client.blockedSinceMs = nowMs;
      client.blockedBytes = bufferedBytes;
    } else if (nowMs - blockedSinceMs >= stalledMsMax) return true;
    const behindMax = this.#options.behindEventsMax ?? behindEventsMax;
    const { tail, log } = this.#source;
    // Places are not events: each start of the process leaves a hole. The log is asked only where it may be so.
    return hasCaughtUp && tail.end - place > behindMax && log.countAfter(place) > behindMax;
  }

  #sendAwaySlow(seat: Seat): void {
    const skipped = this.#source.log.countAfter(seat.client.place);
    seat.client.say({ type: "slow", skipped });
    this.#slowClients++;
    this.#sendAway(seat, 1013, "reads too slowly");
  }

  #sendAway(seat: Seat, code: number, reason: string): void {
    this.#remove(seat);
    seat.client.sink.close(code, reason);
  }

  #remove(seat: Seat): void {
    if (!this.#seats.delete(seat)) return;
    seat.client.isClosed = true;
    try {
      seat.newcomer.onLeft?.();
    } catch (error) {
      this.#options.onFault(error);
    }
  }
}
