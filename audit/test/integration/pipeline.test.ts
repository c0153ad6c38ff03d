// A bug here looks like a demo that does not work: the POST is accepted, and nobody is told; or told twice; or told
// without the evidence; or what goes wrong on the way is in no topic.

import { notificationId, type Transaction, topics } from "@riffle/contracts";
import { type RunningKafka, startKafka } from "@riffle/infra/kafka";
import { IdempotentProducer, readTopic } from "@riffle/streams/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { untilDrained } from "../../pipeline/drained.ts";
import { createTopics, RunningPipeline } from "../../pipeline/running-pipeline.ts";
import { waitFor } from "../../pipeline/wait-for.ts";
import { WebhookReceiver, webhookSecret } from "../../pipeline/webhook-receiver.ts";
import { postAll } from "../../workload/post.ts";

const services = ["ingest", "filter", "aggregator", "fraud-detector", "notifier"] as const;
const groups = ["filter", "aggregator", "fraud-detector", "notifier"] as const;

let kafka: RunningKafka;
let receiver: WebhookReceiver;
let pipeline: RunningPipeline;

beforeAll(async () => {
  kafka = await startKafka();
  receiver = await WebhookReceiver.listen();
  await createTopics(kafka.brokers);
  pipeline = await RunningPipeline.start({
    brokers: kafka.brokers,
    services,
    env: {
      WEBHOOK_URL: receiver.url,
      WEBHOOK_SECRET: webhookSecret,
      WEBHOOK_ALLOW_PRIVATE_ADDRESSES: "true",
      NO_COLOR: "1",
    },
  });
}, 120_000);

afterAll(async () => {
  await pipeline?.stop();
  await receiver?.close();
  await kafka?.stop();
}, 60_000);

const secondsAgo = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString();

const purchase = (
  id: string,
  amount: number,
  occurredAt: string,
  accountId = "acct-pipeline",
): Transaction => ({
  id,
  accountId,
  amount,
  currency: "EUR",
  occurredAt,
  type: "purchase",
});

