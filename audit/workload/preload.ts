// Writes transactions straight into ingest's topic, as ingest would: for audits and benchmarks of what comes after it.

import { parseEventTime, type Transaction, topics } from "@riffle/contracts";
import { IdempotentProducer, partitionOf } from "@riffle/streams/kafka";

const topic = topics.transactionsReceived;
const chunk = 5_000;

/** Sends the transactions in order; resolves when all are acknowledged. */
export const preload = async (
  brokers: readonly string[],
  transactions: readonly Transaction[],
): Promise<void> => {
  const producer = await IdempotentProducer.connect({
    brokers,
    clientId: "preload",
    topics: [topic.name],
    deliveryTimeoutMs: 30_000,
  });
  try {
    for (let from = 0; from < transactions.length; from += chunk) {
      await Promise.all(
        transactions.slice(from, from + chunk).map((transaction) =>
          producer.send({
            topic: topic.name,
            key: transaction.accountId,
            value: topic.codec.encode(transaction),
            timestampMs: parseEventTime(transaction.occurredAt),
            headers: { schema: topic.codec.schema, "received-at": String(Date.now()) },
          }),
        ),
      );
    }
  } finally {
    await producer.close();
  }
};

/**
 * One transaction for each partition, on an account of its own: moves every task's stream time to `timeMs`, so that
 * the windows before it close.
 */
export const closers = (prefix: string, timeMs: number, partitions = topic.partitions): Transaction[] => {
  const found = new Map<number, Transaction>();
  for (let n = 0; found.size < partitions; n++) {
    const accountId = `${prefix}-closer-${n}`;
    const partition = partitionOf(Buffer.from(accountId), partitions);
    if (found.has(partition)) continue;
    found.set(partition, {
      id: `${prefix}-closer-${n}`,
      accountId,
      amount: 20_000,
      currency: "EUR",
      occurredAt: new Date(timeMs).toISOString(),
      type: "purchase",
    });
  }
  return [...found.values()];
};
