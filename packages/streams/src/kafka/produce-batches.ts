// Sending record batches to the leaders of their partitions: used by the transactional and the idempotent producer.
//
//   P1. At most one batch a partition is in flight, and a batch is repeated only with the bytes, so the sequence,
//       it had: the broker drops what it has already appended.
//   P2. A batch stays below `batchBytesMax`, and below what its topic takes; nothing else would split it (the broker answers
//       MESSAGE_TOO_LARGE). A record that is larger alone goes alone, as large as the topic takes.

import { BrokerRefusedError, StreamsError } from "../errors.ts";
import { errorCodes, errorName, leaderMovedCodes } from "./protocol/errors.ts";
import { type ProduceBatch, type ProduceOutcome, type ProduceVersion, produce } from "./protocol/produce.ts";
import type { TopicPartition } from "./protocol/request.ts";
import type { BatchRecord } from "./record-batch.ts";
import { fitsBatch, recordBytesBound } from "./record-batch.ts";
import { topicBytesMaxDefault } from "./topic-limits.ts";
import type { Wire } from "./wire.ts";

/** Largest batch of several records, in bytes: below Kafka's default `max.message.bytes`, with room for the header. */
export const batchBytesMax = 900_000;
/** What a topic that takes less is asked to leave for the header of a batch. */
const headerRoomBytes = 64;

/** Refusals after which the same batch may be sent again: the broker did not append it, or knows that it did. */
const retriable: readonly number[] = [
  ...leaderMovedCodes,
  errorCodes.COORDINATOR_LOAD_IN_PROGRESS,
  errorCodes.COORDINATOR_NOT_AVAILABLE,
  errorCodes.NOT_COORDINATOR,
  errorCodes.REQUEST_TIMED_OUT,
  errorCodes.NOT_ENOUGH_REPLICAS,
  errorCodes.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  errorCodes.CONCURRENT_TRANSACTIONS,
];
const backoffMsMin = 2;
const backoffMsMax = 100;

/**
 * Splits records into runs that each fit one batch, keeping their order (P2).
 *
 * @param topicBytesMax the topic's `max.message.bytes`
 * @throws StreamsError STREAMS_RECORD_TOO_LARGE
 */
export const chunkRecords = <T extends BatchRecord>(
  topic: string,
  records: readonly T[],
  topicBytesMax = topicBytesMaxDefault,
): T[][] => {
  const sharedMax = Math.min(batchBytesMax, topicBytesMax - headerRoomBytes);
  const chunks: T[][] = [];
  let chunk: T[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = recordBytesBound(record);
    if (size > sharedMax && !fitsBatch(record, topicBytesMax)) throw tooLarge(topic, size, topicBytesMax);
    if (bytes + size > sharedMax) {
      if (chunk.length > 0) chunks.push(chunk);
      chunk = [];
      bytes = 0;
    }
    chunk.push(record);
    bytes += size;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
};

/** Says that no batch of the topic holds a record of about so many bytes. */
export const tooLarge = (topic: string, bytes: number, topicBytesMax: number): StreamsError =>
  new StreamsError(
    "STREAMS_RECORD_TOO_LARGE",
    `Writing a record of about ${bytes} bytes to ${topic}: the topic takes ${topicBytesMax} bytes (max.message.bytes). Keep less in it, or raise the topic's limit.`,
  );

/** How to send. */
export interface SendOptions {
  readonly transactionalId: string | null;
  /** Default 12. */
  readonly version?: ProduceVersion;
  /** How long refusals may be retried. */
  readonly deadlineMs: number;
}

/**
 * Sends one batch for each partition and returns when every one is on all in-sync replicas.
 *
 * @returns what became of each
 * @throws BrokerRefusedError when a broker refuses one for good; the others may have been appended
 * @throws OutcomeUnknownError when no answer came
 */
export const sendBatches = async (
  wire: Wire,
  batches: readonly ProduceBatch[],
  options: SendOptions,
): Promise<ProduceOutcome[]> => {
  const deadline = wire.clock.now() + options.deadlineMs;
  const sent: ProduceOutcome[] = [];
  let left = batches;
  for (let backoffMs = backoffMsMin; ; backoffMs = Math.min(backoffMs * 2, backoffMsMax)) {
    const outcomes = await sendOnce(wire, left, options);
    left = refused(left, outcomes);
    for (const outcome of outcomes) if (outcome.errorCode === errorCodes.NONE) sent.push(outcome);
    if (left.length === 0) return sent;
    if (wire.clock.now() >= deadline) throw refusal(outcomes);
    await wire.clock.delay(backoffMs);
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
    return wire.send(leader, produce(options.transactionalId, options.deadlineMs, of, options.version));
  });
  const settled = await Promise.allSettled(requests);
  for (const result of settled) if (result.status === "rejected") throw result.reason;
  return settled.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
};

/** What becomes of a batch whose partition has no leader now. */
export const withoutLeader = ({ topic, partition }: TopicPartition): ProduceOutcome => ({
  topic,
  partition,
  errorCode: errorCodes.LEADER_NOT_AVAILABLE,
  baseOffset: -1,
  errorMessage: null,
});

/** What an answer says of a batch. */
export type ProduceVerdict =
  | "written"
  /** Not written, or not known to be: send the same bytes again. */
  | "again"
  | "refused";

export const produceVerdict = (errorCode: number): ProduceVerdict => {
  if (errorCode === errorCodes.NONE || errorCode === errorCodes.DUPLICATE_SEQUENCE_NUMBER) return "written";
  return retriable.includes(errorCode) ? "again" : "refused";
};

/** The batches to send again. @throws BrokerRefusedError when one is refused for good */
const refused = (batches: readonly ProduceBatch[], outcomes: readonly ProduceOutcome[]): ProduceBatch[] =>
  batches.filter((batch) => {
    const outcome = outcomes.find(
      ({ topic, partition }) => topic === batch.topic && partition === batch.partition,
    );
    const errorCode = outcome?.errorCode ?? errorCodes.NETWORK_EXCEPTION;
    const verdict = produceVerdict(errorCode);
    if (verdict === "refused") throw refusal(outcomes.filter((of) => of === outcome));
    return verdict === "again";
  });

/** The first refusal among the outcomes, as an error. */
export const refusal = (outcomes: readonly ProduceOutcome[]): BrokerRefusedError => {
  const failed = outcomes.find(({ errorCode }) => errorCode !== errorCodes.NONE);
  const code = failed?.errorCode ?? errorCodes.NETWORK_EXCEPTION;
  const where = failed === undefined ? "" : ` to ${failed.topic}/${failed.partition}`;
  return new BrokerRefusedError(`Produce${where}`, code, errorName(code), failed?.errorMessage ?? undefined);
};
