// A bug here cuts one visit in two, makes two of one, or tells a visit before it is over.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { fold } from "../../../src/windows/aggregate.ts";
import { type SessionState, SessionWindows } from "../../../src/windows/session-window.ts";
import type { Totals } from "../../../src/windows/totals.ts";
import type { EmitStrategy } from "../../../src/windows/window.ts";
import { naiveSessions, Rig, runAll, type Seen, spending } from "./naive-windows.ts";

interface Shape {
  readonly gapMs: number;
  readonly graceMs: number;
  readonly emit?: EmitStrategy;
}

const shape: Shape = { gapMs: 5, graceMs: 2 };

const rigOf = (of: Shape = shape): Rig<SessionState<Totals>, Totals> =>
  new Rig((store) => new SessionWindows(store, { ...of, aggregate: spending }));

describe("session windows: boundaries", () => {
  it("records exactly the gap apart are one session, one millisecond more makes two", () => {
    const one = rigOf();
    one.observe(10);
    one.observe(15);
    one.advanceTo(100);
    expect(one.told("count")).toEqual(["final a [10,21) 2"]);
    const two = rigOf();
    two.observe(10);
    two.observe(16);
    two.advanceTo(100);
    expect(two.told("count")).toEqual(["final a [10,16) 1", "final a [16,22) 1"]);
  });

  it("a session closes at end + grace and not one millisecond before", () => {
    const rig = rigOf();
    rig.observe(10);
    rig.advanceTo(17);
    expect(rig.told("count")).toEqual([]);
    rig.advanceTo(18);
    expect(rig.told("count")).toEqual(["final a [10,16) 1"]);
    expect(rig.store.size).toBe(0);
  });

  it("a record alone is on time at its own end + grace - 1 and late at end + grace", () => {
    const onTime = rigOf();
    onTime.observe(17, 1, "b");
    expect(onTime.observe(10)).toEqual([]);
    const late = rigOf();
    late.observe(18, 1, "b");
    expect(late.observe(10)).toEqual([{ startMs: 10, endMs: 16 }]);
    expect(late.store.get("a")).toBeUndefined();
  });

  it("an open session takes a record however old it is", () => {
    const rig = rigOf();
    for (const t of [10, 15, 20, 25]) rig.observe(t);
    expect(rig.observe(10)).toEqual([]);
    rig.advanceTo(100);
    expect(rig.told("count")).toEqual(["final a [10,31) 5"]);
  });

  it("the example of the doc comment holds", () => {
    const start = (): Rig<SessionState<Totals>, Totals> => {
      const rig = rigOf({ gapMs: 5, graceMs: 3 });
      for (const t of [10, 12, 20]) rig.observe(t);
      return rig;
    };
    const bridged = start();
    expect(bridged.observe(16)).toEqual([]);
    bridged.advanceTo(28);
    expect(bridged.told("count")).toEqual([]);
    bridged.advanceTo(29);
    expect(bridged.told("count")).toEqual(["final a [10,26) 4"]);
    const closed = start();
    closed.advanceTo(21);
    expect(closed.told("count")).toEqual(["final a [10,18) 2"]);
    expect(closed.observe(16)).toEqual([]);
    expect(closed.observe(9)).toEqual([{ startMs: 9, endMs: 15 }]);
    closed.advanceTo(29);
    expect(closed.told("count").at(-1)).toBe("final a [16,26) 2");
  });
});

describe("session windows", () => {
  it("keep their ends and one accumulator, however many records they have", () => {
    const rig = rigOf();
    for (let t = 0; t < 1_000; t++) rig.observe(t);
    expect(rig.store.get("a")).toEqual({
      sessions: [{ startMs: 0, lastMs: 999, acc: { count: 1_000, sum: 1_000, min: 1, max: 1 }, told: [] }],
    });
  });

  it("are told by end, then by key, also when one has grown since", () => {
    const rig = rigOf();
    rig.observe(10, 1, "b");
    rig.observe(11, 1, "a");
    rig.observe(12, 1, "b");
    rig.observe(12, 1, "c");
    rig.advanceTo(100);
    expect(rig.told("count")).toEqual(["final a [11,17) 1", "final b [10,18) 2", "final c [12,18) 1"]);
  });

  it("refuse a gap of 0, a negative grace and a fold without a merge", () => {
    const make = (of: Shape) => () =>
      new SessionWindows(new MemoryStore<never>(), { ...of, aggregate: spending });
    expect(make({ gapMs: 0, graceMs: -1 })).toThrow(/gapMs is 0.*graceMs is -1/s);
    const aggregate = fold({ initial: () => 0, add: (_, one: number) => one });
    expect(() => new SessionWindows(new MemoryStore<never>(), { ...shape, aggregate })).toThrow("no merge");
  });
});

