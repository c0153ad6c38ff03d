// A bug here is what stock clients do when a broker goes away: they write twice, or say that they have written what is
// nowhere; or a stage with a handler and state that loses count when its leaders move.

import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { TopicReader } from "../../src/kafka/topic-reader.ts";
import { changelogTopic } from "../../src/worker/task.ts";
import { brokerWithinMs, committedTexts, createTopics, wireOptions } from "../harness/cluster.ts";
import { countStage, counts } from "../harness/count-stage.ts";
import { eventually, present } from "../harness/eventually.ts";
import { ExactCommitter } from "../harness/exact-committer.ts";
import { closing, eventuallyShared, openProducer, startWorker, toSend } from "../harness/live-worker.ts";
import {
  createReplicatedTopics,
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
  expect(await valuesIn(topic)).toEqual(numbersBelow(committer.next));
};

describe("transactions", () => {
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

describe("a stage with a handler and state", () => {
  it("counts exactly while every leader moves", async () => {
    const { stage, input, output } = countStage({ service: group });
    await createTopics([stage.deadLetters], 3, {}, 3);
    await createTopics([changelogTopic(group, counts.name)], 3, { "cleanup.policy": "compact" }, 3);
    const worker = await startWorker(stage, "0", { commitIntervalMsMax: 20 });
    await eventuallyShared(3, worker);
    const producer = await openProducer(input.name);
    const keys = Array.from({ length: 9 }, (_, i) => `acct-${i}`);
    let rounds = 0;
    let loading = true;
    const load = (async () => {
      for (; loading; rounds++)
        await Promise.all(keys.map((key) => producer.send(toSend(input.name, key, `${rounds}`))));
    })();
    for (const node of cluster.nodes) {
      const before = worker.reports.length;
      await node.kill("SIGKILL");
      await node.restart();
      await eventually("it goes on", () => worker.reports.length > before + 5, 60_000);
    }
    loading = false;
    await load;
    await eventually(
      "everything is committed",
      async () => (await committedTexts(output.name)).length >= rounds * keys.length,
      60_000,
    );
    const texts = await committedTexts(output.name);
    for (const key of keys)
      expect(texts.filter((text) => text.startsWith(`${key}=`))).toEqual(
        Array.from({ length: rounds }, (_, i) => `${key}=${i}:${i + 1}`),
      );
  }, 300_000);
});
