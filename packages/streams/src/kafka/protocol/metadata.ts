// Metadata (3), version 12: only who a topic is. kafkajs's own version names topics, which a topic made again shares with
// the one that was deleted.
//
//   request  => [topics: topic_id UUID, name COMPACT_NULLABLE_STRING, TAGS], allow_auto_topic_creation BOOLEAN,
//               include_topic_authorized_operations BOOLEAN, TAGS
//   response => throttle_time_ms INT32, [brokers: node_id INT32, host COMPACT_STRING, port INT32,
//               rack COMPACT_NULLABLE_STRING, TAGS], cluster_id COMPACT_NULLABLE_STRING, controller_id INT32,
//               [topics: error_code INT16, name COMPACT_NULLABLE_STRING, topic_id UUID, …], TAGS

import { ByteWriter } from "../bytes.ts";
import type { KafkaRequest } from "./request.ts";

const uuidBytes = 16;

/** A topic and its cluster. */
export interface TopicIdentity {
  readonly errorCode: number;
  readonly clusterId: string;
  /** Hexadecimal. */
  readonly topicId: string;
}

export const topicIdentity = (topic: string): KafkaRequest<TopicIdentity> => {
  const body = new ByteWriter().noTags();
  body.compactArray([topic], (name) => {
    body.raw(Buffer.alloc(uuidBytes)).compactString(name).noTags();
  });
  return {
    api: "Metadata",
    apiKey: 3,
    apiVersion: 12,
    body: body.boolean(false).boolean(false).noTags().bytes(),
    decode: (read) => {
      read.tags();
      read.int32();
      read.compactArray(() => {
        read.int32();
        read.compactString();
        read.int32();
        read.compactString();
        read.tags();
      });
      const clusterId = read.compactString() ?? "";
      read.int32();
      // One topic was asked for; what follows its id is not read.
      read.uvarint();
      const errorCode = read.int16();
      read.compactString();
      return { errorCode, clusterId, topicId: read.view(uuidBytes).toString("hex") };
    },
  };
};
