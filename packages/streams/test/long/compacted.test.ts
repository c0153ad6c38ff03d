// A bug here restores from a log that a broker has really compacted what was deleted, forgets what was not, or waits for
// ever at an offset that is gone.

import { beforeAll, describe, expect, it } from "vitest";
import { ChangelogReader } from "../../src/kafka/changelog-reader.ts";
import { Fetcher } from "../../src/kafka/fetcher.ts";
import { listedOffsets } from "../../src/kafka/position-reader.ts";
import { TransactionalProducer } from "../../src/kafka/transactional-producer.ts";
import type { Wire } from "../../src/kafka/wire.ts";
import type { OutgoingRecord } from "../../src/worker/record.ts";
import { brokers, createTopics, openWire, outgoing, readUpTo, uniqueName } from "../harness/cluster.ts";
import { eventually, present } from "../harness/eventually.ts";
import { consoleConsumer } from "../harness/java-tools.ts";

const topic = uniqueName("compacted");
const partition = { topic, partition: 0 };
const transactionTimeoutMs = 60_000;
/** Rolled and cleaned as soon as the broker gets to it; tombstones go with the next cleaning. */
const configs = {
  "cleanup.policy": "compact",
  "segment.ms": "50",
  "min.cleanable.dirty.ratio": "0.001",
  "delete.retention.ms": "0",
};
const keys = Array.from({ length: 20 }, (_, i) => `k${i}`);
const rounds = 30;

let wire: Wire;
/** What was committed, as a reader of the whole log must end up with. */
const state = new Map<string, string>();
let written = 0;

const open = () =>
  TransactionalProducer.open(wire, { transactionalId: topic, groupId: topic, transactionTimeoutMs });

const tombstone = (key: string): OutgoingRecord => ({ ...outgoing(topic, 0, key, ""), value: null });

/** Writes round after round: new values, tombstones, and now and then a transaction that is aborted. */
const write = async (): Promise<void> => {
  let producer = await open();
  for (let round = 0; round < rounds; round++) {
    const records = keys
      .filter((_, i) => (round + i) % 3 !== 0)
      .map((key, i) => ((round + i) % 5 === 0 ? tombstone(key) : outgoing(topic, 0, key, `${round}`)));
    await producer.write(records);
    written += records.length;
    for (const { key, value } of records)
      if (value === null) state.delete(String(key));
      else state.set(String(key), String(value));
    if (round % 7 !== 3) continue;
    // Left open, and taken over: aborted.
    const doomed = await open();
    await expect(
      doomed.commit({
        records: keys.map((key) => outgoing(topic, 0, key, "aborted")),
        offsets: [{ topic, partition: 0, offset: 1, metadata: "" }],
        fence: { groupId: topic, generationId: 7, memberId: "nobody", groupInstanceId: null },
      }),
    ).rejects.toThrow();
    producer = await open();
  }
};

const replay = async (fromOffset?: number) => {
  const applied = new Map<string, string>();
  /** Where the value of each key stands that has one. */
  const newest = new Map<string, number>();
  const offsets: number[] = [];
  const replayed = await new ChangelogReader(wire).replay(
    partition,
    ({ key, value, offset }) => {
      offsets.push(offset);
      if (value === null) {
        applied.delete(String(key));
        newest.delete(String(key));
      } else {
        applied.set(String(key), String(value));
        newest.set(String(key), offset);
      }
    },
    async () => {},
    fromOffset === undefined ? {} : { fromOffset },
  );
  return { applied, newest, offsets, ...replayed };
};

describe("a log that a broker has compacted", () => {
  beforeAll(async () => {
    await createTopics([topic], 1, configs);
    wire = await openWire(topic);
    await write();
    const producer = await open();
    // The segment that is written to is never cleaned: one record more each time rolls it.
    await eventually(
      "the broker has compacted",
      async () => {
        await producer.write([outgoing(topic, 0, "last", "last")]);
        state.set("last", "last");
        return (await replay()).records < written / 4;
      },
      50_000,
    );
    return () => wire.close();
  }, 60_000);

  it("restores to what was committed: no key that was deleted, none that was aborted, none missing", async () => {
    const { applied, offsets } = await replay();
    expect(applied).toEqual(state);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(offsets.some((offset, i) => i > 0 && offset > (offsets[i - 1] ?? 0) + 1)).toBe(true);
  });

  // The cleaner may go on meanwhile: what it takes away are tombstones and what was overwritten.
  it("is read from any offset on, also one that is gone, to the end and with every live record", async () => {
    const whole = await replay();
    for (let from = 0; from < whole.nextOffset; from += Math.ceil(whole.nextOffset / 25)) {
      const { applied, offsets, nextOffset } = await replay(from);
      expect(nextOffset).toBe(whole.nextOffset);
      expect(offsets.every((offset) => offset >= from && whole.offsets.includes(offset))).toBe(true);
      const live = [...whole.newest].filter(([, offset]) => offset >= from).map(([key]) => key);
      expect([...applied.keys()].toSorted(), `from ${from}`).toEqual(live.toSorted());
    }
  });

  it("gives the fetcher, and Kafka's own consumer, the same records", async () => {
    const end = present((await listedOffsets(wire, [partition], "latest")).get(`${topic}/0`));
    await eventually(
      "the two agree, whatever the cleaner does meanwhile",
      async () => {
        const fetcher = new Fetcher(wire, { partitionBytesMax: 300, maxWaitMs: 50 });
        fetcher.assign(partition, 0);
        const records = await readUpTo(fetcher, end).finally(() => fetcher.close());
        const fetched = records.map(({ offset, value }) => `${offset} ${value}`);
        const printed = await consoleConsumer(topic, records.length, brokers());
        return fetched.join() === printed.map(({ offset, value }) => `${offset} ${value}`).join();
      },
      40_000,
    );
  });
});
