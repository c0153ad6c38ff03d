// A bug here looks like a failover that takes seconds longer than the cluster does: a host vanished, its connections look as
// alive as ever, and every other question goes there and waits for its time-out.

import { afterEach, beforeEach, expect, it } from "vitest";
import { KafkaProxy } from "../../../../../infra/faults/kafka-proxy.ts";
import { freePorts } from "../../../../../infra/kafka/ports.ts";
import { OutcomeUnknownError } from "../../../src/errors.ts";
import { initProducerId } from "../../../src/kafka/protocol/init-producer-id.ts";
import { Wire } from "../../../src/kafka/wire.ts";
import { BrokerCluster } from "../../../src/memory-broker/cluster.ts";
import { KafkaListener } from "../../../src/memory-broker/kafka-listener.ts";

const closing: (() => Promise<void> | void)[] = [];
let wire: Wire;
/** In front of node 1. */
let proxy: KafkaProxy;

/** Two nodes, and a wire that is connected to both. */
beforeEach(async () => {
  const [first = 0, second = 0, behind = 0] = await freePorts(3);
  const cluster = new BrokerCluster({
    nodes: 2,
    addressOf: (nodeId) => ({ host: "127.0.0.1", port: nodeId === 0 ? first : second }),
  });
  closing.push(() => cluster.close());
  for (const [nodeId, port] of [first, behind].entries()) {
    const listener = await KafkaListener.open({
      cluster,
      host: "127.0.0.1",
      port,
      nodeId,
      onRefused: () => {},
    });
    closing.push(() => listener.close());
  }
  proxy = await KafkaProxy.listen(second, `127.0.0.1:${behind}`);
  closing.push(() => proxy.close());
  cluster.createTopic("t", 4);
  wire = await Wire.connect({
    brokers: [`127.0.0.1:${first}`, `127.0.0.1:${second}`],
    clientId: "test",
    requestTimeoutMs: 200,
  });
  closing.push(() => wire.close());
  await wire.loadTopics(["t"]);
  await wire.connectLeaders(["t"]);
});

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
});

const times = 1_000;
const goSilent = (): void => {
  for (const api of ["Metadata", "InitProducerId"] as const)
    proxy.inject({ api, of: "request", action: { kind: "drop" }, times });
};

const nodesAsked = async (): Promise<Set<number>> => {
  const asked = new Set<number>();
  for (let i = 0; i < 40; i++) asked.add(await wire.anyNode());
  return asked;
};

it("while all answer, what any of them could answer is asked of all", async () => {
  expect(await nodesAsked()).toEqual(new Set([0, 1]));
});

it("one that left a request unanswered is not asked what another could answer (W3)", async () => {
  goSilent();
  await expect(wire.send(1, initProducerId(null, 60_000))).rejects.toThrow(OutcomeUnknownError);
  expect(await nodesAsked()).toEqual(new Set([0]));
  for (let i = 0; i < 20; i++) await wire.refreshMetadata();
});

it("one that answers again is asked as before (W3)", async () => {
  goSilent();
  await expect(wire.send(1, initProducerId(null, 60_000))).rejects.toThrow(OutcomeUnknownError);
  proxy.heal();
  await wire.send(1, initProducerId(null, 60_000));
  expect(await nodesAsked()).toEqual(new Set([0, 1]));
});
