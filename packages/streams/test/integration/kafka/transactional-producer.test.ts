// A bug here shows half of an atomic commit, or lets a process that was given up write after its successor began.

import { setTimeout as delay } from "node:timers/promises";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { FencedError } from "../../../src/errors.ts";
import { Coordinator } from "../../../src/kafka/coordinator.ts";
import { GroupMember } from "../../../src/kafka/group-member.ts";
import type { AtomicCommit, Membership } from "../../../src/kafka/ports.ts";
import { CommittedPositions } from "../../../src/kafka/position-reader.ts";
import { sendBatches } from "../../../src/kafka/produce-batches.ts";
import { initProducerId } from "../../../src/kafka/protocol/init-producer-id.ts";
import { encodeRecordBatch } from "../../../src/kafka/record-batch.ts";
import { protocolOf, TransactionalProducer, takeOver } from "../../../src/kafka/transactional-producer.ts";
import type { Wire } from "../../../src/kafka/wire.ts";
import { closing } from "../../harness/clients.ts";
import {
  brokerWithinMs,
  committedTexts,
  createTopics,
  openWire,
  outgoing,
  uniqueName,
} from "../../harness/cluster.ts";
import { rejectionOf } from "../../harness/eventually.ts";
import { clusters } from "../../harness/transaction-versions.ts";

const transactionTimeoutMs = 4_000;

let group: string;
let input: string;
let output: string;
let changelog: string;
let wire: Wire;
let member: GroupMember;
let membership: Membership;

const memberOf = (of: Wire, instanceId: string): GroupMember =>
  new GroupMember(of, {
    groupId: group,
    groupInstanceId: instanceId,
    topics: [input],
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 6_000,
    heartbeatIntervalMs: 200,
  });

const openProducer = (transactionalId = `${group}-tx`): Promise<TransactionalProducer> =>
  TransactionalProducer.open(wire, { transactionalId, groupId: group, transactionTimeoutMs });

/** One record to the output and one to the changelog of partition 0, and the input's offset there. */
const commitOf = (name: string, offset: number, fence = membership.fence): AtomicCommit => ({
  records: [outgoing(output, 0, "k", name), outgoing(changelog, 0, "k", name)],
  offsets: [{ topic: input, partition: 0, offset, metadata: name }],
  fence,
});

const positions = () =>
  new CommittedPositions(wire, {
    groupId: group,
    transactionTimeoutMs,
    transactionalId: "reader",
    writerOf: () => undefined,
  });

/** What a reader sees of all three: outputs, changelog, the committed offset with its metadata. */
const visible = async () => {
  const [stored] = await positions().read([{ topic: input, partition: 0 }]);
  return {
    outputs: await committedTexts(output),
    changelog: await committedTexts(changelog),
    offset: stored?.offset,
    metadata: stored?.metadata,
  };
};

const nothing = { outputs: [], changelog: [], offset: 0, metadata: "" };

beforeEach(async () => {
  group = uniqueName("tx");
  [input, output, changelog] = [`${group}-in`, `${group}-out`, `${group}-changelog`];
  await createTopics([input, output, changelog]);
  wire = closing(await openWire(input, output, changelog));
  const groupWire = closing(await openWire(input));
  member = memberOf(groupWire, "one");
  closing({ close: () => member.leave() });
  membership = await member.join([]);
});

const contextOf = (transactionalId: string) => ({
  wire,
  transactionalId,
  transactionTimeoutMs,
  transactions: new Coordinator(wire, "transaction", transactionalId),
  group: new Coordinator(wire, "group", group),
});

/** Leaves a transaction open: a record in the output's partition 0 that nobody has decided about. */
const leaveOpen = async (transactionalId: string, name: string): Promise<void> => {
  const identity = await takeOver(wire, transactionalId, 60_000);
  const bytes = encodeRecordBatch([outgoing(output, 0, "k", name)], {
    ...identity,
    baseSequence: 0,
    transactional: true,
  });
  const protocol = await protocolOf(contextOf(transactionalId), identity);
  await protocol.addPartitions([{ topic: output, partition: 0 }]);
  await sendBatches(wire, [{ topic: output, partition: 0, bytes }], {
    transactionalId,
    version: protocol.produceVersion,
    deadlineMs: 4_000,
  });
};