describe("five real processes on a real broker", () => {
  it("turn three small purchases and a large one into one alert with its evidence, on every channel", async () => {
    const four = [
      purchase("p-1", 150, secondsAgo(40)),
      purchase("p-2", 240, secondsAgo(30)),
      purchase("p-3", 99, secondsAgo(20)),
      purchase("p-4", 129_900, secondsAgo(10)),
    ];
    expect(await postAll(pipeline.ingestUrl, four, { concurrency: 1 })).toEqual({
      accepted: ["p-1", "p-2", "p-3", "p-4"],
      refused: [],
    });

    await waitFor("the webhook", () => receiver.messages.size > 0);
    await untilDrained(kafka.brokers, groups, 30_000);
    const alerts = (
      await readTopic({ brokers: kafka.brokers, clientId: "test", topic: topics.alerts.name })
    ).flat();
    expect(alerts).toHaveLength(1);
    const alert = topics.alerts.codec.decode(alerts[0]?.value ?? null, "alert/2");
    expect(alert.evidence).toEqual(four);
    expect(alert.evidenceSteps).toEqual(["small", "small", "small", "large"]);
    expect([...receiver.messages]).toEqual([
      [
        notificationId({
          alertId: alert.id,
          alertStatus: "raised",
          changedBy: alert.changedBy,
          channel: "webhook",
        }),
        { type: "alert.raised", timestamp: alert.lastAt, sequence: 1, data: alert },
      ],
    ]);
    expect({ repeats: receiver.repeats, unsigned: receiver.unsigned }).toEqual({ repeats: 0, unsigned: 0 });
    expect(pipeline.printed.filter((line) => line.includes("acct-pipeline"))).toHaveLength(1);
  });

  it("carry the trace and the time of acceptance from the POST to the alert", async () => {
    const [alert] = (
      await readTopic({ brokers: kafka.brokers, clientId: "test", topic: topics.alerts.name })
    ).flat();
    const received = (
      await readTopic({ brokers: kafka.brokers, clientId: "test", topic: topics.transactionsReceived.name })
    ).flat();
    const large = received.find(({ value }) => value !== null && Buffer.from(value).includes('"p-4"'));
    const header = (record: typeof alert, wanted: string) =>
      Buffer.from(record?.headers.find(([name]) => name === wanted)?.[1] ?? []).toString();
    for (const name of ["traceparent", "received-at"]) {
      expect(header(alert, name)).not.toBe("");
      expect(header(alert, name)).toBe(header(large, name));
    }
  });

  it("record one delivered notification for each channel", async () => {
    const records = (
      await readTopic({ brokers: kafka.brokers, clientId: "test", topic: topics.notifications.name })
    ).flat();
    const notifications = records.map(({ value }) =>
      topics.notifications.codec.decode(value, "notification/1"),
    );
    expect(notifications.map(({ channel, outcome }) => `${channel} ${outcome}`).toSorted()).toEqual([
      "console delivered",
      "webhook delivered",
    ]);
  });

  it("dead-letter a record that no codec reads, bytes unchanged, and go on with its neighbours", async () => {
    const producer = await IdempotentProducer.connect({
      brokers: kafka.brokers,
      clientId: "test",
      topics: [topics.transactionsReceived.name],
    });
    const garbage = Buffer.from([0xff, 0xfe, 0x00, 0x7b]);
    const before = purchase("n-1", 20_000, secondsAgo(5), "acct-poison");
    const after = purchase("n-2", 20_000, secondsAgo(4), "acct-poison");
    const encode = (transaction: Transaction) => topics.transactionsReceived.codec.encode(transaction);
    for (const [value, { occurredAt }] of [
      [encode(before), before],
      [garbage, before],
      [encode(after), after],
    ] as const) {
      await producer.send({
        topic: topics.transactionsReceived.name,
        key: "acct-poison",
        value,
        timestampMs: Date.parse(occurredAt),
        headers: { schema: "transaction/1" },
      });
    }
    await producer.close();
    await untilDrained(kafka.brokers, ["filter"], 30_000);

    const dead = (
      await readTopic({ brokers: kafka.brokers, clientId: "test", topic: topics.filterDeadLetters.name })
    ).flat();
    expect(dead.map(({ value }) => value && Buffer.from(value))).toEqual([garbage]);
    const headers = new Map(
      dead[0]?.headers.map(([name, value]) => [name, Buffer.from(value ?? []).toString()]),
    );
    expect(headers.get("kafka_dlt-original-topic")).toBe("transactions.received.v1");
    expect(headers.get("x-reason-code")).toBe("VALUE_NOT_UTF8");
    expect(headers.get("schema")).toBe("transaction/1");
    const screened = (
      await readTopic({ brokers: kafka.brokers, clientId: "test", topic: topics.transactionsScreened.name })
    ).flat();
    const ids = screened.map(
      ({ value }) => topics.transactionsScreened.codec.decode(value, "transaction/1").id,
    );
    expect(ids.filter((id) => id.startsWith("n-"))).toEqual(["n-1", "n-2"]);
  });

  it("refuse bad input at the door, name the field, and write nothing of it", async () => {
    const good = purchase("bad-1", 20_000, secondsAgo(1), "acct-bad");
    const text = JSON.stringify(good);
    const bodies: readonly (readonly [body: string, status: number, field: string])[] = [
      [text.slice(0, -1), 400, ""],
      [text.replace("20000", "200.5"), 400, "amount"],
      [text.replace("20000", '"20000"'), 400, "amount"],
      [text.replace("20000", "-1"), 400, "amount"],
      [text.replace("20000", "9007199254740992"), 400, "amount"],
      [text.replace('"amount":20000', '"amount":20000,"amount":1'), 400, "amount"],
      [text.replace('"amount"', '"amuont"'), 400, "amuont"],
      [text.replace(good.occurredAt, "2026-02-30T00:00:00Z"), 400, "occurredAt"],
      [JSON.stringify({ ...good, metadata: { note: "x".repeat(1_000_000) } }), 413, ""],
    ];
    for (const [body, status, field] of bodies) {
      const answer = await fetch(`${pipeline.ingestUrl}/v1/transactions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect({ status: answer.status, type: answer.headers.get("content-type")?.split(";")[0] }).toEqual({
        status,
        type: "application/problem+json",
      });
      expect(await answer.text()).toContain(field);
    }
    const records = (
      await readTopic({ brokers: kafka.brokers, clientId: "test", topic: topics.transactionsReceived.name })
    ).flat();
    expect(records.filter(({ value }) => value !== null && Buffer.from(value).includes("acct-bad"))).toEqual(
      [],
    );
  });

  it("are idle with a lag of exactly 0 in every partition", async () => {
    await untilDrained(kafka.brokers, groups, 30_000);
  });
});
