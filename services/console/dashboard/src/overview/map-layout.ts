// Where the services and topics of the pipeline map stand: layers from left to right, as in Sugiyama, Tagawa and Toda,
// "Methods for visual understanding of hierarchical system structures" (1981). Pure.
//
//   M1. A topic leads to the right: a service stands one layer behind the last of those it reads from.
//   M2. A topic that passes a layer has a place of its own there, so that it crosses no service.
//   M3. Where topics fork, each has its label beside the service that it leads to; where they join, beside the one that
//       it comes from. So no two labels lie on each other, and each topic runs straight under its label.
//   M4. What lies outside of the pipeline is drawn where it is met: once for each topic that leads there, and narrower.
//   M5. The same pipeline gives the same map, in whatever order its topics are told.

/** A topic between two services. */
export interface MapEdge {
  readonly from: string;
  readonly to: string;
  readonly topic: string;
}

/** A service, or what lies outside, with the left end and the middle of its box. */
export interface PlacedNode {
  /** Different for each. */
  readonly id: string;
  readonly name: string;
  readonly isOutside: boolean;
  readonly left: number;
  readonly y: number;
  readonly width: number;
}

/** A topic, its way as an SVG path, and the middle of its label. */
export interface PlacedEdge<E extends MapEdge> {
  readonly edge: E;
  readonly path: string;
  readonly labelX: number;
  readonly labelY: number;
}

/** A map of so many units by so many. */
export interface MapLayout<E extends MapEdge> {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge<E>[];
}

/** Box of a service. */
const nodeWidth = 148;
export const nodeHeight = 60;
/** Box of what lies outside. */
const outsideWidth = 104;
/** Box of a label. */
export const labelWidth = 108;
export const labelHeight = 64;
/** On either side of a label: where a topic bends. */
const bendWidth = 20;
const layerStep = nodeWidth + labelWidth + 2 * bendWidth;
const rowStep = 84;
const margin = 8;
const sweeps = 6;

/** A service, or the place of a topic in a layer that it passes. */
interface Slot {
  readonly id: string;
  readonly layer: number;
}

