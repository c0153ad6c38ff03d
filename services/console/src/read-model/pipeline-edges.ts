// The pipeline as a map: which service hands what to which. The last edges go to nobody's group.

import { topics } from "@riffle/contracts";
import type { PipelineEdge } from "../answers.ts";

/** In the order of the pipeline. */
export const pipelineEdges: readonly PipelineEdge[] = [
  { from: "ingest", to: "filter", topic: topics.transactionsReceived.name },
  { from: "filter", to: "aggregator", topic: topics.transactionsScreened.name },
  { from: "filter", to: "fraud-detector", topic: topics.transactionsScreened.name },
  { from: "filter", to: "readers", topic: topics.transactionsRejected.name },
  { from: "aggregator", to: "readers", topic: topics.aggregatesAccount.name },
  { from: "fraud-detector", to: "notifier", topic: topics.alerts.name },
  { from: "notifier", to: "channels", topic: topics.notifications.name },
];

/** Services of the pipeline that are a consumer group: their lag is asked of the cluster. */
export const groupServices = ["filter", "aggregator", "fraud-detector", "notifier"] as const;

/** Services whose members are shown: those, and the console's own desk of cases. */
export const replicaServices = [...groupServices, "console"] as const;

/** Whether the edge ends at a group. */
export const endsAtGroup = ({ to }: PipelineEdge): boolean =>
  (groupServices as readonly string[]).includes(to);
