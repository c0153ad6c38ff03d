// A bug here commits an offset without its outputs, or lets a record wait though nothing more is coming.

import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { FencedError, OutcomeUnknownError } from "../../../src/errors.ts";
import { readPositionMetadata } from "../../../src/worker/position-metadata.ts";
import { FakeClient } from "../../fakes/fake-client.ts";
import { eventually } from "../../harness/eventually.ts";
import { textOf } from "../../harness/records.ts";
import { Rig } from "./worker-rig.ts";

describe("starting", () => {
  it("opens a sender, joins, reads positions, restores, and only then reads records", async () => {
    const { client, worker, phases } = await new Rig({ share: [0, 2] }).start();
    expect(client.calls).toEqual([
      "open sender",
      "join owning none",
      "positions s-in/0 s-in/2",
      "replay s-counts-changelog/0",
      "replay s-counts-changelog/2",
      "assign s-in/0 at 0",
      "assign s-in/2 at 0",
    ]);
    expect(phases).toEqual(["joining", "restoring", "running"]);
    expect(worker.partitions).toEqual([0, 2]);
  });

  it("on partitions that another committed last, claims their positions before it reads a record", async () => {
    const rig = new Rig({ share: [0] });
    rig.client.formerWriter = "another";
    await rig.start();
    const [claim] = rig.client.commits;
    expect(claim?.records).toEqual([]);
    expect(
      claim?.offsets.map(({ offset, metadata }) => [offset, readPositionMetadata(metadata)?.writer]),
    ).toEqual([[0, rig.client.transactionalId]]);
  });

  it("with an empty share is ready too", async () => {
    const rig = await new Rig({ share: [] }).start();
    expect([rig.worker.ready, rig.worker.partitions, rig.phases]).toEqual([true, [], ["joining", "running"]]);
  });

  it("twice is one run", async () => {
    const rig = await new Rig().start();
    expect(rig.worker.run()).toBe(rig.worker.run());
  });
});

describe("an atomic commit", () => {
  it("holds outputs, changelog and offset of the same records, under the generation they were read in", async () => {
    const rig = await new Rig().start();
    rig.append(0, "a=x", "a=y");
    await rig.settled();
    const [commit] = rig.client.commits;
    expect(commit?.records.map(({ topic, value }) => `${topic} ${textOf(value)}`)).toEqual([
      "s-out x:1",
      "s-out y:2",
      "s-counts-changelog 2",
    ]);
    expect(commit?.offsets).toMatchObject([{ topic: "s-in", partition: 0, offset: 2 }]);
    expect(commit?.fence.generationId).toBe(1);
    expect(rig.client.commits).toHaveLength(1);
  });

  it("leaves its writer and the stream time in the offset's metadata", async () => {
    const rig = await new Rig().start();
    rig.append(0, "x", "y");
    await rig.settled();
    expect(
      readPositionMetadata(rig.client.committed({ topic: "s-in", partition: 0 })?.metadata ?? ""),
    ).toEqual({
      writer: "fake-0",
      streamTimeMs: 1_001,
    });
  });

  it("moves the offset past a fetch of markers only", async () => {
    const rig = await new Rig().start();
    rig.client.appendRaw({ topic: "s-in", partition: 0 }, [], 7);
    await rig.settled();
    expect([rig.committedOffset(), rig.texts()]).toEqual([7, []]);
  });

  it("leaves tasks alone that did nothing", async () => {
    const rig = await new Rig({ share: [0, 1] }).start();
    rig.append(1, "x");
    await rig.settled(1);
    expect(rig.client.commits[0]?.offsets.map(({ partition }) => partition)).toEqual([1]);
    expect(rig.reports[0]).toMatchObject({ inputs: 1, outputs: 2, tasks: 1 });
  });
});

