// A bug here fires a timer early, twice, in another order after a restart, or never.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { type FiredTimer, type TimerState, Timers } from "../../../src/time/timers.ts";

const textOf = ({ key, name, dueMs }: FiredTimer): string => `${key} ${name} ${dueMs}`;

const fireAll = (timers: Timers, nowMs: number): string[] => {
  const fired: string[] = [];
  timers.fireDue(nowMs, (timer) => fired.push(textOf(timer)));
  return fired;
};

/** As a restart does it: only what the store's bytes say goes on, in another order. */
const restored = (store: MemoryStore<TimerState>): MemoryStore<TimerState> => {
  const copy = new MemoryStore<TimerState>();
  for (const [key, state] of [...store.entries()].reverse()) copy.put(key, JSON.parse(JSON.stringify(state)));
  return copy;
};

describe("timers", () => {
  it("fire by time, then by key, then in the order in which they were set", () => {
    const timers = new Timers(new MemoryStore());
    timers.set("b", "x", 20);
    timers.set("a", "y", 20);
    timers.set("a", "x", 20);
    timers.set("c", "x", 10);
    expect(fireAll(timers, 9)).toEqual([]);
    expect(fireAll(timers, 20)).toEqual(["c x 10", "a y 20", "a x 20", "b x 20"]);
    expect(fireAll(timers, 20)).toEqual([]);
  });

  it("fire at their own millisecond and not one before", () => {
    const timers = new Timers(new MemoryStore());
    timers.set("a", "x", 10);
    expect(fireAll(timers, 9)).toEqual([]);
    expect(fireAll(timers, 10)).toEqual(["a x 10"]);
  });

  it("a timer set again is moved, and fires once", () => {
    const timers = new Timers(new MemoryStore());
    timers.set("a", "x", 10);
    timers.set("a", "y", 30);
    timers.set("a", "x", 30);
    expect(timers.dueMs("a", "x")).toBe(30);
    expect(fireAll(timers, 29)).toEqual([]);
    expect(fireAll(timers, 30)).toEqual(["a y 30", "a x 30"]);
  });

  it("a cancelled timer does not fire, and leaves no state", () => {
    const store = new MemoryStore<TimerState>();
    const timers = new Timers(store);
    timers.set("a", "x", 10);
    timers.cancel("a", "x");
    timers.cancel("a", "x");
    expect(fireAll(timers, 10)).toEqual([]);
    expect(store.size).toBe(0);
  });

  it("one that is set while firing, and due, fires in the same call; one that is cancelled does not", () => {
    const timers = new Timers(new MemoryStore());
    timers.set("a", "x", 10);
    timers.set("b", "x", 10);
    const fired: string[] = [];
    timers.fireDue(15, (timer) => {
      fired.push(textOf(timer));
      if (timer.key !== "a") return;
      timers.cancel("b", "x");
      timers.set("c", "x", 15);
      timers.set("c", "y", 16);
    });
    expect(fired).toEqual(["a x 10", "c x 15"]);
    expect(timers.dueMs("c", "y")).toBe(16);
  });

  it("a key whose timers have fired is removed, and the store does not grow", () => {
    const store = new MemoryStore<TimerState>();
    const timers = new Timers(store);
    for (let i = 0; i < 1_000; i++) {
      timers.set(`key ${i}`, "x", i + 10);
      fireAll(timers, i);
      expect(store.size).toBeLessThanOrEqual(10);
    }
  });

  it("a restart between any two steps changes nothing", () => {
    const step = fc.oneof(
      fc.record({
        key: fc.constantFrom("a", "b", "c"),
        name: fc.constantFrom("x", "y"),
        dueMs: fc.nat(60),
      }),
      fc.record({ key: fc.constantFrom("a", "b", "c"), cancel: fc.constantFrom("x", "y") }),
      fc.record({ nowMs: fc.nat(60) }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.boolean()), { maxLength: 40 }), (steps) => {
        const run = (mayRestart: boolean): string[] => {
          let store = new MemoryStore<TimerState>();
          let timers = new Timers(store);
          const fired: string[] = [];
          for (const [what, restart] of steps) {
            if (mayRestart && restart) {
              store = restored(store);
              timers = new Timers(store);
            }
            if ("nowMs" in what) fired.push(...fireAll(timers, what.nowMs));
            else if ("cancel" in what) timers.cancel(what.key, what.cancel);
            else timers.set(what.key, what.name, what.dueMs);
          }
          return [...fired, ...fireAll(timers, 100), `${store.size} left`];
        };
        expect(run(true)).toEqual(run(false));
      }),
    );
  });
});
