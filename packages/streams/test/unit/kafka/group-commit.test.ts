// A bug here costs a request to the broker for every record: an HTTP edge is then as slow as one that waits for each send.
//
// The broker is in memory, behind a proxy that counts requests; it advertises the proxy.

import { afterEach, describe, expect, it } from "vitest";
import { KafkaProxy } from "../../../../../infra/faults/kafka-proxy.ts";
import { freePorts } from "../../../../../infra/kafka/ports.ts";
import { connectAdmin } from "../../../src/kafka/admin.ts";
import { IdempotentProducer } from "../../../src/kafka/idempotent-producer.ts";
import { BrokerCluster } from "../../../src/memory-broker/cluster.ts";
import { KafkaListener } from "../../../src/memory-broker/kafka-listener.ts";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

/** A producer to 12 partitions of one leader, and how many requests of it have carried records. */
const openProducer = async () => {
  const host = "127.0.0.1";
  const [port = 0, proxyPort = 0] = await freePorts(2);
  const cluster = new BrokerCluster({ clusterId: "counted", addressOf: () => ({ host, port: proxyPort }) });
  closing.push(() => cluster.close());
  const listener = await KafkaListener.open({ cluster, host, port, onRefused: () => {} });
  closing.push(() => listener.close());
  const proxy = await KafkaProxy.listen(proxyPort, `${host}:${port}`);
  closing.push(() => proxy.close());
  const options = { brokers: [`${host}:${proxyPort}`], clientId: "edge" };
  const admin = await connectAdmin(options);
  await admin.createTopics([{ name: "received", partitions: 12, replicationFactor: -1, configs: {} }]);
  await admin.close();
  const producer = await IdempotentProducer.connect({ ...options, topics: ["received"] });
  closing.push(() => producer.close());
  const send = (n: number): Promise<void> =>
    producer.send({
      topic: "received",
      key: `acct-${n}`,
      value: Buffer.from(`${n}`),
      timestampMs: 1_700_000_000_000,
      headers: {},
    });
  const requests = (): number =>
    proxy.requests.filter(({ api }) => api === "Produce").reduce((sum, { count }) => sum + count, 0);
  return { send, requests };
};

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe("sends under way at once", () => {
  it("share requests, whatever their partitions: those that come while the leader is busy leave together", async () => {
    const { send, requests } = await openProducer();
    await Promise.all(upTo(500).map(send));
    // One for the first, one for all that came while it was out.
    expect(requests()).toBeLessThanOrEqual(2);
  });

  it("do not wait for company: each that comes alone is a request of its own", async () => {
    const { send, requests } = await openProducer();
    for (const n of upTo(5)) await send(n);
    expect(requests()).toBe(5);
  });
});