/** Where a slot lies: its left and right end, and its middle from top to bottom. */
interface Span {
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

interface Way<E> {
  readonly edge: E;
  readonly slots: readonly Slot[];
}

/** Lays out the services that topics lead from and to. @param outside names that are no services (M4) */
export function layoutMap<E extends MapEdge>(
  unordered: readonly E[],
  outside: readonly string[] = [],
): MapLayout<E> {
  const edges = unordered.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const isOutside = (name: string): boolean => outside.includes(name);
  const targetOf = (edge: E): string => (isOutside(edge.to) ? keyOf(edge) : edge.to);
  const names = new Map(
    edges.flatMap((edge) => [[edge.from, edge.from] as const, [targetOf(edge), edge.to] as const]),
  );
  const arrows = edges.map((edge) => ({ from: edge.from, to: targetOf(edge), edge }));
  const layerOf = layersOf(arrows, [...names.keys()]);
  const ways = arrows.map((arrow) => wayOf(arrow, layerOf));
  const rows = orderRows(ways, layerOf);
  const tallest = Math.max(1, ...rows.map((row) => row.length));
  const spanOf = (slot: Slot): Span => {
    const row = rows[slot.layer] ?? [];
    const left = margin + slot.layer * layerStep;
    const width = isOutside(names.get(slot.id) ?? "") ? outsideWidth : nodeWidth;
    const above = (tallest - row.length) / 2 + row.indexOf(slot.id);
    return { left, right: left + width, y: margin + labelHeight / 2 + above * rowStep };
  };
  const nodes = [...layerOf].map(([id, layer]): PlacedNode => {
    const { left, right, y } = spanOf({ id, layer });
    const name = names.get(id) ?? id;
    return { id, name, isOutside: isOutside(name), left, y, width: right - left };
  });
  return {
    width: Math.max(0, ...nodes.map(({ left, width }) => left + width)) + margin,
    height: 2 * margin + labelHeight + (tallest - 1) * rowStep,
    nodes,
    edges: ways.map(({ edge, slots }) => drawn(edge, slots.map(spanOf), forks(edge, edges))),
  };
}

const keyOf = ({ from, to, topic }: MapEdge): string => `${from}\n${to}\n${topic}`;

/** An edge between the ids of the map, which differ from the names outside of the pipeline. */
interface Arrow<E> {
  readonly from: string;
  readonly to: string;
  readonly edge: E;
}

/** The layer of each: the longest way to it. What leads back to an earlier one is not followed. */
function layersOf(arrows: readonly Arrow<MapEdge>[], ids: readonly string[]): Map<string, number> {
  const layers = new Map(ids.map((id) => [id, 0]));
  // The longest way of n services has n - 1 steps: more rounds than that only happen in a circle.
  for (let round = 1; round < ids.length; round++) {
    for (const { from, to } of arrows) {
      const behind = (layers.get(from) ?? 0) + 1;
      if (from !== to && behind > (layers.get(to) ?? 0) && behind < ids.length) layers.set(to, behind);
    }
  }
  return layers;
}

function wayOf<E extends MapEdge>(
  { from, to, edge }: Arrow<E>,
  layerOf: ReadonlyMap<string, number>,
): Way<E> {
  const first = layerOf.get(from) ?? 0;
  const last = layerOf.get(to) ?? 0;
  const between = Array.from({ length: Math.max(0, last - first - 1) }, (_, i) => ({
    id: `${keyOf(edge)}\n${i}`,
    layer: first + 1 + i,
  }));
  return { edge, slots: [{ id: from, layer: first }, ...between, { id: to, layer: last }] };
}

/** The slots of each layer from top to bottom: each near the middle of its neighbours, swept to and fro. */
function orderRows(ways: readonly Way<MapEdge>[], layerOf: ReadonlyMap<string, number>): string[][] {
  const rows: string[][] = Array.from({ length: Math.max(0, ...layerOf.values()) + 1 }, () => []);
  const slots = [...[...layerOf].map(([id, layer]) => ({ id, layer })), ...ways.flatMap((way) => way.slots)];
  for (const { id, layer } of slots) {
    const row = rows[layer];
    if (row !== undefined && !row.includes(id)) row.push(id);
  }
  const pairs = ways.flatMap(({ slots: way }) =>
    way.slice(1).map((slot, i) => [way[i]?.id ?? "", slot.id] as const),
  );
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const isForward = sweep % 2 === 0;
    for (const index of isForward ? rows.keys() : [...rows.keys()].reverse()) {
      sortByNeighbours(rows, index, isForward ? index - 1 : index + 1, pairs);
    }
  }
  return rows;
}

function sortByNeighbours(
  rows: string[][],
  index: number,
  beside: number,
  pairs: readonly (readonly [string, string])[],
): void {
  const fixed = rows[beside];
  const row = rows[index];
  if (fixed === undefined || row === undefined) return;
  const middle = (id: string): number => {
    const found = pairs
      .filter((pair) => pair.includes(id))
      .map(([from, to]) => fixed.indexOf(from === id ? to : from))
      .filter((at) => at >= 0);
    const sum = found.reduce((total, at) => total + at - (fixed.length - 1) / 2, 0);
    return found.length === 0 ? row.indexOf(id) - (row.length - 1) / 2 : sum / found.length;
  };
  const middles = new Map(row.map((id) => [id, middle(id)]));
  row.sort((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0));
}

/** Whether other topics leave the same service. */
const forks = (edge: MapEdge, edges: readonly MapEdge[]): boolean =>
  edges.filter(({ from }) => from === edge.from).length > 1;

function drawn<E extends MapEdge>(edge: E, spans: readonly Span[], isFork: boolean): PlacedEdge<E> {
  const [start = { left: 0, right: 0, y: 0 }, next = start, ...further] = spans;
  const labelX = start.right + bendWidth + labelWidth / 2;
  const labelY = isFork ? next.y : start.y;
  const left = labelX - labelWidth / 2;
  const right = labelX + labelWidth / 2;
  let path = `M ${start.right} ${start.y}`;
  path += bend(start.right, start.y, left, labelY);
  path += ` H ${right}`;
  path += bend(right, labelY, next.left, next.y);
  let before = next;
  for (const span of further) {
    path += ` H ${before.right}`;
    path += bend(before.right, before.y, span.left, span.y);
    before = span;
  }
  return { edge, path, labelX, labelY };
}

/** A curve that leaves and arrives level. */
function bend(x: number, y: number, toX: number, toY: number): string {
  const middle = (x + toX) / 2;
  return ` C ${middle} ${y} ${middle} ${toY} ${toX} ${toY}`;
}
