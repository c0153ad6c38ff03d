// Sending record batches to the leaders of their partitions: used by the transactional and the idempotent producer.
//
//   P1. At most one batch a partition is in flight, and a batch is repeated only with the bytes, so the sequence,
//       it had: the broker drops what it has already appended.
//   P2. A batch stays below `batchBytesMax`; nothing else would split it (the broker answers MESSAGE_TOO_LARGE).

import { setTimeout as delay } from "node:timers/promises";
import { BrokerRefusedError, StreamsError } from "../errors.ts";
import { errorCodes, errorName, leaderMovedCodes } from "./protocol/errors.ts";
import { type ProduceBatch, type ProduceOutcome, produce } from "./protocol/produce.ts";
import type { BatchRecord } from "./record-batch.ts";
import { recordBytesBound } from "./record-batch.ts";
import type { Wire } from "./wire.ts";

/** Largest batch, in bytes: below Kafka's default `max.message.bytes` of 1,048,588, with room for the header. */
export const batchBytesMax = 900_000;

/** Refusals after which the same batch may be sent again: the broker did not append it, or knows that it did. */
const retriable: readonly number[] = [
  ...leaderMovedCodes,
  errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  errorCodes.COORDINATOR_NOT_AVAILABLE,
  errorCodes.NOT_COORDINATOR,
  errorCodes.NOT_ENOUGH_REPLICAS,
  errorCodes.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  errorCodes.CONCURRENT_TRANSACTIONS,
];
const backoffMsMin = 2;
const backoffMsMax = 100;

/** Splits records into runs that each fit one batch, keeping their order (P2). */
export const chunkRecords = <T extends BatchRecord>(topic: string, records: readonly T[]): T[][] => {
  const chunks: T[][] = [];
  let chunk: T[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordBytesBound(record);
    if (size > batchBytesMax) {
      throw new StreamsError(
        "STREAMS_RECORD_TOO_LARGE",
        `A record of ${size} bytes for ${topic} is larger than the largest batch, ${batchBytesMax} bytes.`,
      );
    }
    if (bytes + size > batchBytesMax) {
      chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
};

/** How to send. */
export interface SendOptions {
  readonly transactionalId: string | null;
  /** How long refusals may be retried. */
  readonly deadlineMs: number;
}

/**
 * Sends one batch for each partition and returns when every one is on all in-sync replicas.
 *
 * @throws BrokerRefusedError when a broker refuses one for good; the others may have been appended
 * @throws OutcomeUnknownError when no answer came
 */
export const sendBatches = async (
  wire: Wire,
  batches: readonly ProduceBatch[],
  options: SendOptions,
): Promise<void> => {
  const deadline = Date.now() + options.deadlineMs;
  let left = batches;
  for (let backoffMs = backoffMsMin; ; backoffMs = Math.min(backoffMs * 2, backoffMsMax)) {
    const outcomes = await sendOnce(wire, left, options);
    left = refused(left, outcomes);
    if (left.length === 0) return;
    if (Date.now() >= deadline) throw refusal(outcomes);
    await delay(backoffMs);
    if (outcomes.some(({ errorCode }) => leaderMovedCodes.includes(errorCode))) await wire.refreshMetadata();
  }
};

/** One request to each leader; all are awaited before any failure is reported, so that nothing is left in flight. */
const sendOnce = async (
  wire: Wire,
  batches: readonly ProduceBatch[],
  options: SendOptions,
): Promise<ProduceOutcome[]> => {
  const leaders = Map.groupBy(batches, ({ topic, partition }) => wire.leaderOf(topic, partition));
  const requests = [...leaders].map(async ([leader, of]): Promise<ProduceOutcome[]> => {
    if (leader < 0) return of.map(withoutLeader);
    return wire.send(leader, produce(options.transactionalId, options.deadlineMs, of));
  });
  const settled = await Promise.allSettled(requests);
  for (const result of settled) if (result.status === "rejected") throw result.reason;
  return settled.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
};

const withoutLeader = ({ topic, partition }: ProduceBatch): ProduceOutcome => ({
  topic,
  partition,
  errorCode: errorCodes.LEADER_NOT_AVAILABLE,
  baseOffset: -1,
  errorMessage: null,
});

/** The batches to send again. @throws BrokerRefusedError when one is refused for good */
const refused = (batches: readonly ProduceBatch[], outcomes: readonly ProduceOutcome[]): ProduceBatch[] =>
  batches.filter((batch) => {
    const outcome = outcomes.find(
      ({ topic, partition }) => topic === batch.topic && partition === batch.partition,
    );
    const errorCode = outcome?.errorCode ?? errorCodes.NETWORK_EXCEPTION;
    if (errorCode === errorCodes.NONE || errorCode === errorCodes.DUPLICATE_SEQUENCE_NUMBER) return false;
    if (!retriable.includes(errorCode)) throw refusal(outcomes.filter((of) => of === outcome));
    return true;
  });

const refusal = (outcomes: readonly ProduceOutcome[]): BrokerRefusedError => {
  const failed = outcomes.find(({ errorCode }) => errorCode !== errorCodes.NONE);
  const code = failed?.errorCode ?? errorCodes.NETWORK_EXCEPTION;
  const where = failed === undefined ? "" : ` to ${failed.topic}/${failed.partition}`;
  return new BrokerRefusedError(`Produce${where}`, code, errorName(code), failed?.errorMessage ?? undefined);
};
