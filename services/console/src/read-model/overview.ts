// The overview: the map of the pipeline with its figures, who runs where, and the totals.

import { topics } from "@riffle/contracts";
import type { EdgeFigures, Overview, PipelineEdge } from "../answers.ts";
import type { ClusterState } from "./cluster-watch.ts";
import type { ReadModelDatabase } from "./database.ts";
import type { Figures } from "./figures.ts";
import { endsAtGroup, pipelineEdges, replicaServices } from "./pipeline-edges.ts";
import { writtenAtMs } from "./record-age.ts";

/** What an overview is made of. */
export interface OverviewSources {
  readonly database: ReadModelDatabase;
  readonly figures: Figures;
  readonly cluster: ClusterState;
}

/** @param nowMs wall clock, epoch milliseconds */
export const overviewOf = ({ database, figures, cluster }: OverviewSources, nowMs: number): Overview => ({
  nowMs,
  clusterAtMs: cluster.heardAtMs ?? null,
  edges: pipelineEdges.map((edge) => ({
    ...edge,
    ...lagOf(edge, { database, cluster }, nowMs),
    ...figures.of(edge.topic, nowMs),
  })),
  services: replicaServices.map((name) => ({ name, replicas: cluster.replicas.get(name) ?? [] })),
  totals: totalsOf(database),
});

const lagOf = (
  edge: PipelineEdge,
  { database, cluster }: Pick<OverviewSources, "database" | "cluster">,
  nowMs: number,
): Pick<EdgeFigures, "lagRecords" | "lagSeconds"> => {
  const lags = endsAtGroup(edge) ? cluster.lags.get(`${edge.to} ${edge.topic}`) : undefined;
  if (lags === undefined) return { lagRecords: null, lagSeconds: null };
  const lagRecords = lags.reduce((sum, { lag }) => sum + lag, 0);
  let oldestMs = nowMs;
  for (const { partition, committed, lag } of lags) {
    if (lag <= 0) continue;
    const atMs = writtenAtMs(database, edge.topic, partition, Math.max(0, committed));
    // One partition whose age is not known may be the oldest: a number that leaves it out would be too good.
    if (atMs === undefined) return { lagRecords, lagSeconds: null };
    oldestMs = Math.min(oldestMs, atMs);
  }
  return { lagRecords, lagSeconds: Math.round((nowMs - oldestMs) / 100) / 10 };
};

const totalsOf = (database: ReadModelDatabase): Overview["totals"] => {
  const rows = database.all<{ readonly topic: string; readonly records: number }>(
    "SELECT topic, records FROM totals",
  );
  const of = (topic: string): number => rows.find((row) => row.topic === topic)?.records ?? 0;
  return {
    received: of(topics.transactionsReceived.name),
    screened: of(topics.transactionsScreened.name),
    rejected: of(topics.transactionsRejected.name),
    deadLettered: of(topics.filterDeadLetters.name),
    alerts: of(topics.alerts.name),
    notifications: of(topics.notifications.name),
  };
};
