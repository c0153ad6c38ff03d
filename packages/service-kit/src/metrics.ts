// The metrics of a process, in Prometheus' text format.
//
// Owns one registry per process and the naming rules; which metrics exist is said by those who count.
//
//   M1. Names are `riffle_…`, snake case, in base units (`_seconds`, `_bytes`); `_total` ends counters only.
//   M2. Label names are fixed at creation and typed; values must come from a small set, never ids.
//   M3. Each series carries the label `service`; the replica is the scraper's `instance` label.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { ServiceKitError } from "./errors.ts";

export type { Counter, Gauge, Histogram } from "prom-client";

/** What a metric is called and what it says. */
export interface MetricSpec<L extends string> {
  /** Full name, `riffle_ingest_requests_total`. */
  readonly name: string;
  /** One sentence on what it counts, shown by Prometheus and Grafana. */
  readonly help: string;
  /** Names of its labels. @default none */
  readonly labels?: readonly L[];
}

/** A gauge may be computed when it is scraped. */
export interface GaugeSpec<L extends string> extends MetricSpec<L> {
  /** Called at each scrape, before the value is read; sets the value. */
  readonly collect?: (gauge: Gauge<L>) => void;
}

/** A histogram needs its bounds. */
export interface HistogramSpec<L extends string> extends MetricSpec<L> {
  /** Upper bounds in the metric's unit, rising. @default 0.5 ms to 10 s, for durations in seconds */
  readonly buckets?: readonly number[];
}

/** From half a millisecond, the floor of a request that waits for Kafka, to 10 s, the longest we let one live. */
const durationBucketsSeconds = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
];

const nameShape = /^riffle_[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const foreignUnits = /_(ms|millis|milliseconds|minutes|kb|mb|kilobytes|megabytes)(_total)?$/;

/** The registry of a process. */
export class Metrics {
  readonly #registry = new Registry();

  /**
   * @param service value of the label `service` on every series
   * @param defaults whether to add Node's and the process's own metrics. @default true
   */
  constructor(service: string, { defaults = true }: { readonly defaults?: boolean } = {}) {
    this.#registry.setDefaultLabels({ service });
    if (defaults) collectDefaultMetrics({ register: this.#registry });
  }

  /** The media type of {@link render}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /**
   * A count that only rises.
   * @throws ServiceKitError KIT_METRIC_NAME_INVALID when the name is taken or breaks M1
   */
  counter<const L extends string = never>(spec: MetricSpec<L>): Counter<L> {
    this.#checkName(spec.name, "counter");
    return new Counter({ ...this.#settings(spec) });
  }

  /**
   * A value that goes up and down.
   * @throws ServiceKitError KIT_METRIC_NAME_INVALID when the name is taken or breaks M1
   */
  gauge<const L extends string = never>(spec: GaugeSpec<L>): Gauge<L> {
    this.#checkName(spec.name, "gauge");
    const { collect } = spec;
    if (collect === undefined) return new Gauge({ ...this.#settings(spec) });
    return new Gauge({
      ...this.#settings(spec),
      collect(this: Gauge<L>) {
        collect(this);
      },
    });
  }

  /**
   * A distribution; for durations observe seconds.
   * @throws ServiceKitError KIT_METRIC_NAME_INVALID when the name is taken or breaks M1
   */
  histogram<const L extends string = never>(spec: HistogramSpec<L>): Histogram<L> {
    this.#checkName(spec.name, "histogram");
    return new Histogram({
      ...this.#settings(spec),
      buckets: [...(spec.buckets ?? durationBucketsSeconds)],
    });
  }

  /** All series in Prometheus' text format. */
  render(): Promise<string> {
    return this.#registry.metrics();
  }

  #settings<L extends string>({ name, help, labels = [] }: MetricSpec<L>) {
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }

  #checkName(name: string, kind: "counter" | "gauge" | "histogram"): void {
    const faults = [
      nameShape.test(name) ? "" : "must be riffle_ and snake case",
      foreignUnits.test(name) ? "must be in base units: _seconds or _bytes" : "",
      (kind === "counter") === name.endsWith("_total") ? "" : "_total must end counters, and only those",
      this.#registry.getSingleMetric(name) === undefined ? "" : "is already registered",
    ].filter((fault) => fault !== "");
    if (faults.length > 0) {
      throw new ServiceKitError("KIT_METRIC_NAME_INVALID", `${kind} ${name}: ${faults.join("; ")}`);
    }
  }
}
