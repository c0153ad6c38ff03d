// From the list of topics to what a broker is told to create. Pure: who creates them hands in a client of its own.
//
// Changelog topics are not here; the service that owns a store creates its own at start.

import type { Topic } from "./envelope.ts";

/** A topic as an admin client takes it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** By Kafka's names: `cleanup.policy`, `retention.ms`. */
  readonly configs: Readonly<Record<string, string>>;
}

export interface PipelineTopicsOptions {
  /** Replaces every topic's own count; all must have the same. @default what the contracts say */
  readonly partitions?: number;
  /** Copies of each partition, at most one per broker, or {@link clusterDefault}. */
  readonly replicationFactor: number;
}

/** Leaves the number of copies to the admin client, and how many a write needs to the cluster's administrators. */
export const clusterDefault = -1;

/**
 * What to create, topic by topic.
 *
 * Timestamps are the producer's (`CreateTime`), because a record's timestamp is its event time. Topics that are compacted
 * alone drop nothing by age.
 */
export function pipelineTopicSpecs(
  topics: readonly Topic<unknown>[],
  { partitions, replicationFactor }: PipelineTopicsOptions,
): TopicSpec[] {
  return topics.map((topic) => ({
    name: topic.name,
    partitions: partitions ?? topic.partitions,
    replicationFactor,
    configs: {
      "cleanup.policy": topic.cleanupPolicy,
      "retention.ms": String(topic.retentionMs),
      "message.timestamp.type": "CreateTime",
      ...(topic.batchBytesMax === undefined ? {} : { "max.message.bytes": String(topic.batchBytesMax) }),
      ...durability(replicationFactor),
    },
  }));
}

/** P1: a 202 means more than one copy wherever there are enough brokers for one of them to be down. */
function durability(replicationFactor: number): Record<string, string> {
  if (replicationFactor === clusterDefault) return {};
  return { "min.insync.replicas": replicationFactor >= 3 ? "2" : "1" };
}
