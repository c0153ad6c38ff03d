// What a client asks before it asks anything else: ApiVersions (18), FindCoordinator (10), Metadata (3); and what a changelog
// is: DescribeConfigs (32).

import { hash } from "node:crypto";
import { type ByteReader, ByteWriter } from "../../../kafka/bytes.ts";
import { errorCodes } from "../../../kafka/protocol/errors.ts";
import type { RequestHandler } from "./handler.ts";

const finalizedFeaturesTag = 2;
/** From this version on Metadata is what the client asks itself: who a topic is. */
const identityVersion = 12;
const uuidBytes = 16;

/** Version 3, with nothing but the finalized features: versions of APIs are agreed upon by kafkajs. */
export const apiVersions: RequestHandler = ({ cluster }, _read, answer) => {
  const features = new ByteWriter().uvarint(1 + 1).compactString("transaction.version");
  const bytes = features.int16(cluster.transactionVersion).int16(0).noTags().bytes();
  const write = new ByteWriter();
  write
    .int16(0)
    .compactArray([], () => {})
    .int32(0);
  answer(write.uvarint(1).uvarint(finalizedFeaturesTag).uvarint(bytes.length).raw(bytes));
};

/** Version 2. */
export const findCoordinator: RequestHandler = ({ cluster }, read, answer) => {
  const key = read.string() ?? "";
  const nodeId = cluster.coordinatorOf(read.int8() === 0 ? "group" : "transaction", key);
  const errorCode = nodeId < 0 ? errorCodes.COORDINATOR_NOT_AVAILABLE : errorCodes.NONE;
  answer(new ByteWriter().int32(0).int16(errorCode).string(null).int32(nodeId).string("memory").int32(0));
};

/** The leaders of a topic's partitions, by partition number. */
export type Leaders = ReadonlyMap<string, readonly number[]>;

/**
 * In a layout of its own, because the client leaves Metadata to kafkajs:
 *   request  => [topics STRING]
 *   response => [topics: name STRING, [leaders INT32]], those that exist
 */
export const metadata: RequestHandler = (arrival, read, answer) => {
  const { cluster, apiVersion } = arrival;
  if (apiVersion >= identityVersion) return topicIdentity(arrival, read, answer);
  const topics = read.array(() => read.string() ?? "").filter((topic) => cluster.topics.includes(topic));
  const write = new ByteWriter();
  write.array(topics, (topic) => {
    write.string(topic).array(cluster.partitionsOf(topic), (partition) => {
      write.int32(cluster.leaderOf(partition));
    });
  });
  answer(write);
};

/** Version 12, for one topic; its id is made of its name. */
const topicIdentity: RequestHandler = ({ cluster }, read, answer) => {
  read.tags();
  read.uvarint();
  read.view(uuidBytes);
  const topic = read.compactString() ?? "";
  const isThere = cluster.topics.includes(topic);
  const write = new ByteWriter().noTags().int32(0);
  write
    .compactArray([], () => {})
    .compactString("memory")
    .int32(0)
    .uvarint(1 + 1);
  write.int16(isThere ? errorCodes.NONE : errorCodes.UNKNOWN_TOPIC_OR_PARTITION).compactString(topic);
  answer(write.raw(Buffer.from(hash("md5", topic, "hex"), "hex")).noTags());
};

/** Version 4, for one value of one topic: a day, which is what brokers have for `delete.retention.ms`. */
export const describeConfigs: RequestHandler = (_arrival, _read, answer) => {
  const write = new ByteWriter()
    .noTags()
    .int32(0)
    .uvarint(1 + 1);
  write.int16(errorCodes.NONE).compactString(null).int8(0).compactString("");
  answer(
    write
      .uvarint(1 + 1)
      .compactString("delete.retention.ms")
      .compactString("86400000")
      .noTags(),
  );
};

/** The client's half of {@link metadata}. */
export const readLeaders = (read: ByteReader): Leaders =>
  new Map(read.array(() => [read.string() ?? "", read.array(() => read.int32())] as const));
