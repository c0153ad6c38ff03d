// A bug here makes a crash cost its records twice, or the pipeline a standstill until a dead transaction times out.

import { describe, expect, it } from "vitest";
import { Coordinator, failIfRefused } from "../../../src/kafka/coordinator.ts";
import { GroupMember } from "../../../src/kafka/group-member.ts";
import type { AtomicCommit } from "../../../src/kafka/ports.ts";
import { sendBatches } from "../../../src/kafka/produce-batches.ts";
import { txnOffsetCommit } from "../../../src/kafka/protocol/txn-offset-commit.ts";
import { encodeRecordBatch } from "../../../src/kafka/record-batch.ts";
import { TransactionalProducer, takeOver } from "../../../src/kafka/transactional-producer.ts";
import type { Wire } from "../../../src/kafka/wire.ts";
import { writePositionMetadata } from "../../../src/worker/position-metadata.ts";
import { changelogTopic } from "../../../src/worker/task.ts";
import {
  committedIn,
  committedTexts,
  eventuallyCommitted,
  openWire,
  outgoing,
} from "../../harness/cluster.ts";
import { eventually, present } from "../../harness/eventually.ts";
import { closing, createService, openProducer, startWorker, toSend } from "../../harness/live-worker.ts";

/** Long enough that a successor who waits for it fails the test. */
const transactionTimeoutMs = 20_000;
const successorWithinMs = 8_000;

/** Everything of an atomic commit but its end, as a process does that dies in the middle. */
const beginWithoutEnd = async (wire: Wire, transactionalId: string, commit: AtomicCommit): Promise<void> => {
  const identity = await takeOver(wire, transactionalId, transactionTimeoutMs);
  const batches = commit.records.map((record) => ({
    topic: record.topic,
    partition: record.partition,
    bytes: encodeRecordBatch([record], { ...identity, baseSequence: 0, transactional: true }),
  }));
  await sendBatches(wire, batches, { transactionalId, deadlineMs: 5_000 });
  await new Coordinator(wire, "group", commit.fence.groupId).call(5_000, "throw", async (nodeId) => {
    const owner = { transactionalId, ...identity };
    for (const { errorCode } of await wire.send(nodeId, txnOffsetCommit(owner, commit.fence, commit.offsets)))
      failIfRefused("TxnOffsetCommit", errorCode);
  });
};

/** A member of the group and a producer as a worker has them, in the hands of the test. */
const startProcess = async (service: string, topics: readonly [string, ...string[]]) => {
  const [input] = topics;
  const [groupWire, wire] = [await openWire(input), closing(await openWire(...topics))];
  const transactionalId = `${service}-dies`;
  const member = new GroupMember(groupWire, {
    groupId: service,
    groupInstanceId: "dies",
    topics: [input],
    // Its death is noticed long before its transaction would time out, which no worker's own options allow.
    sessionTimeoutMs: 1_500,
    rebalanceTimeoutMs: 5_000,
    heartbeatIntervalMs: 300,
  });
  const { fence, partitions } = await member.join([]);
  const sender = await TransactionalProducer.open(wire, {
    transactionalId,
    groupId: service,
    transactionTimeoutMs,
  });
  /** As after kill -9: its heartbeats end, and it leaves nothing in order. */
  const die = async (): Promise<void> => {
    await groupWire.close();
    await member.leave();
  };
  return { wire, transactionalId, fence, partitions, sender, die };
};

describe("a process that dies between sending its offsets and ending its transaction", () => {
  it("is succeeded by another instance at once, not after the transaction's time-out", async () => {
    const { stage, service, input, output } = await createService();
    const changelog = changelogTopic(service, "counts");
    const producer = await openProducer(input);
    for (const text of ["first", "second"]) await producer.send(toSend(input, "a", text, 0));

    const dying = await startProcess(service, [input, output, changelog]);
    expect(dying.partitions).toEqual([0, 1, 2]);
    const metadata = writePositionMetadata({ writer: dying.transactionalId, streamTimeMs: 1 });
    const commitOf = (text: string, count: number): AtomicCommit => ({
      records: [outgoing(output, 0, "a", `${text}:${count}`), outgoing(changelog, 0, "a", `${count}`)],
      offsets: [{ topic: input, partition: 0, offset: count, metadata }],
      fence: dying.fence,
    });
    await dying.sender.commit(commitOf("first", 1));
    await beginWithoutEnd(dying.wire, dying.transactionalId, commitOf("second", 2));
    await dying.die();

    const successor = await startWorker(stage, "succeeds", { rebalanceTimeoutMs: 5_000 });
    const texts = await eventuallyCommitted(output, 2, successorWithinMs);
    expect(texts).toEqual(["a=first:1", "a=second:2"]);
    expect(successor.failures).toEqual([]);
  });
});

describe("a process whose connections are cut while it works", () => {
  it("is succeeded by its own restart, and each record has exactly one effect", async () => {
    const { stage, input, output } = await createService();
    const producer = await openProducer(input);
    const first = await startWorker(stage, "0", { commitIntervalMsMax: 10 });
    await eventually("it runs", () => first.worker.ready);
    const sends = Array.from({ length: 400 }, (_, i) => producer.send(toSend(input, `k${i % 7}`, `${i}`)));
    await eventually("it has committed", () => first.reports.length > 0);
    void first.client.close();
    void first.worker.stop().catch(() => {});
    const again = await startWorker(stage, "0");
    await Promise.all(sends);
    await eventuallyCommitted(output, 400);
    const counts = new Map<string, number[]>();
    for (const { key, value } of (await committedIn(output)).flat()) {
      const said = counts.get(String(key)) ?? [];
      counts.set(String(key), [...said, Number(present(String(value).split(":")[1]))]);
    }
    for (const said of counts.values()) expect(said).toEqual(said.map((_, i) => i + 1));
    expect((await committedTexts(output)).length).toBe(400);
    expect(again.worker.ready).toBe(true);
  });
});
