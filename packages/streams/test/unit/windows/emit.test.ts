// A bug here tells an open window as closed, tells it twice in a commit, or lets commits change what is final.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HoppingState, HoppingWindows } from "../../../src/windows/hopping-window.ts";
import { type SessionState, SessionWindows } from "../../../src/windows/session-window.ts";
import type { Totals } from "../../../src/windows/totals.ts";
import type { EmitStrategy } from "../../../src/windows/window.ts";
import { Rig, spending } from "./naive-windows.ts";

const shape = { sizeMs: 10, advanceMs: 5, graceMs: 2 };

const rigOf = (emit: EmitStrategy): Rig<HoppingState<Totals>, Totals> =>
  new Rig((store) => new HoppingWindows(store, { ...shape, aggregate: spending, emit }));

describe("emit on-update", () => {
  it("an open window is told once before the commit, with its newest value", () => {
    const rig = rigOf("on-update");
    rig.observe(1, 1);
    rig.observe(1, 2);
    rig.observe(2, 4, "b");
    expect(rig.told("sum")).toEqual([]);
    rig.commit();
    expect(rig.told("sum")).toEqual([
      "update a [-5,5) 3",
      "update b [-5,5) 4",
      "update a [0,10) 3",
      "update b [0,10) 4",
    ]);
  });

  it("two batches in one commit tell one update, and closing what is due tells none", () => {
    const rig = rigOf("on-update");
    rig.observe(1, 1);
    rig.closeDue();
    rig.observe(2, 2);
    rig.closeDue();
    expect(rig.told("sum")).toEqual([]);
    rig.commit();
    expect(rig.told("sum")).toEqual(["update a [-5,5) 3", "update a [0,10) 3"]);
  });

  it("a window that did not change since the last commit is not told", () => {
    const rig = rigOf("on-update");
    rig.observe(1, 1);
    rig.observe(2, 1, "b");
    rig.commit();
    rig.observe(6, 1);
    rig.commit();
    expect(rig.told("sum").slice(4)).toEqual(["update a [0,10) 2", "update a [5,15) 1"]);
    rig.commit();
    expect(rig.told("sum")).toHaveLength(6);
  });

  it("a window that closes in the commit that changed it is told as final alone", () => {
    const rig = rigOf("on-update");
    rig.observe(1, 1);
    rig.observe(7, 2);
    rig.commit();
    expect(rig.told("sum")).toEqual(["final a [-5,5) 1", "update a [0,10) 3", "update a [5,15) 2"]);
  });

  it("a window that stream time has closed is not told as open, though it was not closed yet", () => {
    const hopping = rigOf("on-update");
    const session = new Rig<SessionState<Totals>, Totals>(
      (store) => new SessionWindows(store, { gapMs: 5, graceMs: 2, aggregate: spending, emit: "on-update" }),
    );
    for (const rig of [hopping, session]) {
      rig.observe(1, 1);
      rig.streamTimeMs = 100;
      rig.tellUpdates();
      expect(rig.results).toEqual([]);
      rig.closeDue();
      expect(rig.results.every(({ kind }) => kind === "final")).toBe(true);
    }
    expect(hopping.told("sum")).toEqual(["final a [-5,5) 1", "final a [0,10) 1"]);
    expect(session.told("sum")).toEqual(["final a [1,7) 1"]);
  });

  it("on-close tells no updates", () => {
    const rig = rigOf("on-close");
    rig.observe(1, 1);
    rig.commit();
    expect(rig.told("sum")).toEqual([]);
  });

  it("finals are the same in any commits, and each window is told at most once in a commit", () => {
    const traffic = fc.array(
      fc.tuple(fc.constantFrom("a", "b"), fc.nat(80), fc.integer({ min: 1, max: 9 }), fc.boolean()),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(traffic, (records) => {
        const onClose = rigOf("on-close");
        const onUpdate = rigOf("on-update");
        for (const [key, timestampMs, value, commits] of records) {
          onClose.observe(timestampMs, value, key);
          const from = onUpdate.results.length;
          onUpdate.observe(timestampMs, value, key);
          if (!commits) continue;
          onUpdate.commit();
          const told = onUpdate
            .told("sum")
            .slice(from)
            .map((line) => line.split(" ").slice(1, 3).join());
          expect(new Set(told).size).toBe(told.length);
        }
        onClose.advanceTo(1_000);
        onUpdate.advanceTo(1_000);
        expect(onUpdate.results.filter(({ kind }) => kind === "final")).toEqual(onClose.results);
      }),
    );
  });
});
