// The read model's metrics, and whether it is fit to be asked.

import type { Health, Metrics } from "@riffle/service-kit/process";
import type { ReadModel } from "./read-model.ts";

/** What is observed, and where it is told. */
export interface ModelMetricsOptions {
  readonly metrics: Metrics;
  readonly health: Health;
  readonly model: ReadModel;
  /** Why the topics are not followed now; undefined while they are. */
  readonly failure: () => string | undefined;
}

/** Exports how far the read model is, and has readiness depend on it. */
export const observeModel = ({ metrics, health, model, failure }: ModelMetricsOptions): void => {
  const applied = metrics.counter({
    name: "riffle_console_applied_records_total",
    help: "Records applied to the read model.",
    labels: ["topic"],
  });
  model.onApplied((records) => {
    const counts = new Map<string, number>();
    for (const { topic } of records) counts.set(topic, (counts.get(topic) ?? 0) + 1);
    for (const [topic, count] of counts) applied.inc({ topic }, count);
  });
  metrics.gauge({
    name: "riffle_console_lag_records",
    help: "Offsets between what the read model has applied and the ends of the topics.",
    collect: (gauge) => gauge.set(model.progress().lagRecords),
  });
  metrics.gauge({
    name: "riffle_console_rebuild_ratio",
    help: "How much is applied of what the topics held at the start, 0 to 1; 1 once it is up to date.",
    collect: (gauge) => gauge.set(model.progress().percent / 100),
  });
  health.register("read model", () => {
    const { phase, percent, lagRecords, failure: code } = model.progress();
    const failed = failure();
    if (failed !== undefined) return { ok: false, detail: `not following the topics: ${code}: ${failed}` };
    if (phase === "rebuilding") return { ok: false, detail: `rebuilding, ${percent} % done` };
    return { ok: true, detail: `live, ${lagRecords} records behind` };
  });
};
