// Topics and what they are given: CreateTopics (19), versions 2 and 3, and DescribeConfigs (32), versions 2 and 4.
//
//   CreateTopics request  => [topics: name STRING, num_partitions INT32, replication_factor INT16, [replica_assignment:
//               partition INT32, [replicas INT32]], [configs: name STRING, value NULLABLE_STRING]], timeout_ms INT32,
//               validate_only BOOLEAN
//   CreateTopics response => throttle_time_ms INT32, [topics: name STRING, error_code INT16, error_message NULLABLE_STRING]
//   DescribeConfigs 2 request  => [resources: type INT8, name STRING, [keys STRING], null for all], include_synonyms BOOLEAN
//   DescribeConfigs 2 response => throttle_time_ms INT32, [results: error_code INT16, error_message NULLABLE_STRING, type INT8,
//               name STRING, [configs: name STRING, value NULLABLE_STRING, read_only BOOLEAN, source INT8,
//               is_sensitive BOOLEAN, [synonyms]]]
//   DescribeConfigs 4: see kafka/protocol/describe-configs.ts

import { type ByteReader, ByteWriter } from "../../kafka/bytes.ts";
import { errorCodes } from "../../kafka/protocol/errors.ts";
import type { Arrival, RequestHandler } from "./handler.ts";

interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** Codes that no branch of the client names. */
const topicAlreadyExists = 36;
const invalidPartitions = 37;
const partitionsDefault = 1;

export const createTopics: RequestHandler = ({ cluster }, read, answer) => {
  const topics = read.array(() => readNewTopic(read));
  read.int32();
  const isOnlyAsked = read.int8() === 1;
  const write = new ByteWriter().int32(0);
  write.array(topics, ({ name, partitions, configs }) => {
    const fault = cluster.topics.includes(name)
      ? topicAlreadyExists
      : partitions < 1
        ? invalidPartitions
        : errorCodes.NONE;
    if (fault === errorCodes.NONE && !isOnlyAsked) cluster.createTopic(name, partitions, configs);
    write.string(name).int16(fault).string(null);
  });
  answer(write);
};

const readNewTopic = (read: ByteReader): NewTopic => {
  const name = read.string() ?? "";
  const count = read.int32();
  read.int16();
  read.array(() => {
    read.int32();
    read.array(() => read.int32());
  });
  const pairs = read.array(() => [read.string() ?? "", read.string() ?? ""] as const);
  return { name, partitions: count === -1 ? partitionsDefault : count, configs: Object.fromEntries(pairs) };
};

const topicResource = 2;
const flexibleFrom = 4;
/** Where a value comes from: the topic itself, or what brokers have. */
const sources = { topic: 1, default: 5 };
/** `type` of a value in version 4: a text. */
const textType = 2;

/** What brokers have where a topic was given nothing else. */
const defaults: Readonly<Record<string, string>> = {
  "cleanup.policy": "delete",
  "compression.type": "producer",
  "delete.retention.ms": "86400000",
  "max.message.bytes": "1048588",
  "message.timestamp.type": "CreateTime",
  "min.insync.replicas": "1",
  "retention.bytes": "-1",
  "retention.ms": "604800000",
  "segment.bytes": "1073741824",
  "segment.ms": "604800000",
};

interface Described {
  readonly type: number;
  readonly name: string;
  readonly errorCode: number;
  readonly configs: readonly { readonly name: string; readonly value: string; readonly source: number }[];
}

export const describeConfigs: RequestHandler = (arrival, read, answer) => {
  const isFlexible = arrival.apiVersion >= flexibleFrom;
  const resources = isFlexible ? readFlexibleResources(read) : readResources(read);
  const described = resources.map((each) => describe(arrival, each));
  answer(isFlexible ? writtenFlexible(described) : written(described));
};

interface Resource {
  readonly type: number;
  readonly name: string;
  /** Empty for all. */
  readonly keys: readonly string[];
}

const readResources = (read: ByteReader): Resource[] =>
  read.array(() => ({
    type: read.int8(),
    name: read.string() ?? "",
    keys: read.array(() => read.string() ?? ""),
  }));

const readFlexibleResources = (read: ByteReader): Resource[] => {
  read.tags();
  return read.compactArray(() => {
    const resource = {
      type: read.int8(),
      name: read.compactString() ?? "",
      keys: read.compactArray(() => read.compactString() ?? ""),
    };
    read.tags();
    return resource;
  });
};

const describe = ({ cluster }: Arrival, { type, name, keys }: Resource): Described => {
  if (type === topicResource && !cluster.topics.includes(name))
    return { type, name, errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, configs: [] };
  const own = type === topicResource ? cluster.configsOf(name) : {};
  const configs = Object.entries({ ...defaults, ...own })
    .filter(([key]) => keys.length === 0 || keys.includes(key))
    .map(([key, value]) => ({
      name: key,
      value,
      source: Object.hasOwn(own, key) ? sources.topic : sources.default,
    }));
  return { type, name, errorCode: errorCodes.NONE, configs };
};

const written = (described: readonly Described[]): ByteWriter => {
  const write = new ByteWriter(1024).int32(0);
  return write.array(described, ({ type, name, errorCode, configs }) => {
    write.int16(errorCode).string(null).int8(type).string(name);
    write.array(configs, (config) => {
      write.string(config.name).string(config.value).boolean(false).int8(config.source).boolean(false);
      write.array([], () => {});
    });
  });
};

const writtenFlexible = (described: readonly Described[]): ByteWriter => {
  const write = new ByteWriter(1024).noTags().int32(0);
  write.compactArray(described, ({ type, name, errorCode, configs }) => {
    write.int16(errorCode).compactString(null).int8(type).compactString(name);
    write.compactArray(configs, (config) => {
      write.compactString(config.name).compactString(config.value).boolean(false).int8(config.source);
      write
        .boolean(false)
        .compactArray([], () => {})
        .int8(textType)
        .compactString(null)
        .noTags();
    });
    write.noTags();
  });
  return write.noTags();
};
