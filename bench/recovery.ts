// How long the aggregator is away after kill -9: from the kill to the first committed result of a transaction that came
// after it, the restart of the process included, with the state of 100,000 accounts to get back.
//
//   node bench/recovery.ts [kills] [accounts] [memory|disk]        after `npx -y pnpm@10 build`
//
// `disk` gives it STATE_DIR, so that it loads its checkpoint and replays what came after: copies are written every second, and
// the kills begin when all of them hold the state; one that is being written at a kill is rebuilt. `memory` reads its
// changelogs from their start. One instance, one broker, a trickle of transactions. What it does not measure: a second instance that
// takes over, replication. The aims of time are printed beside the figures. It ends with 1 when a transaction, known by its account
// and its event time, has not exactly one running figure or late record in the end, or when nothing new was committed within a
// minute of a kill.

import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { untilDrained } from "@riffle/audit/pipeline/drained";
import { createTopics, RunningPipeline } from "@riffle/audit/pipeline/running-pipeline";
import { headerNames, type Topic, type Transaction, topics } from "@riffle/contracts";
import { commandLine } from "@riffle/infra/command-line/command-line";
import { choice, wholeNumber } from "@riffle/infra/command-line/values";
import { startKafka } from "@riffle/infra/kafka";
import { IdempotentProducer, readTopic, TopicReader } from "@riffle/streams/kafka";
import { besideAim } from "./aims.ts";
import { answerFaults, figureLine, lateLine, sentLine } from "./answers.ts";

const { kills, accounts, from } = commandLine({
  command: "node bench/recovery.ts",
  does: "How long the aggregator is away after kill -9, with its state to get back.",
  operands: {
    kills: wholeNumber("how often it is killed", 50, { min: 1 }),
    accounts: wholeNumber("accounts that have state", 100_000, { min: 1 }),
    from: choice(
      "where it gets its state from: changelogs alone, or its copy on disk",
      ["memory", "disk"],
      "disk",
    ),
  },
});
const onDisk = from === "disk";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const topic = topics.transactionsScreened;
const trickleMs = 10;
/** Longer than between two writings of a copy. */
const restMs = 5_000;

/** A line for each transaction that a broker has. */
const sent: string[] = [];
let next = 0;
const send = async (producer: IdempotentProducer, account: number): Promise<void> => {
  const nowMs = Date.now();
  const transaction: Transaction = {
    id: `r-${next++}`,
    accountId: `account-${account}`,
    amount: 1_000,
    currency: "EUR",
    occurredAt: new Date(nowMs).toISOString(),
    type: "purchase",
  };
  await producer.send({
    topic: topic.name,
    key: transaction.accountId,
    value: topic.codec.encode(transaction),
    timestampMs: nowMs,
    headers: { [headerNames.schema]: topic.codec.schema, [headerNames.receivedAt]: String(nowMs) },
  });
  sent.push(sentLine(transaction.accountId, nowMs));
};

/** When the first result came whose cause was received at `sinceMs` or later. @throws Error after a minute without one */
const firstResult = async (reader: TopicReader, sinceMs: number): Promise<number> => {
  while (Date.now() < sinceMs + 60_000) {
    const chunk = await reader.next(1_000);
    for (const { headers } of chunk?.records ?? []) {
      const received = headers.find(([name]) => name === headerNames.receivedAt)?.[1];
      if (received && Number(Buffer.from(received).toString()) >= sinceMs) return Date.now();
    }
  }
  throw new Error("nothing new was committed within a minute of a kill");
};

/** Answers of the aggregator to single transactions: running figures, late records. A line for each. */
const answersIn = async (brokers: readonly string[]): Promise<string[]> => {
  const read = async <V>({ name, codec }: Topic<V>): Promise<V[]> =>
    (await readTopic({ brokers, clientId: "bench", topic: name }))
      .flat()
      .map(({ value }) => codec.decode(value, codec.schema));
  const figures = await read(topics.aggregatesAccount);
  return [
    ...figures.map(figureLine).filter((line) => line !== undefined),
    ...(await read(topics.aggregatorLate)).map(lateLine),
  ];
};

