// A bug here: the late request of a process that was killed ends the process that came after it, or two processes under one
// instance id take it from each other for ever.

import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { GroupMember } from "../../../src/kafka/group-member.ts";
import { Wire } from "../../../src/kafka/wire.ts";
import { BrokerCluster } from "../../../src/memory-broker/cluster.ts";
import { directNetwork, MemoryConnections } from "../../../src/memory-broker/connections.ts";
import { eventually, rejectionOf } from "../../harness/eventually.ts";

const sessionTimeoutMs = 6_000;

/** A group of one name, whose members all live under it, and the time as they see it. */
const openGroup = async (heartbeatIntervalMs = 60_000) => {
  const cluster = new BrokerCluster();
  onTestFinished(() => cluster.close());
  cluster.createTopic("in", 2);
  const time = { ms: 0 };
  const open = async () => {
    const connections = new MemoryConnections(directNetwork(cluster), 1_000);
    await connections.addMultipleTargetTopics(["in"]);
    const member = new GroupMember(Wire.over(connections, { ...systemClock, now: () => time.ms }), {
      groupId: "group",
      groupInstanceId: "name",
      topics: ["in"],
      sessionTimeoutMs,
      rebalanceTimeoutMs: 10_000,
      heartbeatIntervalMs,
    });
    onTestFinished(() => member.leave());
    return member;
  };
  return { open, time };
};

const replaced = { code: "STREAMS_INSTANCE_REPLACED" };

describe("an instance id that is taken", () => {
  it("right after the first join, is taken back once: the second time its holder ends", async () => {
    const { open } = await openGroup();
    const [member, late] = [await open(), await open()];
    await member.join([]);
    await late.join([]);
    expect((await member.join([0, 1])).partitions).toEqual([0, 1]);
    await (await open()).join([]);
    expect(await rejectionOf(member.join([]))).toMatchObject(replaced);
  });

  it("is taken back by who hears of it through a heartbeat", async () => {
    const { open } = await openGroup(5);
    const [member, late] = [await open(), await open()];
    await member.join([]);
    await late.join([]);
    await eventually("the member has heard of it", () => member.state === "lost");
    expect((await member.join([])).partitions).toEqual([0, 1]);
  });

  it("up to a session time-out after the first join, and not after it", async () => {
    for (const [afterMs, ends] of [
      [sessionTimeoutMs, false],
      [sessionTimeoutMs + 1, true],
    ] as const) {
      const { open, time } = await openGroup();
      const [member, other] = [await open(), await open()];
      await member.join([]);
      time.ms += afterMs;
      await other.join([]);
      const outcome = await member.join([]).then(
        () => false,
        (error: unknown) => (error as { code?: unknown }).code === replaced.code,
      );
      expect([afterMs, outcome]).toEqual([afterMs, ends]);
    }
  });

  it("ends the one of two that was there longer, at once, and the other stays", async () => {
    const { open, time } = await openGroup(5);
    const [older, younger] = [await open(), await open()];
    await older.join([]);
    time.ms += sessionTimeoutMs + 1;
    await younger.join([]);
    await eventually("the older one has heard of it", () => older.state === "replaced");
    expect(await rejectionOf(older.join([]))).toMatchObject(replaced);
    expect(younger.state).toBe("held");
  });
});
