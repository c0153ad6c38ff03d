// What is known of changelog partitions before they are read: whose they are, where they begin and end, and for how long they
// keep tombstones. It tells whether a copy of them can be believed (state/checkpoint.ts).

import type { ChangelogFacts } from "../state/checkpoint.ts";
import { failIfRefused } from "./coordinator.ts";
import type { TopicPartition } from "./ports.ts";
import { listedOffsets } from "./position-reader.ts";
import { describeTopicConfig } from "./protocol/describe-configs.ts";
import { errorCodes } from "./protocol/errors.ts";
import { topicIdentity } from "./protocol/metadata.ts";
import type { Wire } from "./wire.ts";

type TopicFacts = Pick<ChangelogFacts, "clusterId" | "topicId" | "deleteRetentionMs">;

/** The facts of each partition, by `topic/partition`. The topics must be loaded. @throws when those of one cannot be had */
export const describeChangelogs = async (
  wire: Wire,
  partitions: readonly TopicPartition[],
): Promise<Map<string, ChangelogFacts>> => {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const [starts, ends, ofTopics] = await Promise.all([
    listedOffsets(wire, partitions, "earliest"),
    listedOffsets(wire, partitions, "latest"),
    Promise.all(topics.map(async (topic) => [topic, await describeTopic(wire, topic)] as const)),
  ]);
  const topicFacts = new Map(ofTopics);
  return new Map(
    partitions.map(({ topic, partition }) => {
      const name = `${topic}/${partition}`;
      const of = topicFacts.get(topic) as TopicFacts;
      return [name, { ...of, startOffset: starts.get(name) ?? 0, endOffset: ends.get(name) ?? 0 }];
    }),
  );
};

const describeTopic = async (wire: Wire, topic: string): Promise<TopicFacts> => {
  const node = await wire.anyNode();
  const [{ errorCode, clusterId, topicId }, retention] = await Promise.all([
    wire.send(node, topicIdentity(topic)),
    wire.send(node, describeTopicConfig(topic, "delete.retention.ms")),
  ]);
  failIfRefused(`Metadata of ${topic}`, errorCode);
  // A cluster that does not let it be read leaves no age at which a copy could be believed.
  const deleteRetentionMs = retention.errorCode === errorCodes.NONE ? Number(retention.value ?? 0) : 0;
  return { clusterId, topicId, deleteRetentionMs };
};
