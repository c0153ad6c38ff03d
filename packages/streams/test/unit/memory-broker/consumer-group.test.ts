// A bug here is a group that lets a member commit which Kafka would refuse, or the other way round.

import { describe, expect, it } from "vitest";
import { errorCodes } from "../../../src/kafka/protocol/errors.ts";
import { ConsumerGroup } from "../../../src/memory-broker/consumer-group.ts";
import type { JoinAnswer } from "../../../src/memory-broker/group-messages.ts";
import { Scheduler } from "../../../src/testing/simulation/scheduler.ts";

const sessionTimeoutMs = 3_000;

/** A group and members that do what they should. */
const newGroup = () => {
  const scheduler = new Scheduler();
  const group = new ConsumerGroup("g", scheduler.clock);
  const join = (instanceId: string | null, memberId = ""): { answer: JoinAnswer | undefined } => {
    const joined: { answer: JoinAnswer | undefined } = { answer: undefined };
    const request = {
      memberId,
      instanceId,
      clientId: "test",
      sessionTimeoutMs,
      rebalanceTimeoutMs: 5_000,
      protocol: "p",
      metadata: Buffer.from("m"),
    };
    group.join(request, (answer) => {
      joined.answer = answer;
    });
    return joined;
  };
  const sync = (
    instanceId: string | null,
    { memberId, generationId, members }: JoinAnswer,
  ): string | undefined => {
    let share: string | undefined;
    const shares = new Map(members.map((member) => [member.memberId, Buffer.from(member.memberId)]));
    group.sync({ memberId, instanceId }, generationId, shares, ({ assignment }) => {
      share = assignment.toString();
    });
    return share;
  };
  const pass = (ms: number): Promise<boolean> => scheduler.run(() => false, ms);
  return { group, join, sync, pass };
};

const given = (joined: { answer: JoinAnswer | undefined }): JoinAnswer => {
  if (joined.answer === undefined) throw new Error("the join is not answered");
  return joined.answer;
};

const fence = ({ memberId, generationId }: JoinAnswer, groupInstanceId: string) => ({
  memberId,
  generationId,
  groupInstanceId,
});

describe("a generation", () => {
  it("begins when every member has joined again", () => {
    const { group, join, sync } = newGroup();
    const first = given(join("a"));
    sync("a", first);
    const second = join("b");
    expect(second.answer).toBeUndefined();
    expect(group.heartbeat({ memberId: first.memberId, instanceId: "a" }, 1)).toBe(
      errorCodes.REBALANCE_IN_PROGRESS,
    );
    const again = given(join("a", first.memberId));
    expect([again.generationId, given(second).generationId]).toEqual([2, 2]);
  });

  it("still takes commits of the last one while it is being prepared, and none after", () => {
    const { group, join, sync } = newGroup();
    const first = given(join("a"));
    sync("a", first);
    join("b");
    expect(group.fenceFault(fence(first, "a"))).toBe(errorCodes.NONE);
    join("a", first.memberId);
    expect(group.fenceFault(fence(first, "a"))).toBe(errorCodes.ILLEGAL_GENERATION);
  });

  it("goes on without a member whose session is over", async () => {
    const { group, join, sync, pass } = newGroup();
    sync("a", given(join("a")));
    await pass(sessionTimeoutMs + 1);
    expect(group.memberIds).toEqual([]);
  });
});

describe("a static member", () => {
  it("is replaced by who joins under its instance id, without a rebalance, and is fenced", () => {
    const { group, join, sync } = newGroup();
    const first = given(join("a"));
    sync("a", first);
    const successor = given(join("a"));
    expect(successor.generationId).toBe(first.generationId);
    expect(successor.memberId).not.toBe(first.memberId);
    expect(sync("a", successor)).toBe(first.memberId);
    expect(group.fenceFault(fence(first, "a"))).toBe(errorCodes.FENCED_INSTANCE_ID);
    expect(group.fenceFault(fence(successor, "a"))).toBe(errorCodes.NONE);
  });
});

describe("a dynamic member", () => {
  it("is given an id before it may join", () => {
    const { join } = newGroup();
    const { errorCode, memberId } = given(join(null));
    expect(errorCode).toBe(errorCodes.MEMBER_ID_REQUIRED);
    expect(given(join(null, memberId))).toMatchObject({ errorCode: 0, memberId, generationId: 1 });
  });
});

describe("another coordinator", () => {
  it("knows the last generation that was shared out, and not the one being prepared", () => {
    const { group, join, sync } = newGroup();
    const first = given(join("a"));
    sync("a", first);
    join("b");
    join("a", first.memberId);
    expect(group.generation).toBe(2);
    group.reload();
    expect(group.generation).toBe(1);
    expect(group.heartbeat({ memberId: first.memberId, instanceId: "a" }, 1)).toBe(errorCodes.NONE);
  });
});

it("a commit without generation and member is not fenced at all, as in Kafka", () => {
  const { group } = newGroup();
  const unfenced = { generationId: -1, memberId: "", groupInstanceId: null };
  expect(group.fenceFault(unfenced)).toBe(errorCodes.NONE);
});
