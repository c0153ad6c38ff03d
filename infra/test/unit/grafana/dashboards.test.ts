// A bug here is a graph that stays empty, or a page on which the eye that knows another one finds nothing.

import { describe, expect, it } from "vitest";
import { dashboardFiles, services } from "../../../grafana/dashboards.ts";
import { selectorsOf } from "../../../grafana/query-selectors.ts";

interface Placed {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Model {
  readonly uid: string;
  readonly panels: readonly Placed[];
}

const models = [...dashboardFiles()].map(([name, text]) => ({ name, model: JSON.parse(text) as Model }));

it("there is a page for the pipeline and one for each service, each in a file of its name", () => {
  expect(models.map(({ name }) => name)).toEqual(
    ["pipeline", ...services].map((name) => `riffle-${name}.json`),
  );
  for (const { name, model } of models) expect(name).toBe(`${model.uid}.json`);
});

it("the pages of the services have the same rows in the same order", () => {
  const rowsOf = ({ panels }: Model) => panels.filter(({ type }) => type === "row").map(({ title }) => title);
  for (const { name, model } of models.slice(1)) {
    expect(rowsOf(model), name).toEqual(["Flow", "Lag", "Latency", "State", "Own", "Process"]);
  }
});

describe.each(models)("$name", ({ model }) => {
  const { panels } = model;

  it("has panels that do not overlap, each with an id of its own", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = new Set<string>();
    for (const { gridPos, title } of panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(cells.has(`${x}/${y}`), title).toBe(false);
          cells.add(`${x}/${y}`);
        }
      }
    }
  });

  it("has PromQL with a metric in every query, and queries in every panel", () => {
    for (const { type, title, targets = [] } of panels) {
      if (type === "row") continue;
      expect(targets.length, title).toBeGreaterThan(0);
      for (const { expr } of targets) expect(selectorsOf(expr).length, expr).toBeGreaterThan(0);
    }
  });
});
