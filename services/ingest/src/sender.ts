// The sender on a real Kafka: the idempotent producer of @riffle/streams.

import { topics } from "@riffle/contracts";
import { kafkaConnection, type Logger } from "@riffle/service-kit/process";
import { IdempotentProducer } from "@riffle/streams/kafka";
import type { IngestConfig } from "./config.ts";
import type { RecordSender } from "./record-gate.ts";

/** A sender that holds connections. */
export interface ConnectedSender extends RecordSender {
  /** Settles what is under way and closes the connections. */
  close(): Promise<void>;
}

/**
 * Connects to the brokers of the configuration.
 *
 * @throws StreamsError STREAMS_CLUSTER_UNREACHABLE when no broker answers, STREAMS_TOPIC_MISSING when the topic of
 * received transactions has not been created
 */
export function connectSender(config: IngestConfig, log: Logger): Promise<ConnectedSender> {
  return IdempotentProducer.connect({
    ...kafkaConnection(config),
    clientId: `ingest-${config.RIFFLE_INSTANCE_ID}`,
    requestTimeoutMs: config.PRODUCE_REQUEST_TIMEOUT_MS,
    topics: [topics.transactionsReceived.name],
    queueMax: config.UNSETTLED_SENDS_MAX,
    log: (message, details) => log.warn({ ...details }, message),
  });
}
