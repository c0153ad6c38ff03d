// A bug here looks like an alert that a page never shows, or shows twice, because the console died while it was open: what
// a client is given over two lives of the process is compared with the topic.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topics } from "@riffle/contracts";
import { readTopic } from "@riffle/streams/kafka";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningKafka } from "../../../../infra/kafka/local-kafka.ts";
import { ConsoleProcess } from "../harness/console-process.ts";
import { startTopics, writeStory } from "../harness/console-topics.ts";
import { FeedListener, type FeedMessage } from "../harness/feed-listener.ts";
import { noonMs, Story, transactionOf } from "../harness/story.ts";

let kafka: RunningKafka;
const folder = mkdtempSync(join(tmpdir(), "riffle-live-feed-"));
const running: ConsoleProcess[] = [];

beforeAll(async () => {
  kafka = await startTopics();
}, 150_000);

afterAll(async () => {
  for (const console of running) await console.end("SIGKILL");
  await kafka?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const start = async (): Promise<ConsoleProcess> => {
  const console = await ConsoleProcess.start(kafka.brokers, { DATA_DIR: folder });
  running.push(console);
  await console.untilLive();
  return console;
};

const write = (name: string, count: number): Promise<void> => {
  const story = new Story();
  for (let i = 0; i < count; i++) {
    const occurredAt = new Date(noonMs + i * 100).toISOString();
    const transaction = transactionOf({
      id: `${name}-${i}`,
      accountId: `acct-${i % 11}`,
      amount: 1 + i,
      occurredAt,
    });
    story.screened(transaction, { receivedAtMs: noonMs + i * 100, processedAtMs: noonMs + i * 100 + 4 });
  }
  return writeStory(kafka.brokers, story.records, name);
};

const placeOf = ({ partition, offset }: Pick<FeedMessage, "partition" | "offset">): string =>
  `${partition}/${offset}`;

describe("a client of the live feed", () => {
  it.each([
    ["over a WebSocket", "webSocket"],
    ["over server-sent events", "events"],
  ] as const)(
    "%s is given every record of a topic once, though the console is killed under it",
    async (_, way) => {
      const listen = (console: ConsoleProcess, query: string): FeedListener =>
        FeedListener[way](Number(new URL(console.url).port), `topics=transactions&figures=0&${query}`);
      const console = await start();
      const before = listen(console, "cursor=earliest");
      await before.hears("it has caught up", () => before.said.some(({ type }) => type === "caught-up"));
      const writing = write(`${way}-first`, 2_000);
      await before.hears("it has some", () => before.events.length > 100);
      await console.end("SIGKILL");
      await writing;
      await write(`${way}-second`, 500);

      const next = await start();
      const after = listen(next, `cursor=${before.cursor}`);
      await after.hears("it has caught up", () => after.said.some(({ type }) => type === "caught-up"));
      await write(`${way}-third`, 500);
      const topic = topics.transactionsScreened.name;
      const chunks = await readTopic({ brokers: kafka.brokers, clientId: "test-reader", topic });
      const there = chunks.flatMap((records, partition) =>
        records.map(({ offset }) => placeOf({ partition, offset })),
      );
      const given = (): string[] => [...before.events, ...after.events].map(placeOf);
      await after.hears("it has all", () => given().length >= there.length);
      expect(given().toSorted()).toEqual(there.toSorted());
      expect(after.said.filter(({ type }) => type === "reset")).toEqual([]);
      after.cut();
      expect(await next.end("SIGTERM")).toBe(0);
    },
    120_000,
  );
});
