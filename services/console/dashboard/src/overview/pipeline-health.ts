// Whether the pipeline is well, in words, from what the overview says and how long ago it was said. Pure.
//
//   V1. Nothing is called well that is not known: where the cluster has not answered lately, where a group's lag or the age
//       of what it has not read is missing, the verdict is that.
//   V2. A group without a member is named, also while there is nothing to do.

import type { EdgeFigures, Overview, ServiceState } from "../api/wire.ts";
import { formatDuration, plural } from "../format/text.ts";

/** Where the pipeline ends: what they do is theirs. */
export const outside: readonly string[] = ["readers", "channels"];

/** What the cluster said longer ago says nothing of now: it is asked every 5 s. */
export const clusterSilentMsMax = 15_000;

/** The tones of `Mark` that a pipeline may have. */
export type HealthTone = "good" | "warn" | "bad" | "quiet";

const warnLagSeconds = 5;
const badLagSeconds = 60;

/** How the pipeline is. */
export interface PipelineHealth {
  readonly tone: HealthTone;
  readonly text: string;
  /** Whether lags and replicas are those of now. */
  readonly isCurrent: boolean;
}

/** How worrying a lag is; one that is not known is neither good nor bad. */
export function toneOfLag(lagSeconds: number | null): HealthTone {
  if (lagSeconds === null) return "quiet";
  if (lagSeconds >= badLagSeconds) return "bad";
  return lagSeconds >= warnLagSeconds ? "warn" : "good";
}

/** The lag of an edge in words. What no group reads has none: whoever reads it decides how far he is. */
export function lagText({ to, lagSeconds }: EdgeFigures): string {
  if (outside.includes(to)) return "no group";
  return lagSeconds === null ? "lag unknown" : `lag ${formatDuration(lagSeconds * 1_000)}`;
}

/** The same edges when it is not known how far their groups are. */
export const withoutLag = (edges: readonly EdgeFigures[]): EdgeFigures[] =>
  edges.map((edge) => ({ ...edge, lagRecords: null, lagSeconds: null }));

/** @param heardAgoMs how long ago the page heard of this overview */
export function healthOf(overview: Overview, heardAgoMs: number): PipelineHealth {
  const { nowMs, clusterAtMs, services } = overview;
  if (clusterAtMs === null) return unknown("the cluster has not answered yet");
  const silentMs = nowMs - clusterAtMs + Math.max(0, heardAgoMs);
  if (silentMs > clusterSilentMsMax)
    return unknown(
      `the cluster was last heard of ${formatDuration(Math.floor(silentMs / 1_000) * 1_000)} ago`,
    );
  const edges = overview.edges.filter(({ to }) => !outside.includes(to));
  const unsaid = edges.find(({ lagRecords }) => lagRecords === null);
  if (unsaid !== undefined) return unknown(`the cluster does not say how far ${unsaid.to} is`);
  return { ...judged(edges, services), isCurrent: true };
}

const unknown = (why: string): PipelineHealth => ({
  tone: "warn",
  text: `Lag unknown: ${why}`,
  isCurrent: false,
});

function judged(
  edges: readonly EdgeFigures[],
  services: readonly ServiceState[],
): Pick<PipelineHealth, "tone" | "text"> {
  const behind = edges.reduce((sum, { lagRecords }) => sum + (lagRecords ?? 0), 0);
  const worst = Math.max(0, ...edges.map(({ lagSeconds }) => lagSeconds ?? 0));
  const isAgeKnown = edges.every(({ lagSeconds }) => lagSeconds !== null);
  const done =
    behind === 0 ? "Everything that came in is processed" : `${plural(behind, "record")} on the way`;
  const idle = services.filter(
    ({ name, replicas }) => replicas.length === 0 && edges.some(({ to }) => to === name),
  );
  if (idle.length > 0)
    return { tone: "bad", text: `No replica of ${idle.map(({ name }) => name).join(", ")}. ${done}` };
  if (isAgeKnown) return { tone: toneOfLag(worst), text: done };
  return { tone: worst >= badLagSeconds ? "bad" : "warn", text: `${done}, for how long is unknown` };
}
