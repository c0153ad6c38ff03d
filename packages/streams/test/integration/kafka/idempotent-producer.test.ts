// A bug here says 202 to a payment that is nowhere, or writes one twice.

import { describe, expect, it } from "vitest";
import { IdempotentProducer } from "../../../src/kafka/idempotent-producer.ts";
import { partitionOf } from "../../../src/kafka/partitioner.ts";
import { closing, openProducer, toSend } from "../../harness/clients.ts";
import { committedIn, createTopics, uniqueName, wireOptions } from "../../harness/cluster.ts";
import { present, rejectionOf } from "../../harness/eventually.ts";
import { headersOf } from "../../harness/records.ts";

const newTopic = async (): Promise<string> => {
  const topic = uniqueName("sent");
  await createTopics([topic]);
  return topic;
};

describe("5,000 sends at once", () => {
  it("are all there, once, in the order of each key, in the partition of the key", async () => {
    const topic = await newTopic();
    const producer = await openProducer(topic);
    const keys = Array.from({ length: 50 }, (_, i) => `acct-${i}`);
    const sent = Array.from({ length: 5_000 }, (_, i) => ({
      key: present(keys[i % keys.length]),
      value: `${i}`,
    }));
    await Promise.all(sent.map(({ key, value }) => producer.send(toSend(topic, key, value))));
    expect(producer.queued).toBe(0);

    const partitions = await committedIn(topic);
    const found = partitions.flatMap((records, partition) =>
      records.map(({ key, value }) => ({ key: String(key), value: String(value), partition })),
    );
    expect(found).toHaveLength(5_000);
    for (const key of keys) {
      const ofKey = found.filter((record) => record.key === key);
      expect(ofKey.map(({ value }) => value)).toEqual(
        sent.filter((record) => record.key === key).map(({ value }) => value),
      );
      expect(new Set(ofKey.map(({ partition }) => partition))).toEqual(
        new Set([partitionOf(Buffer.from(key), 3)]),
      );
    }
  });
});

describe("one send", () => {
  it("carries key, value, headers and event time", async () => {
    const topic = await newTopic();
    const producer = await openProducer(topic);
    await producer.send({ ...toSend(topic, "é", "v", 2), timestampMs: 123, headers: { schema: "x/1" } });
    const [record] = present((await committedIn(topic))[2]);
    expect([String(record?.key), String(record?.value), record?.timestampMs]).toEqual(["é", "v", 123]);
    expect(headersOf(record?.headers ?? [])).toEqual({ schema: "x/1" });
  });

  it("beyond a full queue is refused at once, and what is in the queue arrives", async () => {
    const topic = await newTopic();
    const producer = closing(
      await IdempotentProducer.connect({ ...wireOptions("producer"), topics: [topic], queueMax: 2 }),
    );
    const accepted = [producer.send(toSend(topic, "a", "1", 0)), producer.send(toSend(topic, "a", "2", 0))];
    const refusal = await rejectionOf(producer.send(toSend(topic, "a", "3", 0)));
    expect(refusal).toMatchObject({ message: expect.stringContaining("2 records wait") });
    await Promise.all(accepted);
    await producer.send(toSend(topic, "a", "4", 0));
    expect((await committedIn(topic)).flat().map(({ value }) => String(value))).toEqual(["1", "2", "4"]);
  });

  it("of a record larger than a batch is refused, and the next one arrives", async () => {
    const topic = await newTopic();
    const producer = await openProducer(topic);
    const tooLarge = { ...toSend(topic, "a", "", 0), value: Buffer.alloc(900_001) };
    expect(await rejectionOf(producer.send(tooLarge))).toMatchObject({ code: "STREAMS_RECORD_TOO_LARGE" });
    await producer.send(toSend(topic, "a", "small", 0));
    expect((await committedIn(topic)).flat()).toHaveLength(1);
  });

  it("after close is refused", async () => {
    const topic = await newTopic();
    const producer = await IdempotentProducer.connect({ ...wireOptions("producer"), topics: [topic] });
    const underWay = producer.send(toSend(topic, "a", "1"));
    await producer.close();
    await underWay;
    await expect(producer.send(toSend(topic, "a", "2"))).rejects.toMatchObject({
      code: "STREAMS_QUEUE_FULL",
    });
    expect((await committedIn(topic)).flat()).toHaveLength(1);
  });
});

describe("many bytes", () => {
  it("for one partition are split into batches that the broker takes", async () => {
    const topic = await newTopic();
    const producer = await openProducer(topic);
    const value = Buffer.alloc(400_000, "x");
    await Promise.all(
      Array.from({ length: 6 }, (_, i) => producer.send({ ...toSend(topic, `${i}`, "", 1), value })),
    );
    expect((await committedIn(topic))[1]?.map(({ key }) => String(key))).toEqual([
      "0",
      "1",
      "2",
      "3",
      "4",
      "5",
    ]);
  });
});

it("connecting to a topic that does not exist fails, and creates nothing", async () => {
  const topic = uniqueName("nowhere");
  const connecting = IdempotentProducer.connect({ ...wireOptions("producer"), topics: [topic] });
  expect(await rejectionOf(connecting)).toMatchObject({ message: expect.stringContaining(topic) });
});
