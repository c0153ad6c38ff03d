// A bug here finds nothing wrong with a pipeline that loses what it could not process, or that shows results of input
// it has not committed. The engine and its client are the real ones, on a Kafka in memory; the stages are the services'
// in small.

import { addMoney, type Topic, type Transaction, topics } from "@riffle/contracts";
import { type Stage, StreamWorker, type TopicHandler } from "@riffle/streams";
import { InMemoryKafka } from "@riffle/streams/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AtomicityLook, atomicityFault, isOutput } from "../../../faults/atomicity.ts";
import { unmetPoison } from "../../../faults/checks.ts";
import { minutesLongModel } from "../../../model/options.ts";
import { digestOf } from "../../../pipeline/dead-letters.ts";
import { differences, type PipelineRecords, readAnswers } from "../../../pipeline/topic-answers.ts";
import { waitFor } from "../../../pipeline/wait-for.ts";
import { drawUnreadable, overflowingPair } from "../../../workload/poison.ts";
import { seededRandom } from "../../../workload/random.ts";

/** All of one instant: no window closes, and nothing is late. */
const noonMs = Date.UTC(2026, 2, 1, 12);
const partitions = 3;
const inFew = <V>(topic: Topic<V>): Topic<V> => ({ ...topic, partitions });
const input = inFew(topics.transactionsReceived);

const stageOf = (service: string, deadLetters: Topic<unknown>, handler: TopicHandler): Stage => ({
  service,
  handlers: [handler],
  deadLetters: deadLetters.name,
});

/** Passes everything on. */
const filter = stageOf("filter", topics.filterDeadLetters, {
  topic: input,
  stores: [],
  emits: [topics.transactionsScreened],
  handle: (batch, task) => {
    for (const { key, value, timestampMs } of batch)
      task.emit(topics.transactionsScreened, { key, value: value as Transaction, timestampMs });
  },
});

/** Sums what each account moves, in the memory of the test: nothing is restarted here but by a failed handler. */
const aggregator = (): Stage => {
  const sums = new Map<string, number>();
  return stageOf("aggregator", topics.aggregatorDeadLetters, {
    topic: inFew(topics.transactionsScreened),
    stores: [],
    emits: [],
    handle: (batch) => {
      for (const { value } of batch) {
        const { id, accountId, amount } = value as Transaction;
        sums.set(accountId, addMoney(id.endsWith("-first") ? 0 : (sums.get(accountId) ?? 0), amount));
      }
    },
  });
};

const readerOf = (service: string, topic: Topic<unknown>, deadLetters: Topic<unknown>): Stage =>
  stageOf(service, deadLetters, {
    topic: inFew(topic),
    stores: [],
    emits: [],
    handle: (batch) => {
      for (const _ of batch);
    },
  });

let kafka: InMemoryKafka;
let closing: (() => Promise<void>)[];
let looks: Promise<AtomicityLook[]>[];

beforeEach(() => {
  kafka = new InMemoryKafka();
  closing = [];
  looks = [];
});

afterEach(async () => {
  for (const close of closing) await close();
  kafka.close();
});

/** Looks at the filter's partitions, as the probe of a campaign does. */
const look = async (): Promise<AtomicityLook[]> => {
  const committed = (): number[] | undefined => kafka.committed(filter, input.name);
  const before = committed() ?? [];
  const outputs = [topics.transactionsScreened.name, filter.deadLetters].map((name) =>
    kafka.partitions(name).map((records) => records.filter((record) => isOutput(name, record))),
  );
  const visible = Array.from({ length: partitions }, (_, partition) =>
    outputs.reduce((sum, of) => sum + (of[partition]?.length ?? 0), 0),
  );
  await waitFor("no commit is open", () => committed() !== undefined);
  const after = committed() ?? [];
  return visible.map((count, partition) => ({
    partition,
    before: Math.max(0, before[partition] ?? 0),
    visible: count,
    after: Math.max(0, after[partition] ?? 0),
  }));
};

const run = async (stage: Stage): Promise<void> => {
  const client = await kafka.connect(stage, { instanceId: `${stage.service}-0` });
  const worker = new StreamWorker(stage, client, {}, { committed: () => looks.push(look()) });
  const running = worker.run();
  closing.push(async () => {
    await worker.stop();
    await running;
    await client.close();
  });
  await waitFor(`${stage.service} has read everything`, () => kafka.lag(stage) === 0);
};

const readAll = (): Promise<PipelineRecords> =>
  readAnswers(async (topic, apply) => {
    kafka.partitions(topic).forEach((records, partition) => {
      for (const record of records) apply(partition, record);
    });
  }, partitions);