describe.each(clusters)("on a cluster of transaction version $version", ({ version, prepare }) => {
  beforeAll(prepare, brokerWithinMs);

  it("that is the level the cluster has finalized", async () => {
    expect(await wire.featureLevel("transaction.version")).toBe(version);
  });

  describe("an atomic commit", () => {
    it("makes outputs, changelog and offsets visible together", async () => {
      const producer = await openProducer();
      await producer.commit(commitOf("first", 5));
      expect(await visible()).toEqual({
        outputs: ["k=first"],
        changelog: ["k=first"],
        offset: 5,
        metadata: "first",
      });
    });

    it("of records alone needs no group, and is fenced by the next owner of the id", async () => {
      const producer = await openProducer();
      await producer.write(commitOf("alone", 5).records);
      await openProducer();
      const refused = producer.write(commitOf("zombie", 6).records);
      expect(await rejectionOf(refused)).toBeInstanceOf(FencedError);
      expect(await visible()).toEqual({ ...nothing, outputs: ["k=alone"], changelog: ["k=alone"] });
    });

    it("follows another at once, over and over", async () => {
      const producer = await openProducer();
      for (let i = 0; i < 20; i++) await producer.commit(commitOf(`${i}`, i));
      const { outputs, offset } = await visible();
      expect(outputs).toEqual(Array.from({ length: 20 }, (_, i) => `k=${i}`));
      expect(offset).toBe(19);
    });

    it("of offsets alone is one too", async () => {
      const producer = await openProducer();
      await producer.commit({ ...commitOf("only", 3), records: [] });
      await producer.commit(commitOf("then", 4));
      expect(await visible()).toMatchObject({ outputs: ["k=then"], offset: 4 });
    });

    it("of more bytes than one batch holds keeps their order in every partition", async () => {
      const producer = await openProducer();
      const large = "x".repeat(400_000);
      const records = [0, 1, 2, 3, 4, 5].flatMap((i) => [
        outgoing(output, 0, `${i}`, large),
        outgoing(output, 1, `${i}`, "small"),
      ]);
      await producer.commit({ ...commitOf("large", 9), records });
      const keys = (await committedTexts(output)).map((text) => text.slice(0, 1));
      expect(keys.join("")).toBe("012345012345");
    });
  });

  describe("a transaction that its producer never ended", () => {
    it("is aborted by the next producer of the same id, and nothing of it is ever visible", async () => {
      await leaveOpen(`${group}-tx`, "abandoned");
      const producer = await openProducer();
      await producer.commit(commitOf("next", 1));
      expect(await visible()).toEqual({
        outputs: ["k=next"],
        changelog: ["k=next"],
        offset: 1,
        metadata: "next",
      });
    });
  });

  describe("a zombie", () => {
    it("whose id was taken over is fenced, and nothing of its commit is visible", async () => {
      const zombie = await openProducer();
      const successor = await openProducer();
      const error = await rejectionOf(zombie.commit(commitOf("zombie", 7)));
      expect(error).toBeInstanceOf(FencedError);
      expect(await visible()).toEqual(nothing);
      await successor.commit(commitOf("successor", 8));
      expect(await visible()).toMatchObject({ outputs: ["k=successor"], offset: 8 });
    });

    it("that committed before is fenced at its next commit all the same", async () => {
      const zombie = await openProducer();
      await zombie.commit(commitOf("before", 1));
      await openProducer();
      await expect(zombie.commit(commitOf("after", 2))).rejects.toBeInstanceOf(FencedError);
      expect(await visible()).toMatchObject({ outputs: ["k=before"], offset: 1 });
    });
  });

  describe("offsets that a transaction is deciding about", () => {
    it.each([
      ["commits", 7],
      ["aborts", 0],
    ] as const)("are waited for: the stable read answers when it %s", async (how, expected) => {
      const transactionalId = `${group}-pending`;
      const context = contextOf(transactionalId);
      const protocol = await protocolOf(context, await takeOver(wire, transactionalId, 60_000));
      await protocol.commitOffsets(
        [{ topic: input, partition: 0, offset: 7, metadata: "" }],
        membership.fence,
      );
      let answered = false;
      const reading = positions()
        .read([{ topic: input, partition: 0 }])
        .then((read) => {
          answered = true;
          return read[0]?.offset;
        });
      // The broker answers other requests meanwhile, so the read had its chance.
      for (let i = 0; i < 20; i++) await wire.featureLevel("transaction.version");
      expect(answered).toBe(false);
      await (how === "commits" ? protocol.end() : takeOver(wire, transactionalId, 60_000));
      expect(await reading).toBe(expected);
    });
  });

  describe("the group's fence", () => {
    it("refuses a stale generation, and nothing of that commit is visible", async () => {
      const producer = await openProducer();
      const stale = { ...membership.fence, generationId: membership.fence.generationId - 1 };
      await expect(producer.commit(commitOf("stale", 4, stale))).rejects.toBeInstanceOf(FencedError);
      await openProducer();
      expect(await visible()).toEqual(nothing);
    });

    it("refuses a member the group does not know", async () => {
      const producer = await openProducer();
      const foreign = { ...membership.fence, memberId: "somebody-else", groupInstanceId: null };
      await expect(producer.commit(commitOf("foreign", 4, foreign))).rejects.toBeInstanceOf(FencedError);
      await openProducer();
      expect(await visible()).toEqual(nothing);
    });

    it("refuses a member whose instance id another process has taken", async () => {
      const producer = await openProducer();
      const replacement = memberOf(closing(await openWire(input)), "one");
      closing({ close: () => replacement.leave() });
      const newer = await replacement.join([]);
      await expect(producer.commit(commitOf("replaced", 4))).rejects.toBeInstanceOf(FencedError);
      const successor = await openProducer();
      await successor.commit(commitOf("replacement", 5, newer.fence));
      expect(await visible()).toMatchObject({ outputs: ["k=replacement"], offset: 5 });
    });

    it("refuses the generation of before a rebalance, and takes the one after it", async () => {
      const producer = await openProducer();
      const before = membership.fence;
      const other = memberOf(closing(await openWire(input)), "two");
      closing({ close: () => other.leave() });
      const joining = other.join([]);
      while (member.state === "held") await delay(5);
      const [after, others] = await Promise.all([member.join(membership.partitions), joining]);
      await expect(producer.commit(commitOf("before", 1, before))).rejects.toBeInstanceOf(FencedError);
      const successor = await openProducer();
      await successor.commit(commitOf("after", 2, after.fence));
      expect(await visible()).toMatchObject({ outputs: ["k=after"], offset: 2 });
      expect(after.partitions.concat(others.partitions).toSorted()).toEqual([0, 1, 2]);
      expect([after.continuous, others.continuous]).toEqual([true, false]);
    });
  });
});

describe("a transactional producer", () => {
  it("whose time-out is beyond the broker's limit is refused by the broker's own answer", async () => {
    const node = await wire.anyNode();
    const { errorCode } = await wire.send(node, initProducerId(`${group}-long`, 2_000_000_000));
    expect(errorCode).toBe(50);
  });
});
