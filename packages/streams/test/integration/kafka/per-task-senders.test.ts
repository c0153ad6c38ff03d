// A bug here lets one task's failure take another's commit with it, or two owners of one task both write.

import { describe, expect, it } from "vitest";
import { FencedError } from "../../../src/errors.ts";
import { GroupMember } from "../../../src/kafka/group-member.ts";
import { PerTaskSenders } from "../../../src/kafka/per-task-senders.ts";
import { CommittedPositions } from "../../../src/kafka/position-reader.ts";
import { takeOver } from "../../../src/kafka/transactional-producer.ts";
import { closing, openProducer, toSend } from "../../harness/clients.ts";
import {
  committedTexts,
  createTopics,
  eventuallyCommitted,
  openWire,
  outgoing,
  uniqueName,
} from "../../harness/cluster.ts";
import { eventually, rejectionOf } from "../../harness/eventually.ts";
import { createService, eventuallyShared, startWorker } from "../../harness/live-worker.ts";

const transactionTimeoutMs = 4_000;
const tasks = [0, 1, 2];

/** A member of a group of its own that has three tasks, and their producers. */
const startTasks = async () => {
  const group = uniqueName("tasks");
  const [input, output] = [`${group}-in`, `${group}-out`];
  await createTopics([input, output]);
  const wire = closing(await openWire(input, output));
  const member = new GroupMember(closing(await openWire(input)), {
    groupId: group,
    groupInstanceId: "one",
    topics: [input],
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 6_000,
    heartbeatIntervalMs: 200,
  });
  closing({ close: () => member.leave() });
  const { fence } = await member.join([]);
  const positions = new CommittedPositions(wire, {
    groupId: group,
    transactionTimeoutMs,
    transactionalId: "reader",
    writerOf: () => undefined,
  });
  const open = () =>
    new PerTaskSenders(wire, { transactionalId: group, groupId: group, transactionTimeoutMs }, positions);
  const inputs = tasks.map((partition) => ({ topic: input, partition }));
  /** One record of each task to the output, and its input's offset. */
  const commitOf = (name: string, offset: number) => ({
    records: tasks.map((task) => outgoing(output, task, `${task}`, name)),
    offsets: inputs.map((partition) => ({ ...partition, offset, metadata: "" })),
    fence,
  });
  const offsets = async () => (await positions.read(inputs)).map(({ offset }) => offset);
  return { wire, group, input, output, inputs, open, commitOf, offsets };
};

describe("tasks with producers of their own", () => {
  it("commit each for itself: the one whose id was taken over is fenced, the others' commits stand", async () => {
    const { wire, group, output, inputs, open, commitOf, offsets } = await startTasks();
    const senders = open();
    await senders.read(inputs);
    await senders.commit(commitOf("first", 1));
    await takeOver(wire, `${group}-1`, transactionTimeoutMs);
    expect(await rejectionOf(senders.commit(commitOf("second", 2)))).toBeInstanceOf(FencedError);
    expect(await offsets()).toEqual([2, 1, 2]);
    expect(await committedTexts(output)).toEqual(["0=first", "0=second", "1=first", "2=first", "2=second"]);
  });

  it("are fenced by whoever reads the task's positions next, before it has written anything", async () => {
    const { output, inputs, open, commitOf, offsets } = await startTasks();
    const [zombie, successor] = [open(), open()];
    await zombie.read(inputs);
    await successor.read(inputs.slice(0, 2));
    expect(await rejectionOf(zombie.commit(commitOf("late", 5)))).toBeInstanceOf(FencedError);
    expect(await offsets()).toEqual([0, 0, 5]);
    expect(await committedTexts(output)).toEqual(["2=late"]);
  });

  it("begin again after an error with fresh producers", async () => {
    const { wire, group, inputs, open, commitOf, offsets } = await startTasks();
    const senders = open();
    await senders.read(inputs);
    await takeOver(wire, `${group}-1`, transactionTimeoutMs);
    await rejectionOf(senders.commit(commitOf("first", 1)));
    const renewed = senders.renew();
    await senders.read(inputs);
    await renewed.commit(commitOf("second", 2));
    expect(await offsets()).toEqual([2, 2, 2]);
  });
});

describe("workers whose tasks have producers of their own", () => {
  it("share the work, one and two and one again, and each record has exactly one effect", async () => {
    const { stage, input, output } = await createService();
    const producer = await openProducer(input);
    const options = { producers: "per-task", commitIntervalMsMax: 20 } as const;
    const keys = Array.from({ length: 12 }, (_, i) => `acct-${i}`);
    let sent = 0;
    const sendRound = async (): Promise<void> => {
      await Promise.all(keys.map((key) => producer.send(toSend(input, key, `${sent}`))));
      sent++;
    };
    const first = await startWorker(stage, "0", options);
    await eventuallyShared(3, first);
    for (let i = 0; i < 20; i++) await sendRound();
    const joining = startWorker(stage, "1", options);
    for (let i = 0; i < 20; i++) await sendRound();
    const second = await joining;
    await eventuallyShared(3, first, second);
    for (let i = 0; i < 20; i++) await sendRound();
    await eventually("both have committed", () => second.reports.length > 2);
    await second.stop();
    for (let i = 0; i < 20; i++) await sendRound();

    const texts = await eventuallyCommitted(output, sent * keys.length);
    for (const key of keys) {
      const said = texts.filter((text) => text.startsWith(`${key}=`));
      expect(said.map((text) => Number(text.split(":")[1]))).toEqual(said.map((_, i) => i + 1));
    }
    expect(texts).toHaveLength(sent * keys.length);
    expect([...first.failures, ...second.failures]).toEqual([]);
  });
});
