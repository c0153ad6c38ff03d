// A bug here lets the engine see what Kafka's own consumer does not see, or miss what it does.

import { beforeAll, describe, expect, it } from "vitest";
import { ChangelogReader } from "../../../src/kafka/changelog-reader.ts";
import { Coordinator } from "../../../src/kafka/coordinator.ts";
import { Fetcher } from "../../../src/kafka/fetcher.ts";
import { listedOffsets } from "../../../src/kafka/position-reader.ts";
import { sendBatches } from "../../../src/kafka/produce-batches.ts";
import { encodeRecordBatch } from "../../../src/kafka/record-batch.ts";
import type { TransactionProtocol } from "../../../src/kafka/transaction-protocol.ts";
import { protocolOf, takeOver } from "../../../src/kafka/transactional-producer.ts";
import type { Wire } from "../../../src/kafka/wire.ts";
import {
  brokers,
  brokerWithinMs,
  createTopics,
  openWire,
  outgoing,
  readUpTo,
  uniqueName,
} from "../../harness/cluster.ts";
import { present } from "../../harness/eventually.ts";
import { consoleConsumer } from "../../harness/java-tools.ts";
import { clusters } from "../../harness/transaction-versions.ts";

const producers = 8;
const rounds = 25;

/** A sequence that looks random and is the same in every run. */
const pseudoRandom = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return (state >>> 8) % below;
  };
};

/** A producer in the hands of the test: it writes where and when it is told, and ends or abandons its transaction. */
class RawProducer {
  readonly #wire: Wire;
  readonly #topic: string;
  readonly #transactionalId: string;
  #protocol: TransactionProtocol | undefined;
  #open: string[] = [];

  constructor(wire: Wire, topic: string, transactionalId: string) {
    this.#wire = wire;
    this.#topic = topic;
    this.#transactionalId = transactionalId;
  }

  get inTransaction(): boolean {
    return this.#open.length > 0;
  }

  async write(values: readonly string[]): Promise<void> {
    this.#protocol ??= await this.#begin();
    const protocol = this.#protocol;
    const partition = { topic: this.#topic, partition: 0 };
    await protocol.addPartitions([partition]);
    // The key of Kafka's own markers begins with four zero bytes as well.
    const records = values.map((value) => ({ ...outgoing(this.#topic, 0, "", value), key: Buffer.alloc(4) }));
    const baseSequence = protocol.takeSequence(partition, values.length);
    const bytes = encodeRecordBatch(records, { ...protocol.identity, baseSequence, transactional: true });
    await sendBatches(this.#wire, [{ ...partition, bytes }], {
      transactionalId: this.#transactionalId,
      version: protocol.produceVersion,
      deadlineMs: 10_000,
    });
    this.#open.push(...values);
  }

  /** Commits, and says what. */
  async commit(): Promise<string[]> {
    await present(this.#protocol).end();
    return this.#open.splice(0);
  }

  /** Aborts as the engine does: the id is taken over, which ends what was open. */
  async abandon(): Promise<void> {
    this.#protocol = await this.#begin();
    this.#open = [];
  }

  async #begin(): Promise<TransactionProtocol> {
    const [wire, transactionalId] = [this.#wire, this.#transactionalId];
    const context = {
      wire,
      transactionalId,
      transactionTimeoutMs: 60_000,
      transactions: new Coordinator(wire, "transaction", transactionalId),
      group: new Coordinator(wire, "group", transactionalId),
    };
    return protocolOf(context, await takeOver(wire, transactionalId, 60_000));
  }
}

/** Lets the producers write across each other, and ends their transactions one way or the other. */
const interleave = async (wire: Wire, topic: string): Promise<Set<string>> => {
  const random = pseudoRandom(7);
  const all = Array.from({ length: producers }, (_, i) => new RawProducer(wire, topic, uniqueName(`p${i}`)));
  const committed = new Set<string>();
  let name = 0;
  for (let round = 0; round < rounds; round++) {
    for (const producer of all) {
      const act = random(5);
      if (act < 3 || !producer.inTransaction) {
        await producer.write(Array.from({ length: 1 + random(3) }, () => `v${name++}`));
      } else if (act === 3) {
        for (const value of await producer.commit()) committed.add(value);
      } else await producer.abandon();
    }
  }
  // Ended all, so that the last stable offset is the end.
  for (const producer of all) {
    if (!producer.inTransaction) continue;
    for (const value of await producer.commit()) committed.add(value);
  }
  return committed;
};

const about = `${producers} producers that interleave commits and aborts on one partition`;

describe.each(clusters)(`${about}, transaction version $version`, ({ version, prepare }) => {
  const topic = uniqueName("interleaved");
  const partition = { topic, partition: 0 };
  let wire: Wire;
  let end: number;
  let committed: Set<string>;
  let javaSees: { offset: number; value: string }[];

  beforeAll(prepare, brokerWithinMs);

  beforeAll(async () => {
    await createTopics([topic], 1);
    wire = await openWire(topic);
    committed = await interleave(wire, topic);
    end = present((await listedOffsets(wire, [partition], "latest")).get(`${topic}/0`));
    javaSees = await consoleConsumer(topic, committed.size, brokers());
    return () => wire.close();
  }, brokerWithinMs);

  it("speak that version", async () => {
    expect(await wire.featureLevel("transaction.version")).toBe(version);
  });

  const seenFrom = async (offset: number, partitionBytesMax: number) => {
    const fetcher = new Fetcher(wire, { partitionBytesMax, maxWaitMs: 50 });
    try {
      fetcher.assign(partition, offset);
      const records = await readUpTo(fetcher, end);
      return records.map((record) => ({ offset: record.offset, value: String(record.value) }));
    } finally {
      fetcher.close();
    }
  };

  it("leave aborted records between committed ones", () => {
    expect(committed.size).toBeGreaterThan(50);
    expect(end).toBeGreaterThan(committed.size + 100);
  });

  it("Kafka's own consumer sees what was committed", () => {
    expect(new Set(javaSees.map(({ value }) => value))).toEqual(committed);
    expect(javaSees).toHaveLength(committed.size);
  });

  it.each([100, 400, 1 << 20])("the fetcher sees the same, %i bytes at a time", async (partitionBytesMax) => {
    expect(await seenFrom(0, partitionBytesMax)).toEqual(javaSees);
  });

  it("the fetcher sees the rest of it from any offset in the middle", async () => {
    for (let from = 1; from < end; from += Math.ceil(end / 12)) {
      expect(await seenFrom(from, 150), `from offset ${from}`).toEqual(
        javaSees.filter(({ offset }) => offset >= from),
      );
    }
  });

  it("the changelog reader applies the same", async () => {
    const applied: { offset: number; value: string }[] = [];
    const { records } = await new ChangelogReader(wire).replay(
      partition,
      ({ offset, value }) => applied.push({ offset, value: String(value) }),
      async () => {},
    );
    expect(applied).toEqual(javaSees);
    expect(records).toBe(javaSees.length);
  });
});
