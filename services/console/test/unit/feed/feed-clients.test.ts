// A bug here starts a client at the wrong place, lets one slow reader hold up the rest, or keeps a connection that nobody
// should have any more.

import { describe, expect, it } from "vitest";
import { parseCursor } from "../../../src/feed/cursor.ts";
import { behindEventsMax, stalledMsMax } from "../../../src/feed/feed-hub.ts";
import type { FeedStart } from "../../../src/feed/feed-query.ts";
import { everything, FeedWorld, type HeldSink } from "./feed-world.ts";

const seqOf = (cursor: string): number => {
  const parsed = parseCursor(cursor);
  if (parsed === undefined || parsed === "earliest") throw new Error(`${cursor} is no cursor`);
  return parsed.seq;
};

const appended = (world: FeedWorld, events: number): void => {
  for (let n = 0; n < events; n++) world.log.append();
};

describe("a cursor", () => {
  const startOf = (world: FeedWorld, start: FeedStart): string[] => {
    const { sink } = world.connect(start);
    world.settle();
    sink.read();
    return sink.heard.map(
      ({ type, cursor, reason }) => `${type}${reason === undefined ? "" : ` ${reason}`} ${seqOf(cursor)}`,
    );
  };
  const worldOf = (): FeedWorld => {
    const world = new FeedWorld();
    for (let n = 0; n < 5; n++) world.log.append();
    world.log.skip(100);
    for (let n = 0; n < 2; n++) world.log.append();
    world.log.trim(2);
    return world;
  };

  it.each([
    ["of the last event", { epoch: "e1", seq: 107 }, ["caught-up 107"]],
    ["of an event before a restart", { epoch: "e1", seq: 5 }, ["event 106", "event 107", "caught-up 107"]],
    [
      "of the last event that is gone",
      { epoch: "e1", seq: 2 },
      ["event 3", "event 4", "event 5", "event 106", "event 107", "caught-up 107"],
    ],
    [
      "of an event that went before",
      { epoch: "e1", seq: 1 },
      ["reset cursor-expired 2", "event 3", "event 4", "event 5", "event 106", "event 107", "caught-up 107"],
    ],
    [
      "of an event that a power cut took",
      { epoch: "e1", seq: 9 },
      ["reset epoch-changed 107", "caught-up 107"],
    ],
    ["of an event that never was", { epoch: "e1", seq: 108 }, ["reset epoch-changed 107", "caught-up 107"]],
    ["of another database", { epoch: "e0", seq: 4 }, ["reset epoch-changed 107", "caught-up 107"]],
    ["that is none", "now", ["caught-up 107"]],
  ] as const)("%s", (_, start, expected) => {
    expect(startOf(worldOf(), start)).toEqual(expected);
  });

  it("of an empty journal waits for the first event", () => {
    const world = new FeedWorld();
    expect(startOf(world, { epoch: "e1", seq: 0 })).toEqual(["caught-up 0"]);
    expect(startOf(world, "earliest")).toEqual(["caught-up 0"]);
  });
});

describe("what the journal removes under a client that is connected", () => {
  const told = ({ heard }: HeldSink): string[] =>
    heard.map(({ type, cursor, reason }) =>
      [type, ...(reason === undefined ? [] : [reason]), seqOf(cursor)].join(" "),
    );
  const events = (first: number, last: number): string[] =>
    Array.from({ length: last - first + 1 }, (_, n) => `event ${first + n}`);

  it("is told before what comes after it, in the midst of a replay", () => {
    const world = new FeedWorld();
    appended(world, 40);
    const { sink } = world.connect("earliest", everything, { messagesMax: 5 });
    world.settle();
    sink.read();
    world.log.trim(25);
    while (world.waiting > 0 || sink.held.length > 0) {
      world.settle();
      sink.read();
    }
    expect(told(sink)).toEqual([
      ...events(1, 5),
      "reset cursor-expired 25",
      ...events(26, 40),
      "caught-up 40",
    ]);
  });

  it("is told to one that had caught up, and to none who was given it", () => {
    const world = new FeedWorld();
    const slow = world.connect("now", everything, { messagesMax: 3 }).sink;
    const quick = world.connect("now").sink;
    appended(world, 20);
    world.hub.wake();
    world.settle();
    world.log.trim(12);
    while (world.waiting > 0 || slow.held.length > 0) {
      world.settle();
      slow.read();
    }
    quick.read();
    // Two events were in its connection, after the mark.
    expect(told(slow)).toEqual([
      "caught-up 0",
      ...events(1, 2),
      "reset cursor-expired 12",
      ...events(13, 20),
    ]);
    expect(told(quick)).toEqual(["caught-up 0", ...events(1, 20)]);
  });

  it("is told to all where it went before anyone was given it", () => {
    const world = new FeedWorld();
    const sinks = [world.connect("now").sink, world.connect("now").sink];
    appended(world, 12);
    world.log.trim(9);
    world.hub.wake();
    world.settle();
    for (const sink of sinks) {
      sink.read();
      expect(told(sink)).toEqual(["caught-up 0", "reset cursor-expired 9", ...events(10, 12)]);
    }
  });

  it("is no hole that a start left", () => {
    const world = new FeedWorld();
    appended(world, 3);
    world.log.skip(100);
    const { sink } = world.connect("now");
    appended(world, 2);
    world.log.trim(3);
    world.hub.wake();
    world.settle();
    sink.read();
    expect(told(sink)).toEqual(["caught-up 3", "event 104", "event 105"]);
  });
});

