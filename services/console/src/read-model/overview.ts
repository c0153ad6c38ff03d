// The overview: the map of the pipeline with its figures, who runs where, and the totals.

import { topics } from "@riffle/contracts";
import type { EdgeFigures, Overview, PipelineEdge } from "../answers.ts";
import type { ClusterState } from "./cluster-watch.ts";
import type { ReadModelDatabase } from "./database.ts";
import type { Figures } from "./figures.ts";
import { endsAtGroup, pipelineEdges, replicaServices } from "./pipeline-edges.ts";

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
    ...lagOf(edge, figures, cluster, nowMs),
    ...figures.of(edge.topic, nowMs),
  })),
  services: replicaServices.map((name) => ({ name, replicas: cluster.replicas.get(name) ?? [] })),
  totals: totalsOf(database),
});

const lagOf = (
  edge: PipelineEdge,
  figures: Figures,
  cluster: ClusterState,
  nowMs: number,
): Pick<EdgeFigures, "lagRecords" | "lagSeconds"> => {
  const lags = endsAtGroup(edge) ? cluster.lags.get(`${edge.to} ${edge.topic}`) : undefined;
  if (lags === undefined) return { lagRecords: null, lagSeconds: null };
  const behind = lags.filter(({ lag }) => lag > 0);
  const oldest = behind
    .map(({ partition, committed }) => figures.atOffset(edge.topic, partition, Math.max(0, committed)))
    .filter((atMs) => atMs !== undefined);
  return {
    lagRecords: lags.reduce((sum, { lag }) => sum + lag, 0),
    lagSeconds: oldest.length === 0 ? 0 : Math.max(0, Math.round((nowMs - Math.min(...oldest)) / 100) / 10),
  };
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
