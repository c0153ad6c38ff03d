// The completeness ledger: what came in each minute, and what became of it. Nothing is missing when both are level.

import { type ReactNode, useMemo } from "react";
import uPlot from "uplot";
import type { LedgerMinute } from "../api/wire.ts";
import { formatCount, plural } from "../format/text.ts";
import { axesOf, Chart, Legend, type Palette } from "../marks/chart.tsx";
import { Tag } from "../marks/mark.tsx";
import { Table } from "../marks/table.tsx";
import { everyMinute } from "./ledger-minutes.ts";

const height = 190;
/** What the chart shows, up to the present. */
export const shownMinutes = 60;
const bar = uPlot.paths.bars?.({ size: [0.72, 24], align: 1 });

function optionsOf(color: Palette): Omit<uPlot.Options, "width" | "height"> {
  const pile = (name: string, label: string): uPlot.Series => ({
    label,
    fill: color(name),
    width: 0,
    points: { show: false },
    ...(bar === undefined ? {} : { paths: bar }),
  });
  return {
    legend: { show: false },
    cursor: { show: false },
    padding: [10, 20, 0, 0],
    axes: axesOf(color, formatCount),
    scales: { y: { range: (_plot, _least, most) => [0, Math.max(4, most * 1.1)] } },
    series: [
      {},
      // Painted from the highest to the lowest: each covers the foot of the one before.
      pile("bad", "dead-lettered"),
      pile("warn", "rejected"),
      pile("accent", "screened"),
      {
        label: "received",
        stroke: color("ink"),
        width: 1.5,
        points: { show: false },
        ...(uPlot.paths.stepped === undefined ? {} : { paths: uPlot.paths.stepped({ align: 1 }) }),
      },
    ],
  };
}

/** The minutes as piles, the received as a line over them. @param counted minutes in which something was accepted */
export function LedgerChart({
  counted,
  untilMs,
}: {
  readonly counted: readonly LedgerMinute[];
  readonly untilMs: number;
}): ReactNode {
  const minutes = useMemo(() => everyMinute(counted, untilMs, shownMinutes), [counted, untilMs]);
  const sum = (count: (minute: LedgerMinute) => number): number =>
    minutes.reduce((total, minute) => total + count(minute), 0);
  const received = sum((minute) => minute.received);
  const gap = sum((minute) => minute.gap);
  return (
    <div className="stack">
      <Legend
        entries={[
          { name: "received", swatch: "line", value: formatCount(received) },
          { name: "screened", swatch: "accent", value: formatCount(sum((minute) => minute.screened)) },
          { name: "rejected", swatch: "warn", value: formatCount(sum((minute) => minute.rejected)) },
          { name: "dead-lettered", swatch: "bad", value: formatCount(sum((minute) => minute.deadLettered)) },
        ]}
      />
      <Chart
        summary={`Of ${plural(received, "transaction")} received in the last hour, ${formatCount(gap)} have no outcome yet`}
        height={height}
        data={useMemo(() => pilesOf(minutes), [minutes])}
        options={optionsOf}
        table={<LedgerTable minutes={minutes} />}
      />
    </div>
  );
}

/** Whether everything that came in has an outcome. */
export function LedgerVerdict({ minutes }: { readonly minutes: readonly LedgerMinute[] }): ReactNode {
  const gap = minutes.reduce((total, minute) => total + minute.gap, 0);
  return gap === 0 ? <Tag tone="good">complete</Tag> : <Tag tone="info">{formatCount(gap)} on the way</Tag>;
}

function pilesOf(minutes: readonly LedgerMinute[]): uPlot.AlignedData {
  const starts = minutes.map(({ minute }) => Date.parse(minute) / 1_000);
  // The last minute has its width too.
  const end = (starts.at(-1) ?? 0) + 60;
  return [
    [...starts, end],
    [...minutes.map(({ screened, rejected, deadLettered }) => screened + rejected + deadLettered), null],
    [...minutes.map(({ screened, rejected }) => screened + rejected), null],
    [...minutes.map(({ screened }) => screened), null],
    [...minutes.map(({ received }) => received), minutes.at(-1)?.received ?? null],
  ];
}

function LedgerTable({ minutes }: { readonly minutes: readonly LedgerMinute[] }): ReactNode {
  return (
    <Table
      label="Completeness ledger by minute"
      rows={minutes.filter(({ received, gap }) => received > 0 || gap !== 0).toReversed()}
      keyOf={({ minute }) => minute}
      columns={[
        { title: "Minute", cell: ({ minute }) => minute.slice(11, 16) },
        { title: "Received", kind: "number", cell: ({ received }) => formatCount(received) },
        { title: "Screened", kind: "number", cell: ({ screened }) => formatCount(screened) },
        { title: "Rejected", kind: "number", cell: ({ rejected }) => formatCount(rejected) },
        { title: "Dead-lettered", kind: "number", cell: ({ deadLettered }) => formatCount(deadLettered) },
        { title: "Gap", kind: "number", cell: ({ gap }) => formatCount(gap) },
      ]}
    />
  );
}
