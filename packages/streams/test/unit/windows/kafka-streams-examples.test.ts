// A bug here means that somebody who knows Kafka Streams expects something else of the same words.
//
// The examples of Kafka Streams' documentation, as tables. Where ours differ by design, the table says in which way.

import { describe, expect, it } from "vitest";
import type { KeyValueStore } from "../../../src/state/store.ts";
import { fold } from "../../../src/windows/aggregate.ts";
import { hoppingWindowsOf, tumblingWindowOf } from "../../../src/windows/assigners.ts";
import { type SessionState, SessionWindows } from "../../../src/windows/session-window.ts";
import { type SlidingState, SlidingWindows } from "../../../src/windows/sliding-window.ts";
import { TumblingWindows } from "../../../src/windows/tumbling-window.ts";
import { Rig } from "./naive-windows.ts";

/** Tells the values themselves, in ascending order. */
const list = fold({
  initial: () => [] as number[],
  add: (values, one: number) => [...values, one].sort((a, b) => a - b),
  merge: (into, more) => [...into, ...more].sort((a, b) => a - b),
});

describe("TimeWindows (https://kafka.apache.org/42/javadoc/org/apache/kafka/streams/kstream/TimeWindows.html)", () => {
  it.each([
    // "hopping windows with size of 5000ms and advance of 3000ms, have window boundaries [0;5000),[3000;8000),..."
    // Theirs begin at the epoch; ours go on before it, so a time below 2000 is in [-3000;2000) too.
    [
      0,
      [
        [-3000, 2000],
        [0, 5000],
      ],
    ],
    [
      1999,
      [
        [-3000, 2000],
        [0, 5000],
      ],
    ],
    [2000, [[0, 5000]]],
    [2999, [[0, 5000]]],
    [
      3000,
      [
        [0, 5000],
        [3000, 8000],
      ],
    ],
    [
      4999,
      [
        [0, 5000],
        [3000, 8000],
      ],
    ],
    [5000, [[3000, 8000]]],
    [
      7999,
      [
        [3000, 8000],
        [6000, 11000],
      ],
    ],
    [8000, [[6000, 11000]]],
  ])("size 5000, advance 3000: a record at %d is in %j", (timestampMs, windows) => {
    expect(
      hoppingWindowsOf(timestampMs, { sizeMs: 5_000, advanceMs: 3_000 }).map((w) => [w.startMs, w.endMs]),
    ).toEqual(windows);
  });

  it.each([
    // "The time interval represented by the N-th window is: [N * size, N * size + size)".
    [0, 0],
    [4999, 0],
    [5000, 1],
    [10000, 2],
  ])("size 5000, tumbling: a record at %d is in window %d", (timestampMs, n) => {
    expect(tumblingWindowOf(timestampMs, 5_000)).toEqual({ startMs: n * 5_000, endMs: n * 5_000 + 5_000 });
  });

  it.each([
    // Windows: "accept new records until stream_time >= window_end + grace_period".
    [5999, true],
    [6000, false],
  ])("size 5000, grace 1000: at stream time %d the window [0;5000) accepts: %s", (streamTimeMs, accepts) => {
    const rig = new Rig(
      (store: KeyValueStore<never>) =>
        new TumblingWindows(store, { sizeMs: 5_000, graceMs: 1_000, aggregate: list }),
    );
    rig.observe(streamTimeMs, 1, "b");
    expect(rig.observe(4_999).length === 0).toBe(accepts);
  });
});

describe("SlidingWindows (https://kafka.apache.org/42/javadoc/org/apache/kafka/streams/kstream/SlidingWindows.html)", () => {
  const records = [
    [8_000, 1],
    [9_200, 2],
    [12_400, 3],
  ] as const;
  /** Their difference of 5000 is inclusive at both ends; ours is half-open, so it is a size of 5001. */
  const rigOf = () =>
    new Rig<SlidingState<number[]>, number[]>(
      (store) => new SlidingWindows(store, { sizeMs: 5_001, graceMs: 0, aggregate: list, emit: "on-close" }),
    );

  it("time difference 5000: the windows that end at a record are theirs", () => {
    const rig = rigOf();
    for (const [at, value] of records) rig.observe(at, value);
    rig.advanceTo(20_000);
    expect(
      rig.results.map((one) => [one.window.startMs, one.window.endMs - 1, one.kind === "final" && one.value]),
    ).toEqual([
      [3_000, 8_000, [1]],
      [4_200, 9_200, [1, 2]],
      [7_400, 12_400, [1, 2, 3]],
      // Theirs too are [8001;13001] with [2,3] and [9201;14201] with [3], made when a record drops out. Ours are anchored
      // at records: a window at which nothing happened is not told.
    ]);
  });

  it.each([
    // "a window is closed when stream-time > window-end + grace-period", with an inclusive end.
    [8_000, true],
    [8_001, false],
  ])("no grace: at stream time %d the window [3000;8000] accepts: %s", (streamTimeMs, accepts) => {
    const rig = rigOf();
    rig.observe(streamTimeMs, 1, "b");
    expect(rig.observe(8_000).length === 0).toBe(accepts);
  });
});

describe("SessionWindows (https://kafka.apache.org/42/javadoc/org/apache/kafka/streams/kstream/SessionWindows.html)", () => {
  const rigOf = (graceMs: number) =>
    new Rig<SessionState<number[]>, number[]>(
      (store) => new SessionWindows(store, { gapMs: 5, graceMs, aggregate: list }),
    );
  /** Their session ends at its last record; ours where the next one would be too far away. */
  const told = (rig: Rig<SessionState<number[]>, number[]>) =>
    rig.results.map((one) => [one.window.startMs, one.window.endMs - 6, one.kind === "final" && one.value]);

  it("gap 5: values 1, 2, 3 at 10, 12, 20 are two sessions, 10 to 12 and 20 to 20", () => {
    const rig = rigOf(0);
    for (const [at, value] of [
      [10, 1],
      [12, 2],
      [20, 3],
    ] as const)
      rig.observe(at, value);
    rig.advanceTo(100);
    expect(told(rig)).toEqual([
      [10, 12, [1, 2]],
      [20, 20, [3]],
    ]);
  });

  it("and value 4 at 16 makes them one, 10 to 20, of all four", () => {
    const rig = rigOf(10);
    for (const [at, value] of [
      [10, 1],
      [12, 2],
      [20, 3],
      [16, 4],
    ] as const)
      rig.observe(at, value);
    rig.advanceTo(100);
    expect(told(rig)).toEqual([[10, 20, [1, 2, 3, 4]]]);
  });
});
