// A bug here would look like: two labels on each other, a topic that runs through a service it has nothing to do with, or
// a map that jumps when the same figures come in another order.

import { array, assert, constantFrom, property, shuffledSubarray, tuple } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  labelHeight,
  labelWidth,
  layoutMap,
  type MapEdge,
  nodeHeight,
} from "../../../dashboard/src/overview/map-layout.ts";

const edge = (from: string, to: string, topic = `${from}-${to}`): MapEdge => ({ from, to, topic });
const pipeline = [
  edge("ingest", "filter"),
  edge("filter", "aggregator"),
  edge("filter", "fraud-detector"),
  edge("filter", "readers", "rejected"),
  edge("aggregator", "readers", "aggregates"),
  edge("fraud-detector", "notifier"),
  edge("notifier", "channels"),
];
const outside = ["readers", "channels"];

/** Any pipeline whose topics lead on: from an earlier name to a later one. */
const anyPipeline = array(tuple(constantFrom(..."abcdefg"), constantFrom(..."abcdefg")), {
  maxLength: 12,
}).map((pairs) => {
  const forward = pairs.filter(([from, to]) => from < to).map(([from, to]) => `${from}${to}`);
  return [...new Set(forward)].map(([from = "", to = ""]) => edge(from, to));
});

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const overlap = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

const boxesOf = (edges: readonly MapEdge[]): Box[] => {
  const { nodes, edges: placed } = layoutMap(edges, outside);
  return [
    ...nodes.map(({ left, y, width }) => ({
      left,
      top: y - nodeHeight / 2,
      right: left + width,
      bottom: y + nodeHeight / 2,
    })),
    ...placed.map(({ labelX, labelY }) => ({
      left: labelX - labelWidth / 2,
      top: labelY - labelHeight / 2,
      right: labelX + labelWidth / 2,
      bottom: labelY + labelHeight / 2,
    })),
  ];
};

const overlapsIn = (boxes: readonly Box[]): number =>
  boxes.flatMap((box, i) => boxes.slice(i + 1).filter((other) => overlap(box, other))).length;

describe("the map", () => {
  it("of the pipeline puts no label or service on another", () => {
    expect(overlapsIn(boxesOf(pipeline))).toBe(0);
  });

  it("leads from left to right, and holds all that it shows", () => {
    assert(
      property(anyPipeline, (edges) => {
        const { nodes, width, height } = layoutMap(edges);
        const leftOf = (name: string) => nodes.find((node) => node.name === name)?.left ?? Number.NaN;
        for (const { from, to } of edges) expect(leftOf(from)).toBeLessThan(leftOf(to));
        for (const box of boxesOf(edges)) {
          expect(box.left).toBeGreaterThanOrEqual(0);
          expect(box.top).toBeGreaterThanOrEqual(0);
          expect(box.right).toBeLessThanOrEqual(width);
          expect(box.bottom).toBeLessThanOrEqual(height);
        }
      }),
    );
  });

  it("of any pipeline puts no service on another", () => {
    assert(
      property(anyPipeline, (edges) => {
        const { nodes } = layoutMap(edges);
        expect(overlapsIn(boxesOf(edges).slice(0, nodes.length))).toBe(0);
      }),
    );
  });

  it("is the same in whatever order the topics are told", () => {
    const shuffled = shuffledSubarray(pipeline, { minLength: pipeline.length });
    assert(
      property(shuffled, (edges) => {
        expect(layoutMap(edges, outside)).toEqual(layoutMap(pipeline, outside));
      }),
    );
  });

  it("draws what lies outside once for each topic that leads there", () => {
    const { nodes } = layoutMap(pipeline, outside);
    expect(nodes.filter(({ name }) => name === "readers")).toHaveLength(2);
    expect(nodes.filter(({ isOutside }) => isOutside)).toHaveLength(3);
  });

  it("ends for a pipeline that leads back to itself", () => {
    expect(layoutMap([edge("a", "b"), edge("b", "a"), edge("b", "b")]).nodes).toHaveLength(2);
  });

  it("of nothing is empty", () => {
    expect(layoutMap([])).toMatchObject({ nodes: [], edges: [] });
  });
});