describe("when it commits", () => {
  it("is as soon as nothing more is waiting, and all that waited goes into one commit", async () => {
    const rig = new Rig({ share: [0, 1] });
    rig.append(0, "x");
    rig.append(0, "y");
    rig.append(1, "z");
    await rig.start();
    await rig.settled(0, 1);
    expect(rig.client.commits).toHaveLength(1);
    expect(rig.client.commits[0]?.offsets.map(({ offset }) => offset)).toEqual([2, 1]);
  });

  it("is at the latest after the interval, though more is waiting", async () => {
    let nowMs = 0;
    const onRecord = () => {
      nowMs += 60;
    };
    const rig = new Rig({ commitIntervalMsMax: 100, now: () => nowMs, onRecord });
    for (const text of ["a", "b", "c", "d"]) rig.append(0, text);
    await rig.start();
    await rig.settled();
    // The clock is read before a chunk is handled, so the first of each commit costs 60 and the second reaches 120.
    expect(rig.client.commits.map(({ offsets }) => offsets[0]?.offset)).toEqual([2, 4]);
  });

  it("is when enough outputs wait", async () => {
    const rig = new Rig({ commitRecordsMax: 2, now: () => 0 });
    for (const text of ["a", "b", "c", "d", "e"]) rig.append(0, text);
    await rig.start();
    await rig.settled();
    expect(rig.client.commits.map(({ offsets }) => offsets[0]?.offset)).toEqual([2, 4, 5]);
  });

  it("is for fewer outputs after one that outlasted its transaction's time-out, until it fits", async () => {
    let nowMs = 0;
    const now = () => nowMs;
    const clock = { ...systemClock, now, delay: () => setImmediate() };
    const forever = Number.POSITIVE_INFINITY;
    const client = new FakeClient();
    client.transactionTimeoutMs = 10_000;
    const rig = new Rig({ client, now, clock, commitIntervalMsMax: forever, idleAfterMs: forever });
    client.beforeCommit = async ({ records }) => {
      nowMs += records.length * 1_000;
      if (records.length >= 10) throw new FencedError("INVALID_PRODUCER_EPOCH");
    };
    const texts = Array.from({ length: 40 }, (_, i) => `r${i}`);
    for (const text of texts) rig.append(0, text);
    await rig.start();
    await rig.settled();
    expect(rig.texts()).toEqual(texts.map((text, i) => `${text}:${i + 1}`));
    expect(rig.failures).toContainEqual(["INVALID_PRODUCER_EPOCH", "rejoin"]);
  });

  it("is never for nothing", async () => {
    const rig = await new Rig().start();
    for (let i = 0; i < 3; i++) await rig.idle();
    expect(rig.client.commits).toEqual([]);
  });
});

describe("stopping", () => {
  it("commits what was handled, then leaves the group, and the run ends", async () => {
    const gate = Promise.withResolvers<void>();
    const rig = new Rig({ onRecord: () => gate.promise });
    rig.append(0, "x");
    rig.append(0, "never read");
    const run = rig.run();
    await eventually("the handler holds a record", () => rig.phases.includes("running"));
    const stopped = rig.worker.stop();
    gate.resolve();
    await stopped;
    await run;
    expect(rig.texts()).toEqual(["x:1"]);
    expect(rig.committedOffset()).toBe(1);
    expect(rig.callsSince(-2)).toEqual(["commit generation 1", "leave"]);
    expect(rig.phases.slice(-2)).toEqual(["stopping", "stopped"]);
  });

  it("while it waits for records ends the wait", async () => {
    const rig = await new Rig().start();
    await rig.worker.stop();
    expect(rig.callsSince(-1)).toEqual(["leave"]);
    expect(rig.worker.phase).toBe("stopped");
  });

  it("leaves though its last commit is refused: the next owner reads those records again", async () => {
    const gate = Promise.withResolvers<void>();
    const rig = new Rig({ onRecord: () => gate.promise });
    rig.append(0, "x");
    rig.append(0, "y");
    const run = rig.run();
    await eventually("the handler holds a record", () => rig.phases.includes("running"));
    rig.client.commitErrors.push(new OutcomeUnknownError("no answer"));
    const stopped = rig.worker.stop();
    gate.resolve();
    await stopped;
    await run;
    expect([rig.texts(), rig.committedOffset()]).toEqual([[], undefined]);
    expect(rig.failures).toEqual([["no answer", "rebuild"]]);
    // The id is taken over once more, which aborts what the commit may have left open.
    expect(rig.callsSince(-2)).toEqual(["open sender", "leave"]);
  });

  it("before it ran never joins", async () => {
    const rig = new Rig();
    await rig.worker.stop();
    await rig.run();
    expect(rig.client.calls).toEqual(["leave"]);
  });
});

it("its place in each partition that it owns is told", async () => {
  const rig = await new Rig({ share: [1] }).start();
  rig.client.setLag({ topic: "s-in", partition: 1 }, 12);
  expect(rig.worker.inputs()).toMatchObject([{ topic: "s-in", partition: 1, position: 0, records: 12 }]);
  expect(rig.worker.streamTimes()).toEqual([{ partition: 1, streamTimeMs: -1 }]);
});
