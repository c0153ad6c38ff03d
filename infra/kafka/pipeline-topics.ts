// The one admin step that creates the pipeline's topics: from the list in `@riffle/contracts` to what a broker is told.
//
// It knows no Kafka client: a `TopicAdmin` is handed in. Changelog topics are not here; the service that owns a store
// creates its own at start.

import type { Topic } from "@riffle/contracts";

/** A topic as the admin client takes it. */
export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** By Kafka's names: `cleanup.policy`, `retention.ms`. */
  readonly configs: Readonly<Record<string, string>>;
}

/** Creates topics. Implementations leave a topic that exists as it is and resolve when every topic has a leader. */
export interface TopicAdmin {
  createTopics(specs: TopicSpec[]): Promise<void>;
  close(): Promise<void>;
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
 * Timestamps are the producer's (`CreateTime`), because a record's timestamp is its event time. Compacted topics
 * also drop nothing by age.
 */
export function pipelineTopicSpecs(
  topics: readonly Topic<unknown>[],
  options: PipelineTopicsOptions,
): TopicSpec[] {
  const { partitions, replicationFactor } = options;
  return topics.map((topic) => ({
    name: topic.name,
    partitions: partitions ?? topic.partitions,
    replicationFactor,
    configs: {
      "cleanup.policy": topic.cleanupPolicy,
      "retention.ms": String(topic.retentionMs),
      "message.timestamp.type": "CreateTime",
      ...durability(replicationFactor),
    },
  }));
}

/** Creates what is missing and closes `admin`, whatever happens. */
export async function createPipelineTopics(
  admin: TopicAdmin,
  topics: readonly Topic<unknown>[],
  options: PipelineTopicsOptions,
): Promise<void> {
  try {
    await admin.createTopics(pipelineTopicSpecs(topics, options));
  } finally {
    await admin.close();
  }
}

/** P1: a 202 means more than one copy wherever there are enough brokers for one of them to be down. */
function durability(replicationFactor: number): Record<string, string> {
  if (replicationFactor === clusterDefault) {
    return {};
  }
  return { "min.insync.replicas": replicationFactor >= 3 ? "2" : "1" };
}
