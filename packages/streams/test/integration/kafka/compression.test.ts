// A bug here reads nothing, or something else, from a topic that another team's Java service writes compressed.

import { beforeAll, describe, expect, it } from "vitest";
import type { Compression } from "../../../src/kafka/compression.ts";
import { Fetcher } from "../../../src/kafka/fetcher.ts";
import { sendBatches } from "../../../src/kafka/produce-batches.ts";
import { encodeRecordBatch } from "../../../src/kafka/record-batch.ts";
import { closing } from "../../harness/clients.ts";
import { committedTexts, createTopics, openWire, outgoing, uniqueName } from "../../harness/cluster.ts";
import { rejectionOf } from "../../harness/eventually.ts";
import { consoleConsumer, consoleProducer } from "../../harness/java-tools.ts";

const codecs = ["gzip", "snappy", "lz4", "zstd"] as const;

describe.each(codecs)("what Kafka's own producer wrote with %s", (codec) => {
  const topic = uniqueName(codec);
  /** 5,000 records of 100 bytes: more than one of a codec's blocks in a batch. */
  const lines = Array.from({ length: 5_000 }, (_, i) => `${i}-${"account".repeat(13)}`);

  beforeAll(async () => {
    await createTopics([topic], 1);
    await consoleProducer(topic, codec, lines);
  });

  it("is read back equal, in order", async () => {
    expect(await committedTexts(topic)).toEqual(lines.map((line) => `null=${line}`));
  });

  it("stops a reader whose limit it would burst, and the error names the batch", async () => {
    const fetcher = new Fetcher(closing(await openWire(topic)), { unpackedBytesMax: 10_000 });
    fetcher.assign({ topic, partition: 0 }, 0);
    expect(await rejectionOf(fetcher.next(10_000))).toMatchObject({ code: "STREAMS_BATCH_TOO_LARGE" });
    fetcher.close();
  });
});

it("what is written here with each codec, Kafka's own consumer reads", async () => {
  const topic = uniqueName("packed");
  await createTopics([topic], 1);
  const wire = closing(await openWire(topic));
  const written: string[] = [];
  for (const compression of ["none", ...codecs] satisfies Compression[]) {
    const values = Array.from({ length: 3_000 }, (_, i) => `${compression}-${i}-${"x".repeat(60)}`);
    const records = values.map((value) => outgoing(topic, 0, "k", value));
    const nobody = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
    const bytes = encodeRecordBatch(records, nobody, compression);
    await sendBatches(wire, [{ topic, partition: 0, bytes }], { transactionalId: null, deadlineMs: 10_000 });
    written.push(...values);
  }
  expect((await consoleConsumer(topic, written.length)).map(({ value }) => value)).toEqual(written);
});
