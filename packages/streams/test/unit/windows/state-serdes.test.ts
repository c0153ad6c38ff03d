// A bug here changes what an account has spent while its windows are written or restored.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binary } from "../../../src/state/binary-serde.ts";
import { MemoryStore } from "../../../src/state/memory-store.ts";
import { jsonSerde, type Serde } from "../../../src/state/serde.ts";
import { HoppingWindows } from "../../../src/windows/hopping-window.ts";
import { SessionWindows } from "../../../src/windows/session-window.ts";
import { SlidingWindows } from "../../../src/windows/sliding-window.ts";
import {
  hoppingStateSerde,
  sessionStateSerde,
  slidingStateSerde,
  totalsShape,
  tumblingStateSerde,
} from "../../../src/windows/state-serdes.ts";
import { type Totals, totals } from "../../../src/windows/totals.ts";
import { TumblingWindows } from "../../../src/windows/tumbling-window.ts";
import type { WindowOperator } from "../../../src/windows/window.ts";

const graceMs = 20;
const spending = totals(
  (amount: number) => amount,
  (a, b) => a + b,
);
const shape = totalsShape();
const common = { graceMs, aggregate: spending };

type Store = MemoryStore<unknown>;
type Kind = readonly [string, Serde<unknown>, (store: Store) => WindowOperator<number, Totals>];

const kinds: readonly Kind[] = [
  [
    "hopping",
    hoppingStateSerde(shape) as Serde<unknown>,
    (store) => new HoppingWindows(store as never, { ...common, sizeMs: 30, advanceMs: 8 }),
  ],
  [
    "tumbling",
    tumblingStateSerde(shape) as Serde<unknown>,
    (store) => new TumblingWindows(store as never, { ...common, sizeMs: 10 }),
  ],
  [
    "session",
    sessionStateSerde(shape) as Serde<unknown>,
    (store) => new SessionWindows(store as never, { ...common, gapMs: 4, emit: "on-update" }),
  ],
  [
    "sliding",
    slidingStateSerde(shape) as Serde<unknown>,
    (store) => new SlidingWindows(store as never, { ...common, sizeMs: 500, emit: "on-close" }),
  ],
];

const records = fc.array(
  fc.record({ timestampMs: fc.integer({ min: -50, max: 600 }), value: fc.nat(2 ** 40) }),
  { minLength: 1, maxLength: 120 },
);

describe.each(kinds)("the serde of %s windows", (_, serde, operatorOf) => {
  const json = jsonSerde<unknown>();

  it("gives every state that windows come to back as JSON does", () => {
    fc.assert(
      fc.property(records, (observed) => {
        const store: Store = new MemoryStore();
        const operator = operatorOf(store);
        let streamTimeMs = -1;
        for (const { timestampMs, value } of observed) {
          streamTimeMs = Math.max(streamTimeMs, timestampMs);
          operator.observe({ key: "a", timestampMs, value, streamTimeMs }, () => {});
          operator.tellUpdates(streamTimeMs, () => {});
          for (const [, state] of store.entries()) {
            const bytes = serde.serialize(state);
            expect(serde.deserialize(bytes)).toEqual(json.deserialize(json.serialize(state)));
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it("takes fewer bytes than JSON for a state of a real size", () => {
    const store: Store = new MemoryStore();
    const operator = operatorOf(store);
    const startMs = 1_800_000_000_000;
    for (let i = 0; i < 100; i++) {
      const timestampMs = startMs + i * 3;
      operator.observe({ key: "a", timestampMs, value: 12_345 + i, streamTimeMs: timestampMs }, () => {});
    }
    const state = store.get("a");
    expect(serde.serialize(state).length).toBeLessThan(json.serialize(state).length / 2);
  });
});

it("the serde of sliding windows refuses a tree that is deeper than any it writes", () => {
  const serde = slidingStateSerde(binary.int);
  const empty = serde.serialize({ nextEndMs: null, held: [], instants: null });
  // Each level: a branch, no sum, first and last 0, one node.
  const branch = Buffer.from([1, 0, 0, 0, 1]);
  const deep = Buffer.concat([empty.subarray(0, -1), Buffer.of(1), ...Array<Buffer>(40).fill(branch)]);
  expect(() => serde.deserialize(deep)).toThrow("too deep");
});
