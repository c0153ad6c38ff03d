// What operators ask of transactions (KIP-664): DescribeProducers (61), DescribeTransactions (65), ListTransactions (66), version 0
// of each. Layouts stand in kafka/protocol.

import { type ByteReader, ByteWriter } from "../../kafka/bytes.ts";
import { errorCodes } from "../../kafka/protocol/errors.ts";
import type { TopicPartition } from "../../kafka/protocol/request.ts";
import type { Arrival, RequestHandler } from "./handler.ts";

/** A code that no branch of the client names. */
const transactionalIdNotFound = 105;

export const describeProducers: RequestHandler = (arrival, read, answer) => {
  read.tags();
  const topics = read.compactArray(() => readTopic(read));
  read.tags();
  const write = new ByteWriter().noTags().int32(0);
  write.compactArray(topics, (partitions) => {
    write.compactString(partitions[0]?.topic ?? "");
    write.compactArray(partitions, (each) => writeProducers(write, arrival, each));
    write.noTags();
  });
  answer(write.noTags());
};

const readTopic = (read: ByteReader): TopicPartition[] => {
  const topic = read.compactString() ?? "";
  const partitions = read.compactArray(() => ({ topic, partition: read.int32() }));
  read.tags();
  return partitions;
};

const writeProducers = (write: ByteWriter, { cluster, nodeId }: Arrival, wanted: TopicPartition): void => {
  const log = cluster.partition(wanted)?.log;
  const fault =
    log === undefined
      ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION
      : cluster.leaderOf(wanted) === nodeId
        ? errorCodes.NONE
        : errorCodes.NOT_LEADER_OR_FOLLOWER;
  write.int32(wanted.partition).int16(fault).compactString(null);
  write.compactArray(fault === errorCodes.NONE ? (log?.producers ?? []) : [], (producer) => {
    write.int64(producer.producerId).int32(producer.producerEpoch).int32(producer.lastSequence);
    write.int64(producer.lastTimestampMs).int32(-1).int64(producer.openFrom).noTags();
  });
  write.noTags();
};

export const describeTransactions: RequestHandler = ({ cluster, nodeId }, read, answer) => {
  read.tags();
  const ids = read.compactArray(() => read.compactString() ?? "");
  const write = new ByteWriter().noTags().int32(0);
  write.compactArray(ids, (id) => {
    const found = cluster.transactions.described.find(({ transactionalId }) => transactionalId === id);
    const fault =
      cluster.coordinatorFault(nodeId, "transaction", id) ||
      (found === undefined ? transactionalIdNotFound : errorCodes.NONE);
    const { state = "", timeoutMs = 0, startedAtMs = -1, producerId = -1n, producerEpoch = -1 } = found ?? {};
    write.int16(fault).compactString(id).compactString(state).int32(timeoutMs).int64(startedAtMs);
    write.int64(producerId).int16(producerEpoch);
    write.compactArray([], () => {}).noTags();
  });
  answer(write.noTags());
};

export const listTransactions: RequestHandler = ({ cluster, nodeId }, read, answer) => {
  read.tags();
  const states = read.compactArray(() => read.compactString() ?? "");
  const producerIds = read.compactArray(() => read.bigint64());
  const found = cluster.transactions.described.filter(
    ({ transactionalId, state, producerId }) =>
      cluster.coordinatorFault(nodeId, "transaction", transactionalId) === errorCodes.NONE &&
      (states.length === 0 || states.includes(state)) &&
      (producerIds.length === 0 || producerIds.includes(producerId)),
  );
  const write = new ByteWriter().noTags().int32(0).int16(errorCodes.NONE);
  write.compactArray([], () => {});
  write.compactArray(found, ({ transactionalId, producerId, state }) => {
    write.compactString(transactionalId).int64(producerId).compactString(state).noTags();
  });
  answer(write.noTags());
};
