// A bug here is what stock clients do when a broker goes away or an answer is lost: they write twice, or say that they
// have written what is nowhere.

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { IdempotentProducer } from "../../src/kafka/idempotent-producer.ts";
import { Wire } from "../../src/kafka/wire.ts";
import { brokerWithinMs, eventuallyCommitted, wireOptions } from "../harness/cluster.ts";
import { eventually, present, rejectionOf } from "../harness/eventually.ts";
import { ExactCommitter } from "../harness/exact-committer.ts";
import { closing, createService, eventuallyShared, startWorker, toSend } from "../harness/live-worker.ts";
import {
  createReplicatedTopics,
  leadersOf,
  type ProxiedCluster,
  startProxiedCluster,
  valuesIn,
} from "../harness/proxied-cluster.ts";

let cluster: ProxiedCluster;
let topic: string;
let group: string;

beforeAll(async () => {
  cluster = await startProxiedCluster();
  return () => cluster.stop();
}, brokerWithinMs);

beforeEach(async () => {
  ({ group, output: topic } = await createReplicatedTopics());
});

const upTo = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i}`);

const openProducer = async (): Promise<IdempotentProducer> =>
  closing(
    await IdempotentProducer.connect({
      ...wireOptions("producer"),
      topics: [topic],
      requestTimeoutMs: 1_000,
      deliveryTimeoutMs: 60_000,
    }),
  );

describe("an idempotent producer", () => {
  it("whose one leader is out of reach goes on with the others, and loses and doubles nothing of that one", async () => {
    const leaders = await leadersOf(topic);
    expect(new Set(leaders).size).toBe(3);
    const producer = await openProducer();
    const away = present(cluster.proxies[present(leaders[0]) - 1]);
    await producer.send(toSend(topic, "k", "0", 0));
    away.cut();
    const waiting = ["1", "2", "3"].map((value) => producer.send(toSend(topic, "k", value, 0)));
    let settled = false;
    const all = Promise.all(waiting).then(() => {
      settled = true;
    });
    for (const value of upTo(50)) {
      await Promise.all([1, 2].map((partition) => producer.send(toSend(topic, "k", value, partition))));
    }
    expect(settled).toBe(false);
    away.heal();
    await all;
    expect(await valuesIn(topic)).toEqual([upTo(4), upTo(50), upTo(50)]);
  }, 60_000);

  it("whose answers are lost, a dozen of them, writes every record once and in order", async () => {
    const producer = await openProducer();
    const faults = cluster.proxies.map((proxy) =>
      proxy.inject({
        api: "Produce",
        of: "answer",
        action: { kind: "disconnect" },
        client: "test-producer",
        times: 4,
      }),
    );
    const sends: Promise<void>[] = [];
    for (const value of upTo(60)) {
      // Two under way to each partition at once.
      const pair = [0, 1, 2].map((partition) => producer.send(toSend(topic, "k", value, partition)));
      sends.push(...pair);
      if (sends.length % 6 === 0) await Promise.all(pair);
    }
    await Promise.all(sends);
    for (const fault of faults) fault.release();
    expect(faults.reduce((sum, { hits }) => sum + hits, 0)).toBe(12);
    expect(await valuesIn(topic)).toEqual([upTo(60), upTo(60), upTo(60)]);
  }, 60_000);
});

describe("a process that starts", () => {
  it.each([1, 2, 3])(
    "while broker %i of its list is cut off, connects to another, and works when that one is back",
    async (ill) => {
      const { stage, input, output } = await createService();
      const away = present(cluster.proxies[ill - 1]);
      away.cut();
      const worker = await startWorker(stage, "0");
      const producer = closing(await IdempotentProducer.connect({ ...wireOptions(), topics: [input] }));
      away.heal();
      await eventuallyShared(3, worker);
      await Promise.all(
        [0, 1, 2].map((partition) => producer.send(toSend(input, `k${partition}`, "v", partition))),
      );
      expect((await eventuallyCommitted(output, 3)).toSorted()).toEqual(["k0=v:1", "k1=v:1", "k2=v:1"]);
    },
    60_000,
  );

  it("while all brokers are cut off says of each what became of it", async () => {
    for (const proxy of cluster.proxies) proxy.cut();
    const error = await rejectionOf(Wire.connect({ ...wireOptions(), connectWithinMs: 500 }));
    for (const proxy of cluster.proxies) proxy.heal();
    expect(error).toMatchObject({ code: "STREAMS_CLUSTER_UNREACHABLE" });
    for (const { port } of cluster.proxies)
      expect(String(error)).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}, tried [2-9] times`));
  });
});

/** What the output must hold when the committer has come so far: each number once, in order, in its partition. */
const numbersBelow = (end: number): string[][] =>
  [0, 1, 2].map((partition) => upTo(end).filter((n) => Number(n) % 3 === partition));

const startCommitter = async (): Promise<ExactCommitter> =>
  closing(await ExactCommitter.start(group, `${group}-in`, topic));

const expectExact = async (committer: ExactCommitter): Promise<void> => {
  // The last outcome may be unknown to it: one more step tells.
  const { next } = committer;
  await eventually(
    "a commit goes through",
    async () => {
      await committer.step();
      return committer.next > next;
    },
    30_000,
  );
  expect(await valuesIn(topic)).toEqual(numbersBelow(committer.next));
};

describe("transactions", () => {
  it.each([
    ["Produce", "answer"],
    ["Produce", "request"],
    ["TxnOffsetCommit", "answer"],
    ["EndTxn", "request"],
    ["EndTxn", "answer"],
  ] as const)(
    "of which %s loses its %s are done once or not at all",
    async (api, of) => {
      const committer = await startCommitter();
      for (let i = 0; i < 3; i++) await committer.step();
      const faults = cluster.proxies.map((proxy) =>
        proxy.inject({ api, of, action: { kind: "drop" }, client: "test-commit" }),
      );
      await eventually("an answer is lost", async () => {
        await committer.step();
        return faults.some(({ hits }) => hits > 0);
      });
      for (const fault of faults) fault.release();
      expect(committer.errors.length).toBeGreaterThan(0);
      await expectExact(committer);
    },
    60_000,
  );
});
