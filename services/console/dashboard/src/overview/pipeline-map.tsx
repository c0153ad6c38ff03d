// The pipeline as a map: services, and on each topic between them how much, how far behind and how long.

import type { ReactNode } from "react";
import type { EdgeFigures, ServiceState } from "../api/wire.ts";
import { formatCount, formatDuration, formatRate, plural } from "../format/text.ts";
import { Mark, type Tone } from "../marks/mark.tsx";
import {
  labelHeight,
  labelWidth,
  layoutMap,
  nodeHeight,
  type PlacedEdge,
  type PlacedNode,
} from "./map-layout.ts";
import { lagText, outside, toneOfLag } from "./pipeline-health.ts";

interface MapProps {
  readonly edges: readonly EdgeFigures[];
  readonly services: readonly ServiceState[];
  /** Whether the replicas are those of now. */
  readonly isCurrent: boolean;
}

/** The map. What the console itself reads stands below it, since it reads everything. */
export function PipelineMap({ edges, services, isCurrent }: MapProps): ReactNode {
  const layout = layoutMap(
    edges.filter(({ to }) => to !== "console"),
    outside,
  );
  const replicasOf = (name: string): ServiceState["replicas"] | undefined =>
    services.find((service) => service.name === name)?.replicas;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard
    // biome-ignore lint/a11y/useSemanticElements: a group of no form
    <div className="map" role="group" aria-label="Pipeline map" tabIndex={0}>
      <svg viewBox={`0 0 ${layout.width} ${layout.height}`} aria-hidden="true">
        {layout.edges.map((placed) => (
          <Way key={keyOf(placed.edge)} placed={placed} />
        ))}
        {layout.nodes.map((node) => (
          <ServiceBox key={node.id} node={node} replicas={replicasOf(node.name)} isCurrent={isCurrent} />
        ))}
        {layout.edges.map((placed) => (
          <EdgeLabel key={keyOf(placed.edge)} placed={placed} />
        ))}
      </svg>
      <EdgeTable edges={edges} />
    </div>
  );
}

const keyOf = ({ from, to, topic }: EdgeFigures): string => `${from}>${to}>${topic}`;

function Way({ placed: { edge, path } }: { readonly placed: PlacedEdge<EdgeFigures> }): ReactNode {
  const pace = edge.ratePerSecond >= 100 ? "fast" : edge.ratePerSecond >= 5 ? "even" : "slow";
  return (
    <g className={`way is-${toneOfLag(edge.lagSeconds)}`}>
      <path d={path} className="way-line" />
      {edge.ratePerSecond > 0 && <path d={path} className={`way-flow is-${pace}`} />}
    </g>
  );
}

function EdgeLabel({
  placed: { edge, labelX, labelY },
}: {
  readonly placed: PlacedEdge<EdgeFigures>;
}): ReactNode {
  const tone = toneOfLag(edge.lagSeconds);
  return (
    <g
      className={`way-label is-${tone}`}
      transform={`translate(${labelX - labelWidth / 2} ${labelY - labelHeight / 2})`}
    >
      <title>{edge.topic}</title>
      <rect width={labelWidth} height={labelHeight} rx="8" />
      <text x="10" y="22" className="way-rate">
        {formatRate(edge.ratePerSecond)}
        <tspan className="way-unit"> /s</tspan>
      </text>
      <g transform={`translate(${labelWidth - 24} 10)`}>
        <MarkAt tone={tone} />
      </g>
      <text x="10" y="40" className="way-text">
        {lagText(edge)}
      </text>
      <text x="10" y="55" className="way-text">
        p99 {edge.p99Ms === null ? "–" : formatDuration(edge.p99Ms)}
      </text>
    </g>
  );
}

function MarkAt({ tone }: { readonly tone: Tone }): ReactNode {
  return (
    <svg width="13" height="13" viewBox="0 0 13 13" aria-hidden="true">
      <Mark tone={tone} />
    </svg>
  );
}

function ServiceBox({
  node: { name, isOutside, left, y, width },
  replicas,
  isCurrent,
}: {
  readonly node: PlacedNode;
  readonly replicas: ServiceState["replicas"] | undefined;
  readonly isCurrent: boolean;
}): ReactNode {
  const tone = isCurrent ? toneOfReplicas(replicas) : "quiet";
  const textX = isOutside ? 14 : 32;
  return (
    <g
      className={isOutside ? "service is-outside" : "service"}
      transform={`translate(${left} ${y - nodeHeight / 2})`}
    >
      <rect width={width} height={nodeHeight} rx="10" />
      {!isOutside && (
        <g transform="translate(12 15)">
          <MarkAt tone={tone} />
        </g>
      )}
      <text x={textX} y="27" className="service-name">
        {name}
      </text>
      <text x={textX} y="45" className="way-text">
        {replicas === undefined ? roleOf(name) : replicasText(replicas.length, isCurrent)}
      </text>
    </g>
  );
}

const replicasText = (count: number, isCurrent: boolean): string =>
  isCurrent ? plural(count, "replica") : "replicas unknown";

const roleOf = (name: string): string => {
  if (name === "channels") return "told outside";
  return name === "readers" ? "any consumer" : "takes HTTP";
};

/** A service of which nobody tells (it has no group, as ingest) is neither good nor bad. */
function toneOfReplicas(replicas: ServiceState["replicas"] | undefined): Tone {
  if (replicas === undefined) return "quiet";
  if (replicas.length === 0) return "bad";
  return replicas.every(({ ready }) => ready) ? "good" : "warn";
}

function behindText({ to, lagRecords }: EdgeFigures): string {
  if (lagRecords !== null) return formatCount(lagRecords);
  return outside.includes(to) ? "not read by a group" : "unknown";
}

function EdgeTable({ edges }: { readonly edges: readonly EdgeFigures[] }): ReactNode {
  return (
    <table className="unseen">
      <caption>Topics of the pipeline</caption>
      <thead>
        <tr>
          {["From", "To", "Topic", "Per second", "Records behind", "Lag", "Half within", "99 % within"].map(
            (title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {edges.map((edge) => (
          <tr key={keyOf(edge)}>
            <td>{edge.from}</td>
            <td>{edge.to}</td>
            <td>{edge.topic}</td>
            <td>{formatRate(edge.ratePerSecond)}</td>
            <td>{behindText(edge)}</td>
            <td>{lagText(edge)}</td>
            <td>{edge.p50Ms === null ? "unknown" : formatDuration(edge.p50Ms)}</td>
            <td>{edge.p99Ms === null ? "unknown" : formatDuration(edge.p99Ms)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
