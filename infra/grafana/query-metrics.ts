// Which metrics a PromQL expression names.

/** Words of PromQL that stand where a metric's name may stand. */
const metricName = /(?<![\w$".])(?:riffle|process|nodejs)_[a-z0-9_]+|(?<![\w$".-])up(?=[{)\s])/g;

/** The names, a histogram's as Prometheus lists its family: without `_bucket`, `_sum` and `_count`. */
export const metricsOf = (expr: string): string[] => [
  ...new Set([...expr.matchAll(metricName)].map(([name]) => name.replace(/_(bucket|sum|count)$/, ""))),
];
