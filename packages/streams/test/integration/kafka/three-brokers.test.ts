// A bug here is what stock clients do when a broker goes away or an answer is lost: they write twice, or say that they
// have written what is nowhere.

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { IdempotentProducer } from "../../../src/kafka/idempotent-producer.ts";
import { TopicReader } from "../../../src/kafka/topic-reader.ts";
import { closing, toSend } from "../../harness/clients.ts";
import { brokerWithinMs, committedIn, createTopics, uniqueName, wireOptions } from "../../harness/cluster.ts";
import { eventually, present } from "../../harness/eventually.ts";
import { ExactCommitter } from "../../harness/exact-committer.ts";
import { leadersOf, type ProxiedCluster, startProxiedCluster } from "../../harness/proxied-cluster.ts";

let cluster: ProxiedCluster;
let topic: string;
let group: string;

beforeAll(async () => {
  cluster = await startProxiedCluster();
  return () => cluster.stop();
}, brokerWithinMs);

beforeEach(async () => {
  group = uniqueName("three");
  topic = `${group}-out`;
  await createTopics([`${group}-in`, topic], 3, {}, 3);
});

const valuesIn = async (): Promise<string[][]> =>
  (await committedIn(topic)).map((records) => records.map(({ value }) => String(value)));

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
    expect(await valuesIn()).toEqual([upTo(4), upTo(50), upTo(50)]);
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
    expect(await valuesIn()).toEqual([upTo(60), upTo(60), upTo(60)]);
  }, 60_000);
});

/** What the output must hold when the committer has come so far: each number once, in order, in its partition. */
const numbersBelow = (end: number): string[][] =>
  [0, 1, 2].map((partition) => upTo(end).filter((n) => Number(n) % 3 === partition));

/** Reads the output while it is written, through every move of a leader. */
const readAlong = () => {
  const seen: string[][] = [[], [], []];
  let enough = Number.POSITIVE_INFINITY;
  const count = (): number => seen.reduce((sum, { length }) => sum + length, 0);
  const run = async (): Promise<string[][]> => {
    const reader = closing(await TopicReader.open({ ...wireOptions("reader"), topic, from: "earliest" }));
    while (count() < enough) {
      const chunk = await reader.next(200);
      for (const { value } of chunk?.records ?? []) seen[present(chunk).partition]?.push(String(value));
    }
    return seen;
  };
  const running = run();
  running.catch(() => {});
  return {
    upTo: (records: number): Promise<string[][]> => {
      enough = records;
      return running;
    },
  };
};

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
  expect(await valuesIn()).toEqual(numbersBelow(committer.next));
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

  it("go on exactly while every broker in turn is restarted, in order or by kill -9", async () => {
    const committer = await startCommitter();
    const reading = readAlong();
    for (let i = 0; i < 10; i++) await committer.step();
    for (const [i, node] of cluster.nodes.entries()) {
      const before = committer.next;
      const restarting = (async () => {
        await node.kill(i === 0 ? "SIGTERM" : "SIGKILL");
        await node.restart();
      })();
      let restarted = false;
      void restarting.then(() => {
        restarted = true;
      });
      while (!restarted) await committer.step();
      await restarting;
      await eventually(
        "it goes on",
        async () => {
          await committer.step();
          return committer.next > before + 30;
        },
        60_000,
      );
    }
    await expectExact(committer);
    expect(await reading.upTo(committer.next)).toEqual(numbersBelow(committer.next));
  }, 240_000);
});
