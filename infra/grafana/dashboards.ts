// Every dashboard of the repository: a page over the whole pipeline, and one for each service.
//
// `pnpm run pages` writes them to infra/grafana/dashboards, where Grafana is provisioned from.

import { type Dashboard, dashboardJson, quantiles } from "./panels.ts";
import { serviceDashboard } from "./service-rows.ts";

/** In the order of the pipeline. */
export const services = ["ingest", "filter", "aggregator", "fraud-detector", "notifier", "console"] as const;

const pipeline: Dashboard = {
  uid: "riffle-pipeline",
  title: "Riffle: pipeline",
  rows: [
    {
      title: "Flow",
      panels: [
        {
          title: "Transactions",
          description: "Recorded by ingest, and processed by each service.",
          unit: "ops",
          queries: [
            { expr: "sum(rate(riffle_ingest_recorded_total[1m]))", legend: "ingest" },
            { expr: "sum by (service) (rate(riffle_stream_records_in_total[1m]))", legend: "{{service}}" },
          ],
        },
        {
          title: "Dead letters",
          description: "Records put aside in the last ten minutes.",
          unit: "short",
          queries: [
            {
              expr: "sum by (service) (increase(riffle_stream_dead_letters_total[10m]))",
              legend: "{{service}}",
            },
          ],
        },
      ],
    },
    {
      title: "Lag",
      panels: [
        {
          title: "Lag in seconds",
          description: "Of each service's partition that is furthest behind; 0 when nothing waits.",
          unit: "s",
          queries: [{ expr: "max by (service) (riffle_stream_lag_seconds)", legend: "{{service}}" }],
        },
        {
          title: "Lag in records",
          description: "Markers of transactions included.",
          unit: "short",
          queries: [{ expr: "sum by (service) (riffle_stream_lag_records)", legend: "{{service}}" }],
        },
      ],
    },
    {
      title: "Latency",
      panels: [
        {
          title: "From ingest to each service's commit",
          description: "Of the oldest record of each commit.",
          unit: "s",
          queries: quantiles("riffle_stream_latency_seconds", "", "service"),
        },
        {
          title: "Replicas not at work",
          description: "Those that join or restore, or do not answer.",
          unit: "short",
          queries: [
            {
              expr: 'count by (service) (riffle_stream_phase{phase="running"} == 0)',
              legend: "{{service}} not running",
            },
            { expr: 'count by (service) (up{job="riffle"} == 0)', legend: "{{service}} down" },
          ],
        },
      ],
    },
  ],
};

/** The text of each dashboard's file, by the file's name. */
export const dashboardFiles = (): ReadonlyMap<string, string> =>
  new Map(
    [pipeline, ...services.map(serviceDashboard)].map((dashboard) => [
      `${dashboard.uid}.json`,
      dashboardJson(dashboard),
    ]),
  );
