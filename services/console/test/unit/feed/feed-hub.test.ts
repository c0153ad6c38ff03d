// A bug here leaves a gap or a double where a client came back, leaves out in silence what the journal removed under a
// client that is connected, or lets a connection grow until the process dies.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCursor } from "../../../src/feed/cursor.ts";
import type { EventKind } from "../../../src/feed/feed-event.ts";
import { type FeedFilter, type FeedStart, passes } from "../../../src/feed/feed-query.ts";
import { everything, FeedWorld, type HeldSink } from "./feed-world.ts";

const kinds: readonly EventKind[] = ["alert", "aggregate", "transaction"];
const accounts = ["a", "b"];
const seqOf = (cursor: string): number => {
  const parsed = parseCursor(cursor);
  if (parsed === undefined || parsed === "earliest") throw new Error(`${cursor} is no cursor`);
  return parsed.seq;
};

/** Somebody who wants all that passes a filter from a place on, however often the connection is lost. */
class Follower {
  readonly filter: FeedFilter;
  /** Place it began after. */
  from: number;
  readonly events: number[] = [];
  /** What it was told may be missing: after the first place, up to the second. */
  readonly lost: (readonly [number, number])[] = [];
  sink: HeldSink;
  readonly #world: FeedWorld;
  readonly #messagesMax: number;
  #cursor: FeedStart;
  #read = 0;
  leave: () => void;
  #place: number;

  constructor(world: FeedWorld, filter: FeedFilter, start: FeedStart, messagesMax: number) {
    this.filter = filter;
    this.#world = world;
    this.#messagesMax = messagesMax;
    this.#cursor = start;
    this.from = start === "earliest" ? world.log.beforeFirst() : world.log.last();
    this.#place = this.from;
    const { sink, connection } = world.connect(start, filter, { messagesMax });
    this.sink = sink;
    this.leave = () => connection.leave();
  }

