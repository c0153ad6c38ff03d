// DescribeConfigs (32), version 4.
//
//   request  => [resources: resource_type INT8, resource_name COMPACT_STRING, [configuration_keys COMPACT_STRING], TAGS],
//               include_synonyms BOOLEAN, include_documentation BOOLEAN, TAGS
//   response => throttle_time_ms INT32, [results: error_code INT16, error_message COMPACT_NULLABLE_STRING,
//               resource_type INT8, resource_name COMPACT_STRING, [configs: name COMPACT_STRING,
//               value COMPACT_NULLABLE_STRING, …], TAGS], TAGS

import { ByteWriter } from "../bytes.ts";
import type { KafkaRequest } from "./request.ts";

const topicResource = 2;

/** One configuration value of a topic. */
export interface TopicConfig {
  readonly errorCode: number;
  /** Undefined when the topic has no such configuration. */
  readonly value: string | undefined;
}

export const describeTopicConfig = (topic: string, name: string): KafkaRequest<TopicConfig> => {
  const body = new ByteWriter().noTags();
  body.compactArray([topic], (of) => {
    body.int8(topicResource).compactString(of);
    body.compactArray([name], (key) => {
      body.compactString(key);
    });
    body.noTags();
  });
  return {
    api: "DescribeConfigs",
    apiKey: 32,
    apiVersion: 4,
    body: body.boolean(false).boolean(false).noTags().bytes(),
    decode: (read) => {
      read.tags();
      read.int32();
      // One topic and one value were asked for; what follows them is not read.
      read.uvarint();
      const errorCode = read.int16();
      read.compactString();
      read.int8();
      read.compactString();
      const count = read.uvarint() - 1;
      if (count < 1) return { errorCode, value: undefined };
      read.compactString();
      return { errorCode, value: read.compactString() ?? undefined };
    },
  };
};
