// A bug here is a graph that stays empty for ever: it looks as if nothing happened.

import { describe, expect, it } from "vitest";
import { askedInVain, exportedSeries } from "../../../grafana/exported-series.ts";
import { selectorsOf } from "../../../grafana/query-selectors.ts";

const series = exportedSeries(`# HELP riffle_out_total Records.
# TYPE riffle_out_total counter
riffle_out_total{topic="a.v1",service="filter"} 3
riffle_out_total{topic="b.v1",service="filter"} 0
riffle_lag{topic="a.v1",partition="0",service="filter"} 1.5e3
riffle_seconds_bucket{le="0.5",service="filter"} 1
riffle_seconds_bucket{le="+Inf",service="filter"} 1
riffle_requests_total{status="503",outcome="a \\"quoted\\" one",service="ingest"} 0
riffle_plain 1
`);

describe("an exposition", () => {
  it("is its series, each with its labels", () => {
    expect(series.map(({ name }) => name)).toEqual([
      "riffle_out_total",
      "riffle_out_total",
      "riffle_lag",
      "riffle_seconds_bucket",
      "riffle_seconds_bucket",
      "riffle_requests_total",
      "riffle_plain",
    ]);
    expect(series[2]?.labels).toEqual({ topic: "a.v1", partition: "0", service: "filter" });
    expect(series.at(-1)?.labels).toEqual({});
  });
});

describe("a query", () => {
  it.each([
    ['sum by (topic) (rate(riffle_out_total{service="filter",instance=~"$instance"}[1m]))', "{{topic}}"],
    ['sum(riffle_out_total{topic=~"a.v1|b.v1"}) - sum(riffle_lag)', "gap"],
    ["max by (service, instance) (riffle_lag)", "{{service}} {{ instance }}"],
    ["histogram_quantile(0.99, sum by (le, service) (rate(riffle_seconds_bucket[1m])))", "{{service}} p99"],
    ['sum(riffle_requests_total{status=~"5.."})', ""],
    ['riffle_out_total{topic!="a.v1"}', "{{topic}}"],
    ["count(count by (topic, partition) (riffle_lag))", ""],
    ["sum without (partition) (riffle_lag)", "{{topic}}"],
    ["riffle:recorded:rate1m / 2", ""],
  ])("that has its series finds no fault: %s", (expr, legend) => {
    expect(askedInVain(expr, series, legend)).toEqual([]);
  });

  it.each([
    ["riffle_gone_total", "", "no series of riffle_gone_total"],
    ['riffle_out_total{topic="c.v1"}', "", 'no series of riffle_out_total with topic="c.v1"'],
    ['riffle_out_total{topic=~"a.v1|c.v1"}', "", 'no series of riffle_out_total with topic="c.v1"'],
    ['riffle_out_total{topics="a.v1"}', "", 'no series of riffle_out_total with topics="a.v1"'],
    ['riffle_out_total{topics!="a.v1"}', "", 'no series of riffle_out_total with topics!="a.v1"'],
    [
      'riffle_out_total{service="ingest",topic="a.v1"}',
      "",
      'no series of riffle_out_total with service="ingest" and topic="a.v1"',
    ],
    ['riffle_requests_total{status=~"4.."}', "", 'no series of riffle_requests_total with status=~"4.."'],
    ["sum by (channel) (riffle_lag)", "", "riffle_lag has no label channel to group by"],
    ["max(sum by (topic) (riffle_lag)) by (partition)", "", "riffle_lag has no label partition to group by"],
    ["sum by (topic) (riffle_lag)", "{{topic}}/{{partition}}", "the result has no label partition"],
    ["sum(riffle_lag)", "{{service}}", "the result has no label service"],
  ])("that has none is told what is missing: %s %s", (expr, legend, fault) => {
    expect(askedInVain(expr, series, legend)).toEqual([`${fault}, in ${expr}`]);
  });

  it.each(["sum by (a riffle_lag)", 'riffle_lag{topic="a.v1"', "rate(riffle_lag[)"])(
    "that is no PromQL is refused: %s",
    (expr) => {
      expect(() => selectorsOf(expr)).toThrow(SyntaxError);
    },
  );
});