describe("a client that reads nothing", () => {
  const flood = (world: FeedWorld, events: number): void => {
    for (let n = 0; n < events; n++) world.log.append();
    world.hub.wake();
    world.settle();
  };

  it("costs the others nothing, is told how much it has not read, and is closed after 10 s", () => {
    const world = new FeedWorld();
    const deaf = world.connect("now", everything, { messagesMax: 3 }).sink;
    const quick = world.connect("now").sink;
    flood(world, 100);
    expect(quick.held).toHaveLength(101);
    world.nowMs += stalledMsMax - 1;
    world.hub.tick();
    expect(deaf.closed).toBeUndefined();
    // That more comes is no sign of life.
    flood(world, 1);
    world.nowMs += 1;
    world.hub.tick();
    expect([deaf.closed, quick.closed, world.hub.clients, world.hub.slowClients]).toEqual([
      1013,
      undefined,
      1,
      1,
    ]);
    deaf.read();
    const last = deaf.heard.at(-1);
    // caught-up and two events were in its connection.
    expect(last).toEqual({ type: "slow", skipped: 99, cursor: "e1.2" });
    const again = world.connect({ epoch: "e1", seq: seqOf(last?.cursor ?? "") }).sink;
    world.settle();
    again.read();
    expect(again.heard.filter(({ type }) => type === "event")).toHaveLength(99);
  });

  it("is left alone as long as its connection takes something", () => {
    const world = new FeedWorld();
    const slow = world.connect("now", everything, { messagesMax: 8 }).sink;
    flood(world, 1_000);
    for (let n = 0; n < 30; n++) {
      world.nowMs += stalledMsMax - 1;
      world.hub.tick();
      slow.read(1);
      world.settle();
      world.hub.tick();
    }
    expect(slow.closed).toBeUndefined();
  });

  it("is closed at once when it is 20,000 events behind", () => {
    const world = new FeedWorld();
    const deaf = world.connect("now", everything, { messagesMax: 3 }).sink;
    const after = world.log.after.bind(world.log);
    for (let n = 0; n < behindEventsMax + 3; n++) world.log.append();
    // The list is searched from its end: the log's own way is too slow for so many.
    world.log.after = (seq, limit) =>
      seq < 10 ? after(seq, limit) : world.log.events.slice(seq, seq + limit);
    world.hub.wake();
    world.settle();
    world.hub.tick();
    expect(deaf.closed).toBe(1013);
  });
});

describe("a client that is full of figures", () => {
  const figures = '{"type":"figures"}';

  it("is given no more of them, and is closed like any other that reads nothing", () => {
    const world = new FeedWorld();
    const deaf = world.connect("now", everything, { messagesMax: 3 }).sink;
    const quick = world.connect("now").sink;
    for (let n = 0; n < 20; n++) world.hub.broadcast(figures);
    // Caught-up and two of them fill it.
    expect([deaf.held.length, quick.held.length]).toEqual([3, 21]);
    world.nowMs += stalledMsMax;
    world.hub.tick();
    expect([deaf.closed, quick.closed]).toEqual([1013, undefined]);
  });

  it("goes on when it has read them", () => {
    const world = new FeedWorld();
    const slow = world.connect("now", everything, { messagesMax: 3 }).sink;
    for (let n = 0; n < 5; n++) world.hub.broadcast(figures);
    slow.read();
    world.settle();
    world.hub.broadcast(figures);
    appended(world, 1);
    world.hub.wake();
    world.nowMs += stalledMsMax;
    world.hub.tick();
    slow.read();
    expect(slow.closed).toBeUndefined();
    expect(slow.heard.map(({ type }) => type)).toEqual([
      "caught-up",
      "figures",
      "figures",
      "figures",
      "event",
    ]);
  });

  it("is not far behind for the hole that a start has left", () => {
    const world = new FeedWorld({ behindEventsMax: 10 });
    appended(world, 1);
    const slow = world.connect("now", everything, { messagesMax: 3 }).sink;
    world.hub.broadcast(figures);
    world.hub.broadcast(figures);
    world.log.skip(1_000);
    appended(world, 1);
    world.hub.wake();
    world.hub.tick();
    expect(slow.closed).toBeUndefined();
    appended(world, 10);
    world.hub.wake();
    for (let n = 0; n < 5; n++) world.settle();
    world.hub.tick();
    expect(slow.closed).toBe(1013);
  });
});

