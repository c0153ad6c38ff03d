// Produce (0), versions 9 to 12. From version 12 on it adds the partition to the transaction; before, the partition
// has to be in it already, and the broker verifies that (KIP-890).

import { type ByteReader, ByteWriter } from "../../kafka/bytes.ts";
import { errorCodes } from "../../kafka/protocol/errors.ts";
import { placed } from "../stored-batch.ts";
import type { Arrival, RequestHandler } from "./handler.ts";

interface Sent {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: Buffer;
}

interface Outcome extends Sent {
  readonly errorCode: number;
  readonly baseOffset: number;
}

const addsPartitionFrom = 12;
const noBytes = Buffer.alloc(0);
const batchBytesMaxDefault = 1_048_588;

export const produce: RequestHandler = (arrival, read, answer) => {
  read.tags();
  const transactionalId = read.compactString();
  read.int16();
  read.int32();
  const topics = read.compactArray(() => readTopic(read));
  const write = new ByteWriter().noTags();
  write.compactArray(topics, (sent) => {
    write.compactString(sent[0]?.topic ?? "");
    write.compactArray(
      sent.map((each) => append(arrival, transactionalId, each)),
      ({ partition, errorCode, baseOffset }) => {
        write.int32(partition).int16(errorCode).int64(baseOffset).int64(-1).int64(0);
        write
          .compactArray([], () => {})
          .compactString(null)
          .noTags();
      },
    );
    write.noTags();
  });
  answer(write.int32(0).noTags());
};

const readTopic = (read: ByteReader): Sent[] => {
  const topic = read.compactString() ?? "";
  const sent = read.compactArray(() => {
    const partition = read.int32();
    const length = read.uvarint() - 1;
    const bytes = length < 0 ? noBytes : read.view(length);
    read.tags();
    return { topic, partition, bytes };
  });
  read.tags();
  return sent;
};

/** The topic's `max.message.bytes`, and where it has none that of brokers. */
const batchBytesMaxOf = (cluster: Arrival["cluster"], topic: string): number =>
  Number(cluster.configsOf(topic)["max.message.bytes"] ?? batchBytesMaxDefault);

const append = ({ cluster, nodeId, apiVersion }: Arrival, id: string | null, sent: Sent): Outcome => {
  const refused = (errorCode: number): Outcome => {
    cluster.note("Produce", errorCode);
    return { ...sent, errorCode, baseOffset: -1 };
  };
  const partition = cluster.partition(sent);
  if (partition === undefined) return refused(errorCodes.UNKNOWN_TOPIC_OR_PARTITION);
  if (cluster.leaderOf(sent) !== nodeId) return refused(errorCodes.NOT_LEADER_OR_FOLLOWER);
  if (sent.bytes.length > batchBytesMaxOf(cluster, sent.topic)) return refused(errorCodes.MESSAGE_TOO_LARGE);
  const batch = placed(sent.bytes, 0);
  if (batch.transactional) {
    const fault =
      apiVersion >= addsPartitionFrom
        ? cluster.transactions.add(id ?? "", batch, [partition])
        : cluster.transactions.verify(id ?? "", batch, partition.name);
    if (fault === errorCodes.PRODUCER_FENCED) return refused(errorCodes.INVALID_PRODUCER_EPOCH);
    if (fault !== errorCodes.NONE) return refused(fault);
  }
  const appended = partition.append(sent.bytes);
  cluster.note("Produce", appended.repeated ? "repeated" : appended.errorCode);
  return { ...sent, ...appended };
};
