// The services' own stages (real-services.ts), one after the other, on a Kafka in memory: what they make of traffic with
// everything in it that the audit looks for.

import { headerNames, type Transaction, topics } from "@riffle/contracts";
import { type Stage, StreamWorker } from "@riffle/streams";
import { partitionOf } from "@riffle/streams/kafka";
import { InMemoryKafka } from "@riffle/streams/testing";
import { StageLooks } from "../../../faults/atomicity.ts";
import { stageWatches } from "../../../faults/stage-watches.ts";
import { type ModelOptions, minutesLongModel } from "../../../model/options.ts";
import { digestOf, type FoundRecord } from "../../../pipeline/dead-letters.ts";
import { type PipelineRecords, readAnswers } from "../../../pipeline/topic-answers.ts";
import { waitFor } from "../../../pipeline/wait-for.ts";
import { drawUnreadable, isPlanted, overflowingPair } from "../../../workload/poison.ts";
import { closers } from "../../../workload/preload.ts";
import { seededRandom } from "../../../workload/random.ts";
import { makeTransactions } from "../../../workload/transactions.ts";
import { channels, realStages } from "./real-services.ts";

const partitions = 3;
const minuteMs = 60_000;
const count = 600;
const spanMs = 20 * minuteMs;
const noonMs = Date.UTC(2026, 2, 1, 12);

/** What the pipeline here is made with. */
export const smallModel: ModelOptions = minutesLongModel;

/** Changes what is read of a partition, to see whether it is noticed. */
export type Tamper = (
  topic: string,
  partition: number,
  records: readonly FoundRecord[],
) => readonly FoundRecord[];

/** One run; close it at the end. */
export class SmallPipeline {
  readonly #kafka = new InMemoryKafka();
  readonly #closing: (() => Promise<void>)[] = [];
  readonly #read = new Map<string, readonly (readonly FoundRecord[])[]>();
  /** Digests of what no codec reads. */
  readonly poison = new Set<string>();
  /** What looks at atomicity found, and how many there were. */
  readonly torn: string[] = [];
  looks = 0;

  constructor() {
    for (const { name } of Object.values(topics)) this.#kafka.createTopic(name, partitions);
    this.#sendAll();
  }

  /** Until everything has been processed and delivered. */
  async run(): Promise<void> {
    for (const stage of await realStages(smallModel, partitions)) await this.#run(stage);
  }

  /** What the topics hold, as the audit reads it. */
  read(tamper: Tamper = (_topic, _partition, records) => records): Promise<PipelineRecords> {
    return readAnswers(async (topic, apply) => {
      this.#held(topic).forEach((records, partition) => {
        for (const record of tamper(topic, partition, records)) apply(partition, record);
      });
    }, partitions);
  }

  /** Read once: nothing is written any more when the audit reads. */
  #held(topic: string): readonly (readonly FoundRecord[])[] {
    const held = this.#read.get(topic) ?? this.#kafka.partitions(topic);
    this.#read.set(topic, held);
    return held;
  }

  async close(): Promise<void> {
    for (const close of this.#closing) await close();
    this.#kafka.close();
  }

  #sendAll(): void {
    const random = seededRandom(7);
    const traffic = makeTransactions({
      seed: 7,
      transactions: count,
      accounts: 12,
      startMs: noonMs,
      spanMs,
      fraudOneOf: 25,
      silentMs: 2 * minuteMs,
    });
    traffic.forEach((transaction, n) => {
      this.#send(transaction, n);
      if (n % 200 === 5)
        for (const one of overflowingPair(`huge-${n}`, noonMs + Math.floor((n * spanMs) / count)))
          this.#send(one, n);
      if (n % 20 === 0) this.#sendUnreadable(drawUnreadable(random, n), n);
    });
    const [first] = traffic;
    if (first === undefined) throw new Error("there is no traffic");
    this.#send(first, -1);
    this.#send({ ...first, amount: first.amount + 1 }, -1);
    for (const transaction of closers("end", noonMs + 60 * minuteMs, partitions)) this.#send(transaction, -1);
    this.#send({ ...first, id: "late", type: "purchase" }, -1);
    // Longer ago than the filter remembers: new, and late.
    this.#send({ ...first, type: "purchase" }, -1);
  }

  #send(value: Transaction, n: number): void {
    const { name, codec } = topics.transactionsReceived;
    const key = Buffer.from(value.accountId);
    const headers = {
      [headerNames.schema]: codec.schema,
      [headerNames.traceparent]: `00-${String(n).padStart(32, "a")}-00000000000000ff-01`,
      [headerNames.receivedAt]: String(noonMs + n),
    };
    this.#kafka.sendRaw(name, partitionOf(key, partitions), {
      key,
      value: codec.encode(value),
      timestampMs: Date.parse(value.occurredAt),
      headers: Object.entries(headers).map(([header, text]) => [header, Buffer.from(text)]),
    });
  }

  #sendUnreadable({ topic, key, value, headers }: ReturnType<typeof drawUnreadable>, n: number): void {
    this.poison.add(digestOf(value));
    this.#kafka.sendRaw(topic, n % partitions, {
      key: Buffer.from(key),
      value,
      timestampMs: noonMs,
      headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]),
    });
  }

  async #run(stage: Stage): Promise<void> {
    const { service } = stage;
    const client = await this.#kafka.connect(stage, { instanceId: `${service}-0` });
    const look = this.#looksAt(stage);
    // On a slow machine stream time must not follow the wall clock: the model knows event time only.
    const worker = new StreamWorker(
      stage,
      client,
      { idleAfterMs: 86_400_000 },
      { committed: () => void look() },
    );
    const running = worker.run();
    this.#closing.push(async () => {
      await worker.stop();
      await running;
      await client.close();
    });
    await waitFor(`${service} has read everything`, () => this.#kafka.lag(stage) === 0);
    if (service === "notifier") await this.#untilDelivered();
    await look();
  }

  #untilDelivered(): Promise<unknown> {
    const alerts = this.#kafka.records(topics.alerts.name).filter((record) => !isPlanted(record));
    const owed = alerts.length * channels.length;
    // What is missing for good is the verdict's to find.
    return waitFor(
      "all are told",
      () => this.#kafka.records(topics.notifications.name).length >= owed,
      20_000,
    ).catch(() => undefined);
  }

  /** Looks as a campaign does, one look after the other. */
  #looksAt(stage: Stage): () => Promise<void> {
    const [watch] = stageWatches(channels.map(({ name }) => name)).filter(
      ({ group }) => group === stage.service,
    );
    if (watch === undefined) throw new Error(`nobody watches ${stage.service}`);
    const looks = new StageLooks(watch, {
      committed: async (_group, topic) => {
        await waitFor("no commit is open", () => this.#kafka.committed(stage, topic) !== undefined);
        return this.#kafka.committed(stage, topic) ?? [];
      },
      read: async (topic, fromOffset, apply) => {
        this.#kafka.partitions(topic).forEach((records, partition) => {
          const from = fromOffset(partition) ?? 0;
          for (const record of records) if (record.offset >= from) apply(partition, record);
        });
      },
    });
    let last = Promise.resolve();
    return () => {
      last = last.then(async () => {
        this.torn.push(...(await looks.look()));
        this.looks++;
      });
      return last;
    };
  }
}