describe("session windows: on-update", () => {
  it("a session that a record bridges into another is withdrawn under its old start", () => {
    const rig = rigOf({ ...shape, graceMs: 20, emit: "on-update" });
    for (const t of [10, 12, 20]) rig.observe(t);
    rig.commit();
    expect(rig.told("count")).toEqual(["update a [10,18) 2", "update a [20,26) 1"]);
    rig.restart();
    rig.observe(16);
    rig.commit();
    expect(rig.told("count").slice(2)).toEqual(["withdrawn a [20,26)", "update a [10,26) 4"]);
    rig.commit();
    rig.advanceTo(46);
    expect(rig.told("count").slice(4)).toEqual(["final a [10,26) 4"]);
  });

  it("a session that grows backwards is withdrawn under its old start, also when it closes in the same commit", () => {
    const rig = rigOf({ ...shape, emit: "on-update" });
    rig.observe(10);
    rig.commit();
    rig.observe(8);
    rig.advanceTo(18);
    expect(rig.told("count")).toEqual(["update a [10,16) 1", "withdrawn a [10,16)", "final a [8,16) 2"]);
  });
});

const values = { key: fc.constantFrom("a", "b"), value: fc.integer({ min: 1, max: 1_000 }) };

/** Records and an order of arrival in which each comes at most `graceMs` after a later one. */
const withinGrace = fc
  .record({
    gapMs: fc.integer({ min: 1, max: 15 }),
    graceMs: fc.integer({ min: 0, max: 20 }),
    records: fc.array(
      fc.record({ ...values, timestampMs: fc.nat(150), delay: fc.double({ min: 0, max: 1, noNaN: true }) }),
      {
        maxLength: 40,
      },
    ),
  })
  .map(({ gapMs, graceMs, records }) => ({
    gapMs,
    graceMs,
    records: records
      .map((record) => ({ record, comesMs: record.timestampMs + Math.floor(record.delay * graceMs) }))
      .sort((a, b) => a.comesMs - b.comesMs)
      .map(({ record: { key, timestampMs, value } }): Seen => ({ key, timestampMs, value })),
  }));

describe("session windows: properties", () => {
  it("any order within the grace gives the sessions of the sorted records, and nothing is late", () => {
    fc.assert(
      fc.property(withinGrace, ({ gapMs, graceMs, records }) => {
        const { closed, late, left } = runAll(rigOf({ gapMs, graceMs }), records, 1_000);
        expect(closed).toEqual(naiveSessions(records, gapMs, spending));
        expect(late.flat()).toEqual([]);
        expect(left).toBe(0);
      }),
      { numRuns: 1_000 },
    );
  });

  it("with a grace longer than the traffic, any permutation gives the same finals", () => {
    const traffic = fc.array(fc.record({ ...values, timestampMs: fc.nat(100) }), { maxLength: 30 });
    fc.assert(
      fc.property(
        traffic.chain((records) =>
          fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
        ),
        ([records, shuffled]) => {
          const of = { gapMs: 7, graceMs: 200 };
          expect(runAll(rigOf(of), shuffled, 1_000)).toMatchObject({
            closed: runAll(rigOf(of), records, 1_000).closed,
          });
        },
      ),
    );
  });

  const anyTraffic = fc.array(fc.record({ ...values, timestampMs: fc.nat(150) }), { maxLength: 40 });
  const restartsOf = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });

  it("a restart between any two records changes nothing, late ones included", () => {
    fc.assert(
      fc.property(anyTraffic, restartsOf, (records, restarts) => {
        const rig = rigOf();
        const restarted = runAll(rig, records, 1_000, (i) => {
          if (restarts[i]) rig.restart();
        });
        expect(restarted).toEqual(runAll(rigOf(), records, 1_000));
      }),
    );
  });

  it("every record is in exactly one session, or named as late", () => {
    fc.assert(
      fc.property(anyTraffic, (records) => {
        const { closed, late } = runAll(rigOf(), records, 1_000);
        const counted = closed.reduce((n, one) => n + (one.kind === "final" ? one.value.count : 0), 0);
        expect(counted + late.flat().length).toBe(records.length);
      }),
    );
  });

  it("on-update: a reader who keeps the newest of each start ends with the finals", () => {
    fc.assert(
      fc.property(anyTraffic, restartsOf, (records, commits) => {
        const rig = rigOf({ ...shape, emit: "on-update" });
        const { closed } = runAll(rig, records, 1_000, (i) => {
          if (commits[i]) rig.commit();
        });
        const newest = new Map<string, unknown>();
        for (const one of closed) {
          const id = `${one.key}/${one.window.startMs}`;
          if (one.kind === "withdrawn") newest.delete(id);
          else newest.set(id, one);
        }
        const finals = runAll(rigOf(), records, 1_000).closed;
        expect(closed.filter(({ kind }) => kind === "final")).toEqual(finals);
        const lines = new Set(finals.map((one) => JSON.stringify(one)));
        for (const one of newest.values()) expect(lines).toContain(JSON.stringify(one));
      }),
    );
  });
});
