// A bug here closes windows over records that are still to be read, or leaves them open for ever once traffic stops.

import { describe, expect, it } from "vitest";
import { readPositionMetadata } from "../../../src/worker/position-metadata.ts";
import { counts } from "../../harness/count-stage.ts";
import { eventually } from "../../harness/eventually.ts";
import { Rig } from "./worker-rig.ts";

const input = { topic: "s-in", partition: 0 };

const committedStreamTime = (rig: Rig): number | undefined =>
  readPositionMetadata(rig.client.committed(input)?.metadata ?? "")?.streamTimeMs;

interface QuietOptions {
  readonly share?: readonly number[];
  /** Whether an advance changes the state, as one that closes a window does. */
  readonly acts?: boolean;
}

/** A worker whose clock the test holds, which has handled one record of event time 1,000 at wall clock 100,000. */
const quiet = async ({ share = [0], acts = true }: QuietOptions = {}) => {
  const clock = { nowMs: 100_000 };
  /** Stream times that a task was advanced to. */
  const advances: number[] = [];
  const rig = await new Rig({
    share,
    idleAfterMs: 5_000,
    now: () => clock.nowMs,
    onBatch: (size, task) => {
      if (size > 0) return;
      advances.push(task.streamTimeMs);
      if (acts) task.store(counts).put("advances", advances.length);
    },
  }).start();
  rig.append(0, "x");
  await rig.settled();
  const idleAt = async (nowMs: number) => {
    clock.nowMs = nowMs;
    await rig.idle();
  };
  return { rig, clock, idleAt, advances };
};

describe("when input has been idle", () => {
  it("stream time follows the wall clock, as far behind it as idle means", async () => {
    const { idleAt, advances } = await quiet();
    await idleAt(105_000);
    expect(advances).toEqual([100_000]);
  });

  it("what an advance changed is committed with it, at the same offset", async () => {
    const { rig, idleAt } = await quiet();
    await idleAt(105_000);
    expect([committedStreamTime(rig), rig.committedOffset()]).toEqual([100_000, 1]);
    expect(rig.texts("s-counts-changelog")).toEqual(["1", "1"]);
  });

  it("an advance without effect is committed too: what is late for it must be late after a restart", async () => {
    const { rig, idleAt, advances } = await quiet({ acts: false });
    await idleAt(105_000);
    expect([advances, committedStreamTime(rig)]).toEqual([[100_000], 100_000]);
  });

  it("nothing moves one millisecond before", async () => {
    const { rig, idleAt, advances } = await quiet();
    await idleAt(104_999);
    expect([advances, committedStreamTime(rig)]).toEqual([[], 1_000]);
  });

  it("it moves once in each such time, not with every look", async () => {
    const { idleAt, advances } = await quiet();
    for (const nowMs of [105_000, 106_000, 109_999, 110_000]) await idleAt(nowMs);
    expect(advances).toEqual([100_000, 105_000]);
  });

  it("tasks that are idle move together, in one commit, though their last input was not at one time", async () => {
    const { rig, clock, idleAt, advances } = await quiet({ share: [0, 1, 2] });
    clock.nowMs = 102_000;
    rig.append(1, "y");
    await rig.settled(1);
    clock.nowMs = 104_000;
    rig.append(2, "z");
    await rig.settled(2);
    await idleAt(105_000);
    await idleAt(107_000);
    expect(advances).toEqual([100_000, 102_000, 102_000]);
    await idleAt(109_000);
    const before = rig.client.commits.length;
    for (const nowMs of [113_999, 114_000, 114_001]) await idleAt(nowMs);
    expect(advances.slice(3)).toEqual([104_000, 104_000, 104_000, 109_000, 109_000, 109_000]);
    expect(rig.client.commits.slice(before).map(({ offsets }) => offsets.length)).toEqual([3]);
  });

  it("a task that has not caught up does not move", async () => {
    const { rig, idleAt, advances } = await quiet();
    rig.client.setLag(input, 1);
    await idleAt(105_000);
    expect(advances).toEqual([]);
    rig.client.setLag(input, 0);
    await idleAt(110_000);
    expect(advances).toEqual([105_000]);
  });

  it("it moves no further than to when the input was last known to be read to its end", async () => {
    const { rig, idleAt, advances } = await quiet();
    rig.client.heardOfInputAtMs = 100_700;
    await idleAt(106_000);
    await idleAt(111_000);
    expect([advances, committedStreamTime(rig)]).toEqual([[100_700], 100_700]);
    rig.client.heardOfInputAtMs = 115_900;
    await idleAt(116_000);
    expect(advances).toEqual([100_700, 111_000]);
  });

  it("a task that has seen no record has no time to move", async () => {
    const { rig, idleAt, advances } = await quiet({ share: [0, 1] });
    await idleAt(105_000);
    expect(advances).toEqual([100_000]);
    expect(rig.client.commits.flatMap(({ offsets }) => offsets.map(({ partition }) => partition))).toEqual([
      0, 0,
    ]);
  });

  it("stream time that is ahead of the wall clock stays", async () => {
    const { rig, idleAt, advances } = await quiet();
    rig.client.appendRaw(
      input,
      [{ offset: 1, timestampMs: 999_999, key: null, value: Buffer.from("y"), headers: [] }],
      2,
    );
    await rig.settled();
    await idleAt(200_000);
    expect([advances, committedStreamTime(rig)]).toEqual([[], 999_999]);
  });

  it("a new record begins the wait anew", async () => {
    const { rig, idleAt, advances } = await quiet();
    await idleAt(104_000);
    rig.append(0, "y");
    await rig.settled();
    await idleAt(108_999);
    expect(advances).toEqual([]);
    await idleAt(109_000);
    expect(advances).toEqual([104_000]);
  });

  it("a restart goes on at the stream time that was committed", async () => {
    const { rig, idleAt } = await quiet();
    await idleAt(105_000);
    await rig.ready();
    rig.client.changeState("lost");
    await eventually("it has joined again", () => rig.client.claims.length === 2);
    rig.append(0, "y");
    await rig.settled();
    expect(committedStreamTime(rig)).toBe(100_000);
  });
});

describe("one partition idle, another busy in the same worker", () => {
  it("the idle one's time moves: it must not depend on which partitions share a process", async () => {
    const { rig, clock, advances } = await quiet({ share: [0, 1] });
    for (let i = 0; i < 4; i++) {
      clock.nowMs += 3_000;
      rig.append(1, "busy");
      await rig.settled(1);
      await rig.idle();
    }
    expect(advances.length).toBeGreaterThan(0);
  });
});