describe("a client that is far behind a small journal", () => {
  it("is closed while the journal still reaches back to its cursor", () => {
    const world = new FeedWorld({ behindEventsMax: 10 });
    const deaf = world.connect("now", everything, { messagesMax: 3 }).sink;
    const append = (events: number): void => {
      for (let n = 0; n < events; n++) world.log.append();
      world.hub.wake();
      world.settle();
      world.hub.tick();
    };
    append(12);
    expect(deaf.closed).toBeUndefined();
    append(1);
    expect(deaf.closed).toBe(1013);
  });
});

describe("a connection ends", () => {
  it("when its reader would not be let in any more, and when the other side gives no sign of life", () => {
    const world = new FeedWorld();
    let isStillIn = true;
    const { sink: session } = world.connect("now");
    const sinks = [true, false].map((isAsked) => {
      const { sink, connection } = world.connect("now");
      connection.leave();
      world.hub.connect(
        {
          sink,
          filter: everything,
          mask: undefined,
          figures: false,
          ...(isAsked ? { isStillIn: () => isStillIn } : {}),
        },
        world.hub.find("now"),
      );
      return sink;
    });
    world.nowMs += 15_000;
    world.hub.tick();
    expect(sinks.map(({ closed }) => closed)).toEqual([undefined, undefined]);
    isStillIn = false;
    session.isAlive = false;
    world.nowMs += 15_000;
    world.hub.tick();
    expect([...sinks, session].map(({ closed }) => closed)).toEqual([4401, undefined, 1001]);
  });

  it("when what it was shown cannot be put on record, and no other knows of it", () => {
    const world = new FeedWorld();
    const { sink: other } = world.connect("now");
    const { sink, connection } = world.connect("now");
    connection.leave();
    const onBeat = (): void => {
      throw new Error("the disk is full");
    };
    const newcomer = { sink, filter: everything, mask: undefined, figures: false, onBeat };
    world.hub.connect(newcomer, world.hub.find("now"));
    world.nowMs += 15_000;
    world.hub.tick();
    expect([sink.closed, other.closed, world.hub.clients]).toEqual([1011, undefined, 1]);
    expect(world.faults).toEqual([new Error("the disk is full")]);
  });

  it("when its turn fails, and no other knows of it", () => {
    const world = new FeedWorld();
    const sink = world.connect("now").sink;
    const broken = world.connect("now").sink;
    const left: string[] = [];
    broken.send = () => {
      throw new Error("no");
    };
    world.hub.connect(
      {
        sink: broken,
        filter: everything,
        mask: undefined,
        figures: false,
        onLeft: () => left.push("left"),
      },
      world.hub.find("now"),
    );
    world.log.append();
    world.hub.wake();
    world.settle();
    expect([broken.closed, sink.closed, world.hub.clients]).toEqual([1011, undefined, 1]);
    expect([left, world.faults.length, sink.held.length]).toEqual([["left"], 2, 2]);
  });

  it("with all others when the journal cannot be read, and goes on where it stood once it can", () => {
    const world = new FeedWorld();
    const sinks = [world.connect("now").sink, world.connect("now").sink];
    const after = world.log.after.bind(world.log);
    world.log.after = () => {
      throw new Error("disk I/O error");
    };
    appended(world, 1);
    world.hub.wake();
    expect(sinks.map(({ closed }) => closed)).toEqual([1011, 1011]);
    world.log.after = after;
    const { sink } = world.connect({ epoch: "e1", seq: 0 });
    appended(world, 1);
    world.hub.wake();
    world.settle();
    sink.read();
    expect(sink.heard.filter(({ type }) => type === "event").map(({ cursor }) => seqOf(cursor))).toEqual([
      1, 2,
    ]);
  });

  it("with all others when the service stops, which may be come back to", () => {
    const world = new FeedWorld();
    const sinks = [world.connect("now").sink, world.connect("now").sink];
    world.hub.close();
    expect(sinks.map(({ closed }) => closed)).toEqual([1012, 1012]);
    expect(world.hub.clients).toBe(0);
  });
});

describe("figures", () => {
  it("go to all who want them and can take them, without a cursor", () => {
    const world = new FeedWorld();
    const full = world.connect("now", everything, { messagesMax: 1 }).sink;
    const sse = world.connect("now", everything, { wire: "sse" }).sink;
    world.log.append();
    world.hub.wake();
    world.hub.broadcast('{"type":"figures","n":1}');
    sse.read();
    expect(sse.heard.at(-1)).toEqual({ type: "figures", n: 1 });
    full.read();
    expect(full.heard.map(({ type }) => type)).toEqual(["caught-up"]);
  });
});