const ordinary = (n: number): Transaction => ({
  id: `t${n}`,
  accountId: `account-${n % 7}`,
  amount: 100 + n,
  currency: "EUR",
  occurredAt: new Date(noonMs).toISOString(),
  type: "purchase",
});

const send = (...transactions: readonly Transaction[]): void =>
  kafka.send(input, ...transactions.map((value) => ({ key: value.accountId, value, timestampMs: noonMs })));

/** Everything that is sent, with what no codec reads among it. @returns the digests of the latter */
const sendAll = (): Set<string> => {
  const random = seededRandom(7);
  const poison = new Set<string>();
  for (const topic of Object.values(topics)) kafka.createTopic(topic.name, partitions);
  for (let n = 0; n < 60; n++) {
    send(ordinary(n));
    if (n % 20 === 5) send(...overflowingPair(`huge-${n}`, noonMs));
    if (n % 2 > 0) continue;
    const { topic, key, value, headers } = drawUnreadable(random, n);
    poison.add(digestOf(value));
    kafka.sendRaw(topic, n % partitions, {
      key: Buffer.from(key),
      value,
      timestampMs: noonMs + n,
      headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
    });
  }
  return poison;
};

const runAll = async (): Promise<void> => {
  await run(filter);
  await run(aggregator());
  await run(readerOf("fraud-detector", topics.transactionsScreened, topics.fraudDetectorDeadLetters));
  await run(readerOf("notifier", topics.alerts, topics.notifierDeadLetters));
};

describe("a pipeline that puts aside what it cannot process", () => {
  it("differs nowhere from the model: each dead letter is owed, is there once, in order, as it came", async () => {
    const poison = sendAll();
    await runAll();
    const records = await readAll();
    expect(differences(records, minutesLongModel)).toEqual([]);
    expect(unmetPoison({ records, poison })).toEqual([]);
    const counts = records.letters.map(({ service, found }) => [service, found.flat().length] as const);
    expect(Object.fromEntries(counts)).toMatchObject({ filter: records.unreadableReceived });
    for (const [, count] of counts) expect(count).toBeGreaterThan(0);
    expect(records.letters[1]?.found.flat().filter((line) => line.includes("AMOUNT_OVERFLOW"))).toHaveLength(
      3,
    );
  });

  it("shows at every commit as many outputs as the offsets that it has committed", async () => {
    sendAll();
    await run(filter);
    looks.push(look());
    const seen = (await Promise.all(looks)).flat();
    expect(seen.filter(({ visible }) => visible > 0).length).toBeGreaterThan(partitions);
    expect(seen.map(atomicityFault).filter((fault) => fault !== undefined)).toEqual([]);
  });

  it("is found out when a dead letter is missing, altered, or nobody's", async () => {
    const poison = sendAll();
    await runAll();
    const records = await readAll();
    const [ofFilter, ...others] = records.letters;
    const withFound = (found: string[][]): string[] =>
      differences(
        { ...records, letters: [{ ...(ofFilter as NonNullable<typeof ofFilter>), found }, ...others] },
        minutesLongModel,
      );
    const found = ofFilter?.found ?? [];
    const partition = found.findIndex((lines) => lines.length > 1);
    const change = (lines: (old: string[]) => string[]): string[][] =>
      found.map((old, i) => (i === partition ? lines(old) : old));
    expect(withFound(change((old) => old.slice(1))).join()).toMatch(/1 missing/);
    expect(withFound(change((old) => [...old, old[0] ?? ""])).join()).toMatch(/1 too many/);
    expect(withFound(change((old) => old.toReversed())).join()).toMatch(/out of order/);
    expect(withFound(change((old) => old.map((line) => line.replace(/value \w/, "value -")))).join()).toMatch(
      /missing/,
    );
    expect(unmetPoison({ records, poison: new Set([...poison, "never-written"]) })).toHaveLength(1);
  });
});

describe("a look at atomicity", () => {
  it("finds outputs that are missing, and outputs whose input is not committed", () => {
    expect(atomicityFault({ partition: 0, before: 5, visible: 5, after: 5 })).toBeUndefined();
    expect(atomicityFault({ partition: 0, before: 5, visible: 7, after: 9 })).toBeUndefined();
    expect(atomicityFault({ partition: 0, before: 5, visible: 4, after: 9 })).toMatch(
      /only 4 outputs visible/,
    );
    expect(atomicityFault({ partition: 0, before: 5, visible: 7, after: 6 })).toMatch(/only offsets up to 6/);
  });
});
