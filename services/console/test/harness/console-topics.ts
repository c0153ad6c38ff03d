// A Kafka with the pipeline's topics, and who writes stories to them.

import { allTopics } from "@riffle/contracts";
import type { OutgoingRecord } from "@riffle/streams";
import { connectAdmin, TransactionalWriter } from "@riffle/streams/kafka";
import { type RunningKafka, startKafka } from "../../../../infra/kafka/local-kafka.ts";

/** Partitions of every topic. */
export const topicPartitions = 3;

/** Starts a broker and creates every topic; records of tests have event times long past, so they are kept for ever. */
export const startTopics = async (): Promise<RunningKafka> => {
  const kafka = await startKafka();
  const admin = await connectAdmin({ brokers: kafka.brokers, clientId: "test-admin" });
  try {
    await admin.createTopics(
      allTopics.map(({ name }) => ({
        name,
        partitions: topicPartitions,
        replicationFactor: 1,
        // A broker rolls the log at each record that is months old, and compacts what it has rolled.
        configs: { "cleanup.policy": "delete", "retention.ms": "-1" },
      })),
    );
  } finally {
    await admin.close();
  }
  return kafka;
};

const topicNames = allTopics.map(({ name }) => name);

/** Writes the records, a thousand in a transaction. */
export const writeStory = (
  brokers: readonly string[],
  records: readonly OutgoingRecord[],
  transactionalId = "test-story",
): Promise<void> => writeRecords(brokers, records, transactionalId, topicNames);

/** The same where only some of the topics are there. */
export const writeRecords = async (
  brokers: readonly string[],
  records: readonly OutgoingRecord[],
  transactionalId: string,
  topics: readonly string[],
): Promise<void> => {
  const writer = await openWriter(brokers, transactionalId, topics);
  try {
    for (let i = 0; i < records.length; i += 1_000) await writer.write(records.slice(i, i + 1_000));
  } finally {
    await writer.close();
  }
};

/** Whoever opens a writer of the same id ends what the last one left open. */
export const openWriter = (
  brokers: readonly string[],
  transactionalId: string,
  topics: readonly string[] = topicNames,
): Promise<TransactionalWriter> =>
  TransactionalWriter.open({
    brokers,
    clientId: transactionalId,
    transactionalId,
    topics,
    transactionTimeoutMs: 120_000,
  });
