// What an account moved, window by window: the sums as bars, the counts as a line.

import { type ReactNode, useEffect, useMemo, useState } from "react";
import uPlot from "uplot";
import { withQuery } from "../api/client.ts";
import { useResource } from "../api/use-resource.ts";
import type { WindowPoint, WindowView } from "../api/wire.ts";
import { formatAmount } from "../format/amount.ts";
import { formatCount, plural } from "../format/text.ts";
import { axesOf, Chart, Legend, type Palette } from "../marks/chart.tsx";
import { Empty, Loaded } from "../marks/empty.tsx";
import { Table } from "../marks/table.tsx";
import { Money } from "../marks/things.tsx";
import { Moment } from "../marks/time.tsx";
import { nameOfWindow } from "../marks/windows.tsx";
import { columnsOf } from "./spend-series.ts";

const height = 240;
/** The chart is at least so many windows wide, so that one bar is not a wall. */
const fewestBars = 24;
const fewestSlides = 3;
const stepped = uPlot.paths.stepped?.({ align: 1 });
const bar = uPlot.paths.bars?.({ size: [0.7, 36], align: 1 });

type Series = Pick<WindowView, "kind" | "sizeMs" | "advanceMs" | "currency">;

/** The chart with its choice of window and currency. */
export function SpendChart({
  id,
  windows,
}: {
  readonly id: string;
  /** The newest of each series; what has changed when they have. */
  readonly windows: readonly WindowView[];
}): ReactNode {
  const choices = useMemo(() => choicesOf(windows), [windows]);
  const [chosen, setChosen] = useState<string>();
  const series = choices.find((choice) => keyOf(choice) === chosen) ?? choices[0];
  const path =
    series === undefined
      ? undefined
      : withQuery(`/v1/accounts/${encodeURIComponent(id)}/windows`, {
          kind: series.kind,
          sizeMs: series.sizeMs,
          currency: series.currency,
        });
  const read = useResource<{ readonly points: readonly WindowPoint[] }>(path);
  const { reload } = read;
  // biome-ignore lint/correctness/useExhaustiveDependencies: other newest windows mean another series
  useEffect(reload, [windows, reload]);
  if (series === undefined) {
    return (
      <Empty title="Not counted yet">
        <p>The chart begins with the first screened transaction of this account.</p>
      </Empty>
    );
  }
  return (
    <div className="panel-body stack">
      <div className="filters">
        <label className="field">
          <span>Window</span>
          <select className="input" value={keyOf(series)} onChange={({ target }) => setChosen(target.value)}>
            {choices.map((choice) => (
              <option key={keyOf(choice)} value={keyOf(choice)}>
                {nameOfWindow(choice)}, {choice.currency}
              </option>
            ))}
          </select>
        </label>
        <Legend
          entries={[
            { name: "sum", swatch: "accent" },
            { name: "count", swatch: "line" },
          ]}
        />
      </div>
      <Loaded resource={read}>{({ points }) => <Spend points={points} series={series} />}</Loaded>
    </div>
  );
}

function Spend({
  points,
  series,
}: {
  readonly points: readonly WindowPoint[];
  readonly series: Series;
}): ReactNode {
  const { currency } = series;
  const sorted = useMemo(() => points.toSorted((a, b) => a.start - b.start), [points]);
  const data = useMemo(() => dataOf(sorted, series), [sorted, series]);
  const options = useMemo(() => optionsOf(series), [series]);
  const most = Math.max(0, ...points.map(({ sum }) => sum));
  return (
    <Chart
      summary={`${plural(points.length, "window")} of ${nameOfWindow(series)}; the largest sum is ${formatAmount(most, currency)}`}
      height={height}
      data={data}
      options={options}
      table={
        <Table
          label="Windows of the chart"
          rows={sorted.toReversed()}
          keyOf={({ start }) => String(start)}
          columns={[
            { title: "From", kind: "line", cell: ({ start }) => <Moment at={start} /> },
            { title: "To", kind: "line", cell: ({ end }) => <Moment at={end} /> },
            { title: "Count", kind: "number", cell: ({ count }) => formatCount(count) },
            { title: "Sum", kind: "number", cell: ({ sum }) => <Money amount={sum} currency={currency} /> },
            { title: "State", kind: "line", cell: ({ final }) => (final ? "final" : "open") },
          ]}
        />
      }
    />
  );
}

function optionsOf({
  currency,
  kind,
  sizeMs,
}: Series): (color: Palette) => Omit<uPlot.Options, "width" | "height"> {
  const isSliding = kind === "sliding";
  const fewestMs = sizeMs * (isSliding ? fewestSlides : fewestBars);
  return (color) => {
    const [across, up] = axesOf(color, (value) =>
      formatAmount(Math.round(value), currency).replace(/ \w+$/, ""),
    );
    const [, right] = axesOf(color, (value) => (Number.isInteger(value) ? formatCount(value) : ""));
    return {
      legend: { show: false },
      cursor: { show: false },
      padding: [10, 16, 0, 0],
      axes: [across ?? {}, up ?? {}, { ...right, scale: "count", side: 1, grid: { show: false } }],
      scales: {
        x: { range: (_plot, least, most) => [Math.min(least, most - fewestMs / 1_000), most] },
        y: { range: (_plot, _least, most) => [0, Math.max(100, most * 1.1)] },
        count: { range: (_plot, _least, most) => [0, Math.max(4, most * 1.3)] },
      },
      series: [{}, sumSeries(color, isSliding), countSeries(color, isSliding)],
    };
  };
}

function sumSeries(color: Palette, isSliding: boolean): uPlot.Series {
  if (!isSliding) return { fill: color("accent"), width: 0, points: { show: false }, ...pathsOf(bar) };
  const points = { show: true, size: 6, fill: color("accent") };
  return { fill: color("accent-wash"), stroke: color("accent"), width: 2, points, ...pathsOf(stepped) };
}

function countSeries(color: Palette, isSliding: boolean): uPlot.Series {
  const common = { scale: "count", stroke: color("ink"), width: 1.5 };
  if (isSliding) return { ...common, dash: [4, 4], points: { show: false }, ...pathsOf(stepped) };
  return { ...common, points: { show: true, size: 5, fill: color("surface") } };
}

const pathsOf = (paths: uPlot.Series.PathBuilder | undefined): Pick<uPlot.Series, "paths"> =>
  paths === undefined ? {} : { paths };

function dataOf(points: readonly WindowPoint[], { kind, sizeMs }: Series): uPlot.AlignedData {
  const { seconds, sums, counts } = columnsOf(points, kind, sizeMs);
  return [seconds, sums, counts];
}

const keyOf = ({ kind, sizeMs, currency }: Series): string => `${kind}/${sizeMs}/${currency}`;

function choicesOf(windows: readonly WindowView[]): Series[] {
  const byKey = new Map(windows.map((window) => [keyOf(window), window]));
  const rank = ({ kind, sizeMs }: Series): number => (kind === "tumbling" ? 0 : 1e15) + sizeMs;
  return [...byKey.values()].sort((a, b) => rank(a) - rank(b));
}
