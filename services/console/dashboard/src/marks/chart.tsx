// A chart on a canvas by uPlot, in the colours of the theme, as wide as its place.
//
// A canvas says nothing to who cannot see it: each chart has a sentence, and its figures as a table to unfold.

import { type ReactNode, useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatDay } from "../format/text.ts";
import { useShownTheme } from "../shell/theme.ts";

/** The theme's colours by their names in tokens.css, without the dashes. */
export type Palette = (name: string) => string;

interface ChartProps {
  /** The chart in one sentence. */
  readonly summary: string;
  readonly height: number;
  readonly data: uPlot.AlignedData;
  /** Must be stable: a new function makes a new chart. */
  readonly options: (palette: Palette) => Omit<uPlot.Options, "width" | "height">;
  /** The figures for who cannot see them. */
  readonly table: ReactNode;
}

const palette: Palette = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Draws `data` and follows it. */
export function Chart({ summary, height, data, options, table }: ChartProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const newest = useRef(data);
  const theme = useShownTheme();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme means other colours in the same options
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const drawn = new uPlot(
      { ...options(palette), width: element.clientWidth, height },
      newest.current,
      element,
    );
    plot.current = drawn;
    const resized = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      drawn.destroy();
      plot.current = undefined;
    };
  }, [options, height, theme]);

  useEffect(() => {
    newest.current = data;
    plot.current?.setData(data);
  }, [data]);

  return (
    <figure className="chart">
      <div ref={place} role="img" aria-label={summary} />
      <figcaption>
        <details>
          <summary>Show as a table</summary>
          {table}
        </details>
      </figcaption>
    </figure>
  );
}

/** Axes as all charts have them: quiet, with a grid across alone. */
export function axesOf(color: Palette, format: (value: number) => string): uPlot.Axis[] {
  const common = { stroke: color("ink-3"), font: `11px ${color("face")}`, ticks: { show: false } };
  return [
    { ...common, grid: { show: false }, space: 70, size: 26, values: (_plot, splits) => splits.map(clockOf) },
    {
      ...common,
      grid: { stroke: color("line"), width: 1 },
      size: (_plot, values) => 18 + 6.4 * Math.max(2, ...(values ?? []).map((value) => value.length)),
      space: 34,
      values: (_plot, splits) => splits.map(format),
    },
  ];
}

/** `14:05` of the machine's own time zone; at midnight the day. */
function clockOf(seconds: number): string {
  const text = formatDay(seconds * 1_000, new Date(seconds * 1_000).getTimezoneOffset());
  const clock = text.slice(11, 16);
  return clock === "00:00" ? text.slice(5, 10) : clock;
}

/** One entry of a chart's legend: a swatch with the pattern of its series. */
export function Legend({
  entries,
}: {
  readonly entries: readonly { readonly name: string; readonly swatch: string; readonly value?: string }[];
}): ReactNode {
  return (
    <ul className="legend">
      {entries.map(({ name, swatch, value }) => (
        <li key={name}>
          <span className={`swatch is-${swatch}`} aria-hidden="true" />
          {name}
          {value !== undefined && <strong>{value}</strong>}
        </li>
      ))}
    </ul>
  );
}
