// The pipeline's topics as a cluster has them.

import { allTopics } from "@riffle/contracts";
import type { ClusterInspector } from "@riffle/streams/kafka";
import { comparedConfigs, type FoundTopic } from "./cluster-topics.ts";

/** What the cluster has, by topic, of those that exist. */
export const readTopics = async (
  inspector: ClusterInspector,
): Promise<ReadonlyMap<string, FoundTopic & { readonly copies: number }>> => {
  const existing = new Set(await inspector.listTopics());
  const names = allTopics.map(({ name }) => name).filter((name) => existing.has(name));
  const configs = await inspector.topicConfigs(names, comparedConfigs);
  const described = await inspector.describeTopics(names);
  return new Map(
    described.map(({ name, partitions }) => [
      name,
      {
        partitions: partitions.length,
        copies: partitions[0]?.replicas.length ?? 0,
        configs: configs.get(name) ?? new Map<string, string>(),
      },
    ]),
  );
};
