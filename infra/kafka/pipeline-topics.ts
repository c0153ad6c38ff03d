// The one admin step that creates the pipeline's topics: what `@riffle/contracts` says, through whatever client is handed
// in. `riffle topics create` is the same step for a cluster that is not started here.

import {
  type PipelineTopicsOptions,
  pipelineTopicSpecs,
  type Topic,
  type TopicSpec,
} from "@riffle/contracts";

export {
  clusterDefault,
  type PipelineTopicsOptions,
  pipelineTopicSpecs,
  type TopicSpec,
} from "@riffle/contracts";

/** Creates topics. Implementations leave a topic that exists as it is and resolve when every topic has a leader. */
export interface TopicAdmin {
  createTopics(specs: TopicSpec[]): Promise<void>;
  close(): Promise<void>;
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
