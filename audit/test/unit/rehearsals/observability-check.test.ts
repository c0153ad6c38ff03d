// A bug here looks like a rehearsal that says all is watched, and a service is scraped by nobody.

import { serviceNames } from "@riffle/contracts";
import { expect, it } from "vitest";
import { faultsOf, type PrometheusView } from "../../../rehearsals/observability-check.ts";

const well: PrometheusView = {
  targets: serviceNames.map((service) => ({ labels: { service }, health: "up", lastError: "" })),
  rules: [
    { name: "riffle:a:rate1m", health: "ok" },
    { name: "RiffleServiceDown", health: "ok", state: "inactive" },
    { name: "RiffleLagHigh", health: "ok", state: "pending" },
  ],
};

it("a Prometheus that scrapes every service and evaluates every rule has no fault", () => {
  expect(faultsOf(well)).toEqual([]);
});

it.each<[string, PrometheusView, string]>([
  ["a service it does not scrape", { ...well, targets: well.targets.slice(1) }, "ingest is no target"],
  [
    "a service that does not answer",
    {
      ...well,
      targets: [...well.targets, { labels: { service: "filter" }, health: "down", lastError: "refused" }],
    },
    "filter is down: refused",
  ],
  ["no rules", { ...well, rules: [] }, "there are no rules"],
  [
    "a rule that it cannot evaluate",
    { ...well, rules: [{ name: "A", health: "err", lastError: "many-to-many" }] },
    "the rule A is err: many-to-many",
  ],
  [
    "an alert that fires",
    { ...well, rules: [{ name: "RiffleServiceMissing", health: "ok", state: "firing" }] },
    "RiffleServiceMissing fires",
  ],
])("one with %s has that fault", (_what, view, fault) => {
  expect(faultsOf(view)).toEqual([fault]);
});