  /** Reads some of what its connection holds, and notes the cursor of what it has read. */
  read(count?: number): void {
    this.sink.read(count);
    const fresh = this.sink.heard.slice(this.#read);
    this.#read = this.sink.heard.length;
    for (const { type, cursor } of fresh) {
      const seq = seqOf(cursor);
      if (type === "reset") this.lost.push([this.#place, seq]);
      if (type === "event") this.events.push(seq);
      this.#place = seq;
      this.#cursor = { epoch: this.#world.epoch, seq };
    }
  }

  /** Loses the connection and all it holds, and comes back with the cursor of what it had read. */
  comeBack(): void {
    // Who has read nothing yet has no cursor: it begins where it began.
    if (this.#cursor === "now") this.#cursor = { epoch: this.#world.epoch, seq: this.from };
    if (this.#cursor === "earliest") {
      this.from = this.#world.log.beforeFirst();
      this.#place = this.from;
    }
    this.leave();
    this.#read = 0;
    const { sink, connection } = this.#world.connect(this.#cursor, this.filter, {
      messagesMax: this.#messagesMax,
    });
    this.sink = sink;
    this.leave = () => connection.leave();
  }

  /** What the oracle says it must have been given: all there ever was, but what it was told that it lost. */
  get due(): number[] {
    return this.#world.log.all
      .filter((event) => event.seq > this.from && passes(this.filter, event))
      .map(({ seq }) => seq)
      .filter((seq) => !this.lost.some(([after, until]) => seq > after && seq <= until));
  }

  /** What it was told that it lost though it is kept. */
  get lostInError(): number[] {
    return this.#world.log.events
      .map(({ seq }) => seq)
      .filter((seq) => this.lost.some(([after, until]) => seq > after && seq <= until));
  }
}

const filters: readonly FeedFilter[] = [
  everything,
  { ...everything, kinds: new Set<EventKind>(["alert"]) },
  { ...everything, account: "b" },
  { ...everything, kinds: new Set<EventKind>(["transaction", "aggregate"]), account: "a" },
];

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("append" as const),
      count: fc.integer({ min: 1, max: 9 }),
      of: fc.nat(100),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      of: fc.nat(100),
      room: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      of: fc.nat(100),
      count: fc.integer({ min: 1, max: 20 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lose" as const), of: fc.nat(100) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("step" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("tick" as const), ms: fc.integer({ min: 0, max: 12_000 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), hole: fc.nat(50) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("trim" as const), count: fc.integer({ min: 1, max: 30 }) }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

function run(actions: readonly Action[]): readonly Follower[] {
  const world = new FeedWorld();
  const followers: Follower[] = [];
  const any = (of: number): Follower | undefined => followers[of % Math.max(1, followers.length)];
  const comeBackIfClosed = (): void => {
    for (const follower of followers) {
      if (follower.sink.closed === undefined) continue;
      follower.read();
      follower.comeBack();
    }
  };
  for (const act of actions) {
    if (act.do === "append") {
      for (let n = 0; n < act.count; n++) {
        world.log.append({
          kind: kinds[(act.of + n) % 3] ?? "alert",
          account: accounts[(act.of + n * 7) % 2] ?? "a",
        });
      }
      world.hub.wake();
    } else if (act.do === "connect") {
      const filter = filters[act.of % filters.length] ?? everything;
      followers.push(new Follower(world, filter, act.of % 2 === 0 ? "now" : "earliest", act.room));
    } else if (act.do === "read") any(act.of)?.read(act.count);
    else if (act.do === "lose") any(act.of)?.comeBack();
    else if (act.do === "step") world.step();
    else if (act.do === "tick") {
      world.nowMs += act.ms;
      world.hub.tick();
    } else if (act.do === "trim") world.log.trim(act.count);
    else {
      world.log.skip(act.hole);
      world.restart();
      for (const follower of followers) follower.comeBack();
    }
    comeBackIfClosed();
  }
  for (let rounds = 0; world.waiting > 0 || followers.some(({ sink }) => sink.held.length > 0); rounds++) {
    if (rounds > 100_000) throw new Error("the feed does not come to rest");
    world.step();
    for (const follower of followers) follower.read();
  }
  expect(world.faults).toEqual([]);
  return followers;
}

describe("the feed", () => {
  it("gives each client every event it asked for, once and in order, or says what it lost, however it reads, leaves and comes back", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 120 }), (actions) => {
        for (const follower of run(actions)) {
          expect(follower.events).toEqual(follower.due);
          expect(follower.lostInError).toEqual([]);
          // A loss is of some places, and lies behind what came before it.
          for (const [after, until] of follower.lost) expect(until).toBeGreaterThan(after);
          const { heard } = follower.sink;
          // Caught up: said once a connection, and nothing that was there then comes after.
          expect(heard.filter(({ type }) => type === "caught-up")).toHaveLength(1);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("lets no connection hold more than fills it, and what the feed says of itself", () => {
    const world = new FeedWorld();
    const { sink } = world.connect("now", everything, { messagesMax: 5 });
    sink.read();
    for (let n = 0; n < 300; n++) {
      world.log.append();
      world.hub.wake();
      world.settle();
    }
    expect(sink.heldMax).toBe(5);
    for (let n = 0; n < 500; n++) {
      sink.read(1);
      world.settle();
    }
    expect(sink.heard.filter(({ type }) => type === "event")).toHaveLength(300);
  });

  it("says that a client has caught up after the last event that was there, and before the next", () => {
    const world = new FeedWorld();
    for (let n = 0; n < 10; n++) world.log.append();
    const { sink } = world.connect("earliest");
    world.settle();
    world.log.append();
    world.hub.wake();
    sink.read();
    expect(sink.heard.map(({ type, cursor }) => `${type} ${seqOf(cursor)}`)).toEqual([
      ...Array.from({ length: 10 }, (_, n) => `event ${n + 1}`),
      "caught-up 10",
      "event 11",
    ]);
  });

  it("is the same on both wires, with the cursor as the id of a server-sent event", () => {
    const world = new FeedWorld();
    world.log.append();
    const streams = (["websocket", "sse"] as const).map(
      (wire) => world.connect("earliest", everything, { wire }).sink,
    );
    for (const sink of streams) sink.read();
    expect(streams[0]?.heard).toEqual(streams[1]?.heard);
    expect(streams[1]?.heard).toHaveLength(2);
  });

  it("reads the log once for all clients that keep up", () => {
    const world = new FeedWorld();
    const sinks = Array.from({ length: 50 }, () => world.connect("now").sink);
    let asked = 0;
    const { after } = world.log;
    world.log.after = (seq, limit) => {
      asked++;
      return after.call(world.log, seq, limit);
    };
    world.log.append();
    world.hub.wake();
    expect(asked).toBe(1);
    const messages = sinks.map(({ held }) => held.at(-1));
    expect(new Set(messages).size).toBe(1);
  });
});

const appended = (world: FeedWorld, events: number): void => {
  for (let n = 0; n < events; n++) world.log.append();
};

describe("many that read the journal from its beginning", () => {
  it("have their turns one at a time, each in its order, and all come to the end", () => {
    const world = new FeedWorld();
    appended(world, 30);
    const sinks = Array.from({ length: 5 }, () => world.connect("earliest").sink);
    const counts = (): number[] => sinks.map(({ held }) => held.length);
    const first = counts();
    for (let turn = 0; turn < 5; turn++) {
      expect(world.waiting).toBe(1);
      world.step();
      expect(counts().map((count, i) => count - (first[i] ?? 0))).toEqual(
        sinks.map((_, i) => (i <= turn ? 3 : 0)),
      );
    }
    world.settle();
    // Thirty events, and that it has caught up.
    expect(counts()).toEqual(sinks.map(() => 31));
    appended(world, 1);
    world.hub.wake();
    world.settle();
    expect(counts()).toEqual(sinks.map(() => 32));
  });

  it("hold up nobody by leaving before their turn", () => {
    const world = new FeedWorld();
    appended(world, 30);
    const [gone, stays] = [world.connect("earliest"), world.connect("earliest")];
    gone.connection.leave();
    world.settle();
    expect([gone.sink.held.length, stays.sink.held.length]).toEqual([3, 31]);
  });
});