/** A producer that was answered: leaders of topics that were made a moment ago may not know it yet. */
const firstProducer = async (brokers: readonly string[]): Promise<IdempotentProducer> => {
  for (let attempt = 1; ; attempt++) {
    const producer = await IdempotentProducer.connect({ brokers, clientId: "bench", topics: [topic.name] });
    try {
      await Promise.all(Array.from({ length: 100 }, (_, account) => send(producer, account)));
      return producer;
    } catch (error) {
      await producer.close();
      if (attempt === 20) throw error;
      await delay(500);
    }
  }
};

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;

const stateDir = mkdtempSync(join(tmpdir(), "riffle-recovery-"));
/** Waits until every partition's copy is sealed and none was written for a while: nothing is left to write. */
const copiesAtRest = async (): Promise<void> => {
  const seals = Array.from({ length: topic.partitions }, (_, partition) =>
    join(stateDir, "aggregator", String(partition), "seal"),
  );
  for (const deadline = Date.now() + 300_000; Date.now() < deadline; await delay(500)) {
    const sealedMs = seals.map((seal) => statSync(seal, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (Date.now() - Math.max(...sealedMs) > restMs) return;
  }
  throw new Error("the copies on disk did not come to rest");
};

const kafka = await startKafka({ onProgress: say });
try {
  const { brokers } = kafka;
  await createTopics(brokers);
  const producer = await firstProducer(brokers);
  for (let from = 0; from < accounts; from += 5_000)
    await Promise.all(
      Array.from({ length: Math.min(5_000, accounts - from) }, (_, i) => send(producer, from + i)),
    );
  const pipeline = await RunningPipeline.start({
    brokers,
    services: ["aggregator"],
    restarts: "always",
    env: { LOG_LEVEL: "info", ...(onDisk ? { STATE_DIR: stateDir, CHECKPOINT_INTERVAL_MS: "1000" } : {}) },
  });
  await untilDrained(brokers, ["aggregator"], 600_000);
  if (onDisk) await copiesAtRest();
  say(
    `${accounts} accounts are in the state of the aggregator; ${onDisk ? "checkpoint on disk" : "memory only"}`,
  );
  const reader = await TopicReader.open({
    brokers,
    clientId: "bench-reader",
    topic: topics.aggregatesAccount.name,
    from: "latest",
  });
  let over = false;
  const trickle = (async () => {
    while (!over) {
      await send(producer, Math.floor(Math.random() * accounts));
      await delay(trickleMs);
    }
  })();
  const awayMs: number[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await firstResult(reader, Date.now());
    await delay(Math.random() * 1_000);
    const killedAt = Date.now();
    pipeline.kill("aggregator");
    awayMs.push((await firstResult(reader, killedAt)) - killedAt);
  }
  over = true;
  await trickle;
  await untilDrained(brokers, ["aggregator"], 120_000);
  const answers = await answersIn(brokers);
  await reader.close();
  await producer.close();
  const restored = [...pipeline.logLines()].flatMap((line) => {
    const found = /"records":(\d+).*"durationMs":([\d.]+).*"store restored"/.exec(line);
    return found === null ? [] : [{ records: Number(found[1]), ms: Number(found[2]) }];
  });
  await pipeline.stop();
  const sorted = awayMs.toSorted((a, b) => a - b);
  say(
    `from kill -9 to the first new committed result, ${kills} kills: median ${quantile(sorted, 0.5)} ms, p90 ${quantile(sorted, 0.9)} ms, p99 ${quantile(sorted, 0.99)} ms, worst ${sorted.at(-1)} ms`,
  );
  const replayed = restored.reduce((sum, { records }) => sum + records, 0);
  say(`  median ${besideAim(quantile(sorted, 0.5), { atMost: 5_000 }, "ms")}`);
  say(`  p99    ${besideAim(quantile(sorted, 0.99), { atMost: 10_000 }, "ms")}`);
  const faults = answerFaults(sent, answers);
  say(
    `${faults.length === 0 ? "" : "✗ "}${sent.length} transactions have ${answers.length} answers of their own`,
  );
  for (const fault of faults) say(`✗ ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
  say(`changelog records replayed in all: ${replayed}, ${Math.round(replayed / (kills + 1))} a start`);
} finally {
  await kafka.stop();
  rmSync(stateDir, { recursive: true, force: true });
}
