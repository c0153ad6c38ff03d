// A bug here makes a figure depend on which of two transactions was quicker through the network.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { KeyValueStore } from "../../../src/state/store.ts";
import { HoppingWindows } from "../../../src/windows/hopping-window.ts";
import { SessionWindows } from "../../../src/windows/session-window.ts";
import { SlidingWindows } from "../../../src/windows/sliding-window.ts";
import type { Totals } from "../../../src/windows/totals.ts";
import { TumblingWindows } from "../../../src/windows/tumbling-window.ts";
import type { WindowOperator } from "../../../src/windows/window.ts";
import { Rig, type Seen, spending } from "./naive-windows.ts";

/** As long as the traffic, so that every order is within it. */
const graceMs = 100;

const kinds: Record<string, (store: KeyValueStore<never>) => WindowOperator<number, Totals>> = {
  tumbling: (store) => new TumblingWindows(store, { sizeMs: 10, graceMs, aggregate: spending }),
  hopping: (store) => new HoppingWindows(store, { sizeMs: 20, advanceMs: 8, graceMs, aggregate: spending }),
  sliding: (store) =>
    new SlidingWindows(store, { sizeMs: 12, graceMs, aggregate: spending, emit: "on-close" }),
  "sliding, resolution 4": (store) =>
    new SlidingWindows(store, {
      sizeMs: 12,
      resolutionMs: 4,
      graceMs,
      aggregate: spending,
      emit: "on-close",
    }),
  session: (store) => new SessionWindows(store, { gapMs: 6, graceMs, aggregate: spending }),
};

const record = fc.record({
  key: fc.constantFrom("a", "b"),
  timestampMs: fc.nat(graceMs - 1),
  value: fc.integer({ min: 1, max: 1_000 }),
});
const permuted = fc
  .array(record, { maxLength: 40 })
  .chain((records) =>
    fc.tuple(fc.constant(records), fc.shuffledSubarray(records, { minLength: records.length })),
  );

const finalsOf = (
  make: (store: KeyValueStore<never>) => WindowOperator<number, Totals>,
  records: readonly Seen[],
  restarts: boolean,
) => {
  const rig = new Rig<never, Totals>(make);
  for (const { key, timestampMs, value } of records) {
    if (restarts) rig.restart();
    expect(rig.observe(timestampMs, value, key)).toEqual([]);
  }
  if (restarts) rig.restart();
  rig.advanceTo(1_000);
  expect(rig.store.size).toBe(0);
  return rig.results;
};

describe.each(Object.entries(kinds))("%s windows", (_, make) => {
  it("any permutation within the grace gives the same finals in the same order, and nothing is late", () => {
    fc.assert(
      fc.property(permuted, ([records, shuffled]) => {
        const inOrder = records.toSorted((x, y) => x.timestampMs - y.timestampMs);
        expect(finalsOf(make, shuffled, false)).toEqual(finalsOf(make, inOrder, false));
      }),
      { numRuns: 300 },
    );
  });

  it("state that is written and read at every step changes nothing", () => {
    fc.assert(
      fc.property(permuted, ([, shuffled]) => {
        expect(finalsOf(make, shuffled, true)).toEqual(finalsOf(make, shuffled, false));
      }),
      { numRuns: 100 },
    );
  });
});
