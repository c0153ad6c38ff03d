// Topics of the cluster beside those of the contracts: what is missing, and what is laid out otherwise. Pure.

import type { Topic } from "@riffle/contracts";

/** What a cluster has of a topic. */
export interface FoundTopic {
  readonly partitions: number;
  /** Values in force by Kafka's names. */
  readonly configs: ReadonlyMap<string, string>;
}

/** One difference. */
export interface TopicFault {
  readonly topic: string;
  readonly kind: "missing" | "partitions" | "config";
  /** `retention.ms`, for a configuration. */
  readonly config?: string;
  readonly expected: string;
  readonly found: string;
}

/** The configurations that are compared. */
export const comparedConfigs = [
  "cleanup.policy",
  "retention.ms",
  "message.timestamp.type",
  "max.message.bytes",
] as const;

/** Every difference, topic by topic. @param topics those of the contracts, and what others need of the same shape */
export const topicFaults = (
  topics: readonly Topic<unknown>[],
  found: ReadonlyMap<string, FoundTopic>,
): TopicFault[] => {
  // One number may be chosen at creation; what matters is that it is the same everywhere.
  const counts = topics.flatMap(({ name }) => found.get(name)?.partitions ?? []);
  const common = mostFrequent(counts);
  return topics.flatMap((topic) => {
    const there = found.get(topic.name);
    if (there === undefined)
      return [{ topic: topic.name, kind: "missing", expected: "there", found: "missing" } as const];
    return [
      ...(there.partitions === common
        ? []
        : [
            {
              topic: topic.name,
              kind: "partitions",
              expected: `${common}, as the others have`,
              found: String(there.partitions),
            } as const,
          ]),
      ...configFaults(topic, there),
    ];
  });
};

const configFaults = (topic: Topic<unknown>, { configs }: FoundTopic): TopicFault[] => {
  const expected: Readonly<Record<(typeof comparedConfigs)[number], string | undefined>> = {
    "cleanup.policy": topic.cleanupPolicy,
    "retention.ms": String(topic.retentionMs),
    "message.timestamp.type": "CreateTime",
    "max.message.bytes": topic.batchBytesMax === undefined ? undefined : String(topic.batchBytesMax),
  };
  return comparedConfigs.flatMap((config) => {
    const value = configs.get(config);
    const wanted = expected[config];
    // What may not be read is not judged, nor what the contracts leave to the cluster.
    if (value === undefined || wanted === undefined || inOrder(value) === inOrder(wanted)) return [];
    // A topic may take more.
    if (config === "max.message.bytes" && Number(value) > Number(wanted)) return [];
    // A compacted topic drops nothing by age, whatever its retention says.
    if (config === "retention.ms" && topic.cleanupPolicy === "compact") return [];
    return [{ topic: topic.name, kind: "config", config, expected: wanted, found: value } as const];
  });
};

/** Kafka keeps a list in the order in which it was given: `delete,compact` is `compact,delete`. */
const inOrder = (value: string): string =>
  value
    .split(",")
    .map((item) => item.trim())
    .toSorted()
    .join();

const mostFrequent = (counts: readonly number[]): number => {
  const groups = [...Map.groupBy(counts, (count) => count).entries()];
  return groups.toSorted(([a, as], [b, bs]) => bs.length - as.length || b - a)[0]?.[0] ?? 0;
};
