// Where things are: FindCoordinator (10), versions 1 and 2, and Metadata (3), versions 4 and 12.
//
//   FindCoordinator request  => key STRING, key_type INT8
//   FindCoordinator response => throttle_time_ms INT32, error_code INT16, error_message NULLABLE_STRING, node_id INT32,
//               host STRING, port INT32
//   Metadata 4 request  => [topics STRING], null for all, allow_auto_topic_creation BOOLEAN
//   Metadata 4 response => throttle_time_ms INT32, [brokers: node_id INT32, host STRING, port INT32, rack NULLABLE_STRING],
//               cluster_id NULLABLE_STRING, controller_id INT32, [topics: error_code INT16, name STRING, is_internal BOOLEAN,
//               [partitions: error_code INT16, partition INT32, leader INT32, [replicas INT32], [isr INT32]]]
//   Metadata 12: see kafka/protocol/metadata.ts

import { hash } from "node:crypto";
import { type ByteReader, ByteWriter } from "../../kafka/bytes.ts";
import { errorCodes } from "../../kafka/protocol/errors.ts";
import type { Arrival, RequestHandler } from "./handler.ts";

/** From this version on Metadata is what the client asks itself: who a topic is. */
const identityVersion = 12;
const uuidBytes = 16;
const nowhere = { host: "", port: -1 };

export const findCoordinator: RequestHandler = ({ cluster }, read, answer) => {
  const key = read.string() ?? "";
  const nodeId = cluster.coordinatorOf(read.int8() === 0 ? "group" : "transaction", key);
  const errorCode = nodeId < 0 ? errorCodes.COORDINATOR_NOT_AVAILABLE : errorCodes.NONE;
  const { host, port } = nodeId < 0 ? nowhere : cluster.addressOf(nodeId);
  answer(new ByteWriter().int32(0).int16(errorCode).string(null).int32(nodeId).string(host).int32(port));
};

/** The leaders of a topic's partitions, by partition number. */
export type Leaders = ReadonlyMap<string, readonly number[]>;

export const metadata: RequestHandler = (arrival, read, answer) => {
  if (arrival.apiVersion >= identityVersion) return topicIdentity(arrival, read, answer);
  const { cluster } = arrival;
  const topics = readTopics(read) ?? cluster.topics;
  const up = cluster.nodeIds.filter((nodeId) => cluster.isUp(nodeId));
  const write = new ByteWriter(1024).int32(0);
  write.array(up, (nodeId) => {
    const { host, port } = cluster.addressOf(nodeId);
    write.int32(nodeId).string(host).int32(port).string(null);
  });
  write.string(cluster.clusterId).int32(up[0] ?? -1);
  write.array(topics, (topic) => writeTopic(write, arrival, topic));
  answer(write);
};

/** Undefined for all. */
const readTopics = (read: ByteReader): string[] | undefined => {
  const count = read.int32();
  if (count < 0) return undefined;
  return Array.from({ length: count }, () => read.string() ?? "");
};

const writeTopic = (write: ByteWriter, { cluster }: Arrival, topic: string): void => {
  const partitions = cluster.partitionsOf(topic);
  const fault = partitions.length === 0 ? errorCodes.UNKNOWN_TOPIC_OR_PARTITION : errorCodes.NONE;
  write.int16(fault).string(topic).boolean(false);
  write.array(partitions, (each) => {
    const leader = cluster.leaderOf(each);
    const replicas = leader < 0 ? [] : [leader];
    write.int16(errorCodes.NONE).int32(each.partition).int32(leader);
    for (let lists = 0; lists < 2; lists++) {
      write.array(replicas, (nodeId) => {
        write.int32(nodeId);
      });
    }
  });
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
    .compactString(cluster.clusterId)
    .int32(0)
    .uvarint(1 + 1);
  write.int16(isThere ? errorCodes.NONE : errorCodes.UNKNOWN_TOPIC_OR_PARTITION).compactString(topic);
  answer(write.raw(Buffer.from(hash("md5", topic, "hex"), "hex")).noTags());
};

/** A client's request of {@link metadata}, version 4. */
export const metadataRequest = (topics: readonly string[]): Buffer => {
  const write = new ByteWriter();
  return write
    .array(topics, (topic) => {
      write.string(topic);
    })
    .boolean(false)
    .bytes();
};

/** The leaders in the answer to it, of those topics that exist. */
export const readLeaders = (read: ByteReader): Leaders => {
  read.int32();
  read.array(() => {
    read.int32();
    read.string();
    read.int32();
    read.string();
  });
  read.string();
  read.int32();
  const topics = read.array(() => {
    const errorCode = read.int16();
    const topic = read.string() ?? "";
    read.int8();
    const leaders = read.array(() => {
      read.int16();
      read.int32();
      const leader = read.int32();
      for (let lists = 0; lists < 2; lists++) read.array(() => read.int32());
      return leader;
    });
    return { errorCode, topic, leaders };
  });
  const found = topics.filter(({ errorCode }) => errorCode === errorCodes.NONE);
  return new Map(found.map(({ topic, leaders }) => [topic, leaders]));
};
