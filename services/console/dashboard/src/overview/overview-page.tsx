// The first page: is the pipeline well, and what does it find right now.

import { type ReactNode, useState } from "react";
import { useResource } from "../api/use-resource.ts";
import type { LedgerMinute, Overview, ScenarioOffer, ServiceState, Totals } from "../api/wire.ts";
import { useFigures } from "../feed/feed-context.tsx";
import { formatCount, plural } from "../format/text.ts";
import { Empty, Loaded } from "../marks/empty.tsx";
import { Mark, type Tone } from "../marks/mark.tsx";
import { PageHead, Panel } from "../marks/panel.tsx";
import { useNow } from "../marks/time.tsx";
import { Link } from "../shell/location.tsx";
import { AlertStream } from "./alert-stream.tsx";
import { FirstSteps, ScenarioButton } from "./first-steps.tsx";
import { LedgerChart, LedgerVerdict, shownMinutes } from "./ledger-chart.tsx";
import { healthOf, type PipelineHealth, withoutLag } from "./pipeline-health.ts";
import { PipelineMap } from "./pipeline-map.tsx";
import { ReplicaGrid } from "./replica-grid.tsx";

const ledgerEveryMs = 5_000;

/** Figures of the feed as they come; before the first, the overview as it was read. */
export function OverviewPage(): ReactNode {
  const read = useResource<Overview>("/v1/overview");
  const figures = useFigures();
  return (
    <>
      <PageHead title="Overview" actions={<PlayAgain totals={(figures ?? read.data)?.totals} />} />
      <Loaded resource={figures === undefined ? read : { ...read, data: figures }}>
        {(overview) => <Everything overview={overview} />}
      </Loaded>
    </>
  );
}

function Everything({ overview }: { readonly overview: Overview }): ReactNode {
  const { edges, services, totals } = overview;
  const heardAtMs = useHeardAtMs(overview);
  const health = healthOf(overview, useNow() - heardAtMs);
  const { isCurrent } = health;
  return (
    <>
      {totals.received === 0 && <FirstSteps />}
      <TotalsLine totals={totals} />
      <Panel title="Pipeline" note={<MapVerdict health={health} />}>
        <PipelineMap
          edges={isCurrent ? edges : withoutLag(edges)}
          services={services}
          isCurrent={isCurrent}
        />
      </Panel>
      <div className="columns columns-wide">
        <AlertStream />
        <div className="stack">
          <Ledger />
          <Replicas services={services} isCurrent={isCurrent} />
        </div>
      </div>
    </>
  );
}

function PlayAgain({ totals }: { readonly totals: Totals | undefined }): ReactNode {
  const hasTraffic = totals !== undefined && totals.received > 0;
  const offer = useResource<ScenarioOffer>(hasTraffic ? "/v1/scenario" : undefined);
  return offer.data === undefined || offer.data.available === false ? null : <ScenarioButton isQuiet />;
}

const counted: readonly {
  readonly title: string;
  readonly tone: Tone;
  readonly count: (totals: Totals) => number;
  readonly href?: string;
}[] = [
  { title: "Received", tone: "quiet", count: ({ received }) => received },
  { title: "Screened", tone: "good", count: ({ screened }) => screened },
  { title: "Rejected", tone: "warn", count: ({ rejected }) => rejected },
  { title: "Dead letters", tone: "bad", count: ({ deadLettered }) => deadLettered, href: "/dead-letters" },
  { title: "Alerts", tone: "info", count: ({ alerts }) => alerts, href: "/alerts" },
  { title: "Notifications", tone: "quiet", count: ({ notifications }) => notifications },
];

function TotalsLine({ totals }: { readonly totals: Totals }): ReactNode {
  return (
    <dl className="stats" aria-label="Totals">
      {counted.map(({ title, tone, count, href }) => (
        <div key={title}>
          <dt>
            <Mark tone={count(totals) === 0 ? "quiet" : tone} />
            {href === undefined ? title : <Link href={href}>{title}</Link>}
          </dt>
          <dd>{formatCount(count(totals))}</dd>
        </div>
      ))}
    </dl>
  );
}

/** When the page was first given a value, by its own clock, epoch milliseconds. */
function useHeardAtMs(value: unknown): number {
  const [heard, setHeard] = useState(() => ({ value, atMs: Date.now() }));
  if (heard.value === value) return heard.atMs;
  const now = { value, atMs: Date.now() };
  setHeard(now);
  return now.atMs;
}

function MapVerdict({ health: { tone, text } }: { readonly health: PipelineHealth }): ReactNode {
  return (
    <span className="line">
      <Mark tone={tone} />
      {text}
    </span>
  );
}

function Ledger(): ReactNode {
  const ledger = useResource<{ readonly minutes: readonly LedgerMinute[] }>(
    `/v1/ledger?minutes=${shownMinutes}`,
    ledgerEveryMs,
  );
  // The chart moves on by the minute, not by the second.
  const untilMs = Math.floor(useNow() / 60_000) * 60_000;
  return (
    <Panel
      title="Completeness ledger"
      note={ledger.data === undefined ? "last hour" : <LedgerVerdict minutes={ledger.data.minutes} />}
      isPadded
    >
      <Loaded resource={ledger}>
        {({ minutes }) => <LedgerChart counted={minutes} untilMs={untilMs} />}
      </Loaded>
    </Panel>
  );
}

function Replicas({
  services,
  isCurrent,
}: {
  readonly services: readonly ServiceState[];
  readonly isCurrent: boolean;
}): ReactNode {
  const count = services.reduce((sum, { replicas }) => sum + replicas.length, 0);
  return (
    <Panel title="Replicas and partitions" note={isCurrent ? plural(count, "replica") : "as last heard"}>
      {count === 0 ? (
        <Empty title="No replica tells of itself">
          <p>The services join their groups within seconds of their start.</p>
        </Empty>
      ) : (
        <ReplicaGrid services={services} />
      )}
    </Panel>
  );
}
