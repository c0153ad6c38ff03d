// A bug here lets two processes work on one partition: a record counted by both, or by neither.

import { describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { FencedError } from "../../../src/errors.ts";
import { eventually } from "../../harness/eventually.ts";
import { Rig } from "./worker-rig.ts";

/** A worker that holds a handled, uncommitted record of partition 0, and the gate that lets it go on to the next. */
const withUncommitted = async (share: readonly number[] = [0]) => {
  const gate = Promise.withResolvers<void>();
  const rig = new Rig({
    share,
    commitIntervalMsMax: 1_000_000,
    onRecord: ({ value }) => (value === "second" ? gate.promise : undefined),
  });
  rig.append(0, "first");
  rig.append(0, "second");
  rig.append(0, "third");
  rig.run();
  await eventually("the second record is held", () => rig.phases.includes("running"));
  return { rig, gate };
};

describe("when the group is rebalancing", () => {
  it("it commits what it holds under the old generation, and only then joins", async () => {
    const { rig, gate } = await withUncommitted();
    const before = rig.client.calls.length;
    rig.client.changeState("rebalancing");
    gate.resolve();
    await rig.settled();
    expect(rig.callsSince(before)).toEqual(["commit generation 1", "join owning 0", "commit generation 2"]);
    expect(rig.client.commits.map(({ offsets }) => offsets[0]?.offset)).toEqual([2, 3]);
    expect(rig.texts()).toEqual(["first:1", "second:2", "third:3"]);
  });

  it("it keeps the tasks that stay its own, and drops and opens the others", async () => {
    const rig = await new Rig({ share: [0, 1] }).start();
    rig.append(0, "x");
    rig.append(1, "y");
    await rig.settled(0, 1);
    await rig.ready();
    const before = rig.client.calls.length;
    rig.client.share = [1, 2];
    rig.client.changeState("rebalancing");
    await eventually("it owns 1 and 2", () => rig.worker.partitions.join() === "1,2");
    await rig.ready();
    expect(rig.callsSince(before)).toEqual([
      "join owning 0,1",
      "unassign s-in/0",
      "positions s-in/2",
      "replay s-counts-changelog/2",
      "assign s-in/2 at 0",
    ]);
    rig.append(1, "y");
    await rig.settled(1);
    expect(rig.texts("s-out", 1)).toEqual(["y:1", "y:2"]);
  });

  it("it begins a partition that comes back from what was committed for it meanwhile", async () => {
    const rig = await new Rig({ share: [0] }).start();
    rig.append(0, "x");
    await rig.settled();
    for (const share of [[], [0]]) {
      await rig.ready();
      rig.client.share = share;
      rig.client.changeState("rebalancing");
      await eventually("it has its share", () => rig.worker.partitions.join() === share.join());
    }
    rig.append(0, "y");
    await rig.settled();
    expect(rig.texts()).toEqual(["x:1", "y:2"]);
  });

  it("it counts a task that is set aside as its own, and lets go of it when the group does", async () => {
    const pause = Promise.withResolvers<void>();
    const clock: Clock = { ...systemClock, delay: () => pause.promise };
    let failures = 0;
    const onRecord = ({ value }: { readonly value: unknown }): void => {
      if (value === "bad" && failures++ === 0) throw new Error("a moment's trouble");
    };
    const rig = await new Rig({ share: [0, 1], clock, onRecord }).start();
    rig.append(0, "x", "bad");
    await eventually("partition 0 is set aside", () => rig.worker.partitions.join() === "1");
    await rig.ready();
    const before = rig.client.calls.length;
    for (const share of [[1], [0, 1]]) {
      rig.client.share = share;
      rig.client.changeState("rebalancing");
      await eventually("it has its share", () => rig.worker.partitions.join() === share.join());
      await rig.ready();
    }
    expect(rig.callsSince(before).filter((call) => /^(join|positions)/.test(call))).toEqual([
      "join owning 0,1",
      "join owning 1",
      "positions s-in/0",
    ]);
    await rig.settled();
    expect(rig.texts()).toEqual(["x:1", "bad:2"]);
    pause.resolve();
  });

  it("a commit refused for its generation drops everything, joins owning nothing, and handles it again", async () => {
    const { rig, gate } = await withUncommitted();
    rig.client.commitErrors.push(new FencedError("ILLEGAL_GENERATION"));
    rig.client.changeState("rebalancing");
    gate.resolve();
    await rig.settled();
    expect(rig.failures).toEqual([["ILLEGAL_GENERATION", "rejoin"]]);
    expect(rig.client.claims).toEqual([[], []]);
    expect(rig.texts()).toEqual(["first:1", "second:2", "third:3"]);
  });

  it("a commit refused though no heartbeat has said so joins again all the same", async () => {
    const rig = await new Rig().start();
    rig.client.commitErrors.push(new FencedError("PRODUCER_FENCED"));
    rig.append(0, "x");
    await rig.settled();
    expect(rig.client.state).toBe("held");
    expect(rig.client.claims).toEqual([[], []]);
    expect(rig.client.commits.map(({ fence }) => fence.generationId)).toEqual([2]);
  });

  // Another member may have owned, processed and committed the partition in the generation that was missed: the
  // group gave this member's claim the partition back, and its task still stands where it stood before.
  it("a generation missed on the way drops the tasks, though the partitions are the same", async () => {
    const rig = await new Rig({ share: [0] }).start();
    rig.append(0, "x");
    await rig.settled();
    await rig.ready();
    const before = rig.client.calls.length;
    rig.client.continuous = false;
    rig.client.changeState("rebalancing");
    await eventually("it has joined again", () => rig.client.claims.length === 2);
    await rig.ready();
    expect(rig.callsSince(before)).toContain("positions s-in/0");
  });
});

describe("when the membership is lost", () => {
  it.each(["lost", "replaced"] as const)(
    "%s: nothing is committed, and everything is read again",
    async (state) => {
      const { rig, gate } = await withUncommitted();
      const before = rig.client.calls.length;
      rig.client.changeState(state);
      gate.resolve();
      await rig.settled();
      expect(rig.callsSince(before)).toEqual([
        "unassign s-in/0",
        "join owning none",
        "positions s-in/0",
        "replay s-counts-changelog/0",
        "assign s-in/0 at 0",
        "commit generation 2",
      ]);
      expect(rig.texts()).toEqual(["first:1", "second:2", "third:3"]);
    },
  );

  it("a chunk of a partition that is no longer its own is not handled", async () => {
    const rig = await new Rig({ share: [0, 1] }).start();
    rig.client.share = [0];
    rig.client.changeState("rebalancing");
    await eventually("it owns 0", () => rig.worker.partitions.join() === "0");
    rig.append(1, "somebody else's");
    rig.append(0, "x");
    await rig.settled(0);
    expect(rig.texts("s-out", 1)).toEqual([]);
  });
});

describe("joining", () => {
  it("that fails is tried again, with a fresh sender", async () => {
    const rig = new Rig();
    rig.client.joinErrors.push(new FencedError("another process joined"));
    await rig.start();
    expect(rig.client.calls.slice(0, 4)).toEqual([
      "open sender",
      "join owning none",
      "open sender",
      "join owning none",
    ]);
  });
});
